// Messages+ForeignTable.swift: names a file that was given as a table and is none, and says how to
// make it one.

internal import PosternData

extension Messages {
  /// What a file is, and how to get a table from it.
  static func foreign(_ kind: ForeignKind, _ name: String) -> (text: String, help: String?) {
    func to(_ ending: String, _ filter: String) -> String {
      conversion(filter, of: name, to: ending)
    }
    let expected = ", expected a table as text"
    return switch kind {
    case .gzip: ("this is a gzip archive" + expected, "unpack it: " + to("", "gunzip -c"))
    case .zstd: ("this is zstd-compressed" + expected, "unpack it: " + to("", "zstd -dc"))
    case .bzip2: ("this is bzip2-compressed" + expected, "unpack it: " + to("", "bzip2 -dc"))
    case .xz: ("this is xz-compressed" + expected, "unpack it: " + to("", "xz -dc"))
    case .zip:
      (
        "this is a zip archive" + expected,
        name == standardInput
          ? "unpack it first"
          : "unpack it: `unzip -p \(shellQuoted(name)) > \(shellQuoted(newName(name, ".csv")))`"
      )
    case .spreadsheet:
      (
        "this is a spreadsheet" + expected,
        "export it as CSV, or: " + to(".csv", pandas("read_excel"))
      )
    case .parquet: ("this is a Parquet file" + expected, to(".csv", pandas("read_parquet")))
    case .arrow: ("this is an Arrow file" + expected, to(".csv", pandas("read_feather")))
    case .pdf: ("this is a PDF" + expected, "export the table as CSV")
    case .sqlite:
      (
        "this is an SQLite database" + expected,
        name == standardInput
          ? "export a table as CSV"
          : "export a table as CSV; `sqlite3 \(shellQuoted(name)) .tables` lists them"
      )
    case .numpy:
      (
        "this is a NumPy array" + expected,
        to(".csv", numpy) + " writes rows for `--no-header`"
      )
    case .html: ("this is a web page" + expected, "was the download an error message?")
    case .wideText:
      (
        "this is UTF-16 or UTF-32 text, expected UTF-8", to("-utf8.csv", "iconv -f utf-16 -t utf-8")
      )
    case .model: ("this is a model, expected a table", "the model comes first, then the data")
    case .json:
      ("this is JSON, expected delimited text", "say `--in ndjson` if it is one object a line")
    case .jsonArray:
      ("this is one JSON array, expected an object a line", to(".ndjson", "jq -c '.[]'"))
    case .arff, .libsvm, .spaced, .aligned, .comments: foreignText(kind, name)
    }
  }

  private static func foreignText(
    _ kind: ForeignKind, _ name: String
  ) -> (text: String, help: String?) {
    func toCSV(_ filter: String) -> String { conversion(filter, of: name, to: ".csv") }
    switch kind {
    case .arff:
      return (
        "this is ARFF, expected a header and rows",
        toCSV(arff) + " converts it"
      )
    case .libsvm:
      return (
        "this is the sparse format of LIBSVM, expected a header and rows",
        toCSV(libsvm) + " converts it to columns y, x1, x2 and so on"
      )
    case .spaced:
      return (
        "there are blanks between the columns, expected a delimiter", "say `--delimiter ' '`"
      )
    case .aligned:
      return (
        "the columns are aligned with blanks, expected a delimiter between them",
        toCSV("awk -v OFS=, '{ $1 = $1; print }'") + " converts it"
      )
    case .comments(let mark, let holdHeader):
      let mark = String(UnicodeScalar(mark))
      return holdHeader
        ? (
          "the header is a comment, expected it without `\(mark)`",
          toCSV(
            "awk '/^\(mark)/ { h = $0; next } !d++ { sub(/^\(mark)+ */, \"\", h); print h } 1'")
        )
        : (
          "there are comments before the table, expected a header",
          toCSV("grep -v '^\(mark)'")
        )
    default: return ("", nil)
    }
  }

  /// What is wrong with a compressed input.
  static func words(
    _ kind: CompressionKind, _ fault: CompressionFault, _ name: String
  ) -> (text: String, help: String?) {
    let kind = kind == .gzip ? "gzip" : "zstd"
    return switch fault {
    case .truncated:
      (
        "the \(kind) data ends too early, expected its end",
        "copy or download it again, the transfer was not complete"
      )
    case .damaged: ("the \(kind) data is damaged", "copy or download it again")
    case .tooMuchMemory:
      (
        "the \(kind) data asks for a window of more than 128 MB",
        "unpack it: " + conversion("zstd -dc --long=31", of: name, to: "")
      )
    }
  }

  private static func pandas(_ reader: String) -> String {
    "python3 -c 'import io, sys, pandas; pandas.\(reader)(io.BytesIO(sys.stdin.buffer.read()))"
      + ".to_csv(sys.stdout, index=False)'"
  }

  private static let numpy =
    "python3 -c 'import io, sys, numpy; "
    + "numpy.savetxt(sys.stdout, numpy.load(io.BytesIO(sys.stdin.buffer.read())), delimiter=\",\")'"

  /// Names of attributes may be in quotes of either kind; values of ARFF have single ones.
  private static let arff =
    "awk 'tolower($1) == \"@attribute\" { sub(/^[^ \\t]+[ \\t]+/, \"\"); q = substr($0, 1, 1); "
    + "if (q == \"\\\"\" || q == \"\\x27\") { $0 = substr($0, 2); sub(q \".*\", \"\") } "
    + "else sub(/[ \\t].*/, \"\"); h = h s \"\\\"\" $0 \"\\\"\"; s = \",\"; next } "
    + "tolower($1) ~ /^@data/ { print h; d = 1; next } d && !/^%/ && NF { gsub(/\\x27/, \"\\\"\"); print }'"

  private static let libsvm =
    "awk '{ r[NR] = $0; for (i = 2; i <= NF; i++) { split($i, p, \":\"); if (p[1] + 0 > m) m = p[1] + 0 } } "
    + "END { printf \"y\"; for (i = 1; i <= m; i++) printf \",x%d\", i; print \"\"; "
    + "for (n = 1; n <= NR; n++) { k = split(r[n], f, \" \"); split(\"\", v); "
    + "for (i = 2; i <= k; i++) { split(f[i], p, \":\"); v[p[1] + 0] = p[2] } printf \"%s\", f[1]; "
    + "for (i = 1; i <= m; i++) printf \",%s\", (i in v) ? v[i] : 0; print \"\" } }'"
}
