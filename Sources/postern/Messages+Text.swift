// Messages+Text.swift: what is said about text that is no JSON, and about files that are no text.

internal import PosternData

extension Messages {
  /// What a line of JSON lacks.
  static func words(_ fault: JSONFault) -> String {
    switch fault {
    case .expectedObject: "expected a JSON object, which starts with `{`"
    case .expectedKey: "expected a key in quotes"
    case .expectedColon: "expected a colon"
    case .expectedCommaOrBrace: "expected a comma or `}`"
    case .expectedCommaOrBracket: "expected a comma or `]`"
    case .expectedValue: "expected a value"
    case .badNumber: "not a JSON number"
    case .notFinite: "JSON has no NaN and no infinity"
    case .badEscape: "not a JSON escape"
    case .unpairedSurrogate: "half of a surrogate pair, expected both"
    case .controlCharacter: "a control character in a string, expected an escape"
    case .unterminatedString: "the string is never closed"
    case .textAfterObject: "text behind the object, expected the end of the line"
    case .tooDeep: "nested more than 64 deep"
    }
  }

  /// What a file is, and how to get a table from it.
  static func foreign(_ kind: ForeignKind) -> (text: String, help: String?) {
    let expected = ", expected a table as text"
    return switch kind {
    case .gzip: ("this is a gzip archive" + expected, "pipe it in: `gunzip -c FILE | postern …`")
    case .zip:
      ("this is a zip archive" + expected, "unpack it first (a spreadsheet: export it as CSV)")
    case .zstd: ("this is zstd-compressed" + expected, "pipe it in: `zstd -dc FILE | postern …`")
    case .bzip2: ("this is bzip2-compressed" + expected, "pipe it in: `bzip2 -dc FILE | postern …`")
    case .xz: ("this is xz-compressed" + expected, "pipe it in: `xz -dc FILE | postern …`")
    case .parquet: ("this is a Parquet file" + expected, "export it as CSV or NDJSON")
    case .arrow: ("this is an Arrow file" + expected, "export it as CSV or NDJSON")
    case .pdf: ("this is a PDF" + expected, "export the table as CSV")
    case .sqlite:
      ("this is an SQLite database" + expected, "`sqlite3 -csv -header FILE 'select …'` gives one")
    case .numpy: ("this is a NumPy array" + expected, "save it with `numpy.savetxt` and a header")
    case .html: ("this is a web page" + expected, "was the download an error message?")
    case .wideText:
      ("this is UTF-16 or UTF-32 text, expected UTF-8", "`iconv -f utf-16 -t utf-8` converts it")
    case .model: ("this is a model, expected a table", "the model comes first, then the data")
    case .json:
      ("this is JSON, expected delimited text", "say `--in ndjson` if it is one object a line")
    case .jsonArray:
      ("this is one JSON array, expected an object a line", "`jq -c '.[]'` converts it")
    }
  }
}
