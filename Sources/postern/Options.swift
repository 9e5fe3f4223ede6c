// Options.swift: the kinds of values that options take.

internal import ArgumentParser
internal import PosternData

/// A text format of rows.
enum TextFormat: String, CaseIterable, ExpressibleByArgument {
  case csv, tsv, ndjson

  /// The format that the ending of a file's name suggests; csv where it suggests none.
  init(path: String) {
    switch RecordReader.Format(path: path) {
    case .ndjson: self = .ndjson
    case .tsv: self = .tsv
    case .delimited, .floats: self = .csv
    }
  }

  /// How the reader cuts the input into records.
  func readerFormat(delimiter: Delimiter?) -> RecordReader.Format {
    if let delimiter { return .delimited(delimiter.byte) }
    return switch self {
    case .csv: .csv
    case .tsv: .tsv
    case .ndjson: .ndjson
    }
  }
}

/// A format of rows that are read or answered.
enum RowFormat: String, CaseIterable, ExpressibleByArgument {
  case csv, tsv, ndjson
  /// Little-endian binary32 and nothing else.
  case f32

  /// The format that the ending of a file's name suggests; csv where it suggests none.
  init(path: String) {
    switch TextFormat(path: path) {
    case .csv: self = withoutCompression(path).lowercased().hasSuffix(".f32") ? .f32 : .csv
    case .tsv: self = .tsv
    case .ndjson: self = .ndjson
    }
  }

  /// How the reader cuts the input into records.
  func readerFormat(delimiter: Delimiter?) -> RecordReader.Format {
    if let delimiter { return .delimited(delimiter.byte) }
    return switch self {
    case .csv: .csv
    case .tsv: .tsv
    case .ndjson: .ndjson
    case .f32: .floats
    }
  }
}

/// One character between fields.
struct Delimiter: ExpressibleByArgument, Equatable {
  let byte: UInt8

  init?(argument: String) {
    let text = argument == "\\t" ? "\t" : argument
    guard text.utf8.count == 1, let byte = text.utf8.first, byte < 0x80,
      ![0x00, 0x22, 0x0A, 0x0D].contains(byte)
    else { return nil }
    self.byte = byte
  }
}

/// What to do with a row that cannot be answered.
enum ErrorPolicy: String, CaseIterable, ExpressibleByArgument {
  case stop, skip, null
}

/// What a key means that an object lacks, or a column that a header lacks.
enum AbsentPolicy: String, CaseIterable, ExpressibleByArgument {
  case error, missing
}

/// How the text of an input is encoded.
enum EncodingName: String, CaseIterable, ExpressibleByArgument {
  case utf8, latin1

  var encoding: TextEncoding { self == .utf8 ? .utf8 : .latin1 }
}

/// What a quote at the start of a field of delimited text means.
enum QuoteStyle: String, CaseIterable, ExpressibleByArgument {
  /// It opens the field; two of them are a quote in it.
  case double
  /// It is an ordinary character.
  case none
}

/// What to do with a category that the model does not know.
enum UnknownCategoryPolicy: String, CaseIterable, ExpressibleByArgument {
  case use, error
}

/// A size such as `4096`, `64K`, `1.5M` or `2G`, in bytes.
struct ByteSize: ExpressibleByArgument, Equatable {
  let byteCount: Int

  init?(argument: String) {
    let units: [Character: Double] = ["K": 0x1p10, "M": 0x1p20, "G": 0x1p30]
    var text = argument.uppercased()
    for suffix in ["IB", "B"] where text.hasSuffix(suffix) {
      text.removeLast(suffix.count)
      break
    }
    let unit = text.last.flatMap { units[$0] }
    if unit != nil { text.removeLast() }
    guard let number = Double(text), number >= 0, number * (unit ?? 1) < 1e15 else { return nil }
    byteCount = Int(number * (unit ?? 1))
  }
}

/// Column names as options take them: separated by commas, or one option for each.
///
/// A text that is the name of a column as a whole is not cut; nor is any at a comma behind a
/// backslash, which is left out then.
///
/// - Parameters:
///   - texts: The options' values.
///   - header: The names that there are, if they are known.
/// - Returns: Each name once, in the order given.
func columnNames(_ texts: [String], in header: [[UInt8]] = []) -> [[UInt8]] {
  var names: [[UInt8]] = []
  for text in texts {
    let whole = Array(text.utf8)
    let parts = header.contains(whole) ? [whole] : listParts(whole)
    for name in parts where !names.contains(name) { names.append(name) }
  }
  return names
}

/// Texts that mean missing, as `--missing` takes them: separated by commas, or one option for each.
///
/// A number with separators of thousands and a decimal point is one text, since a comma that is to
/// separate never stands so.
func missingTexts(_ texts: [String]) -> [String] {
  texts.flatMap { value in
    isGroupedNumber(Array(value.utf8)) ? [value] : columnNames([value]).map(text)
  }
}

/// Whether a text is a number such as `9,584.7`.
private func isGroupedNumber(_ text: [UInt8]) -> Bool {
  let halves = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  guard halves.count == 2, !halves[1].isEmpty else { return false }
  var groups = halves[0].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
  if groups[0].first == UInt8(ascii: "-") { groups[0] = groups[0].dropFirst() }
  return groups.count > 1 && (1...3).contains(groups[0].count)
    && groups.dropFirst().allSatisfy { $0.count == 3 }
    && (groups + [halves[1]]).allSatisfy { $0.allSatisfy { (0x30...0x39).contains($0) } }
}

/// The parts of a list with commas; a comma behind a backslash belongs to its part.
private func listParts(_ text: [UInt8]) -> [[UInt8]] {
  var parts: [[UInt8]] = [[]]
  var index = 0
  while index < text.count {
    let isEscape = text[index] == UInt8(ascii: "\\") && index + 1 < text.count
    if isEscape && text[index + 1] == UInt8(ascii: ",") {
      parts[parts.count - 1].append(text[index + 1])
      index += 1
    } else if text[index] == UInt8(ascii: ",") {
      parts.append([])
    } else {
      parts[parts.count - 1].append(text[index])
    }
    index += 1
  }
  return parts.filter { !$0.isEmpty }
}

/// Experts by their indices, such as `3,7` or `0,3-5`; nil for any other text.
func expertRanges(_ argument: String) -> [ClosedRange<Int>]? {
  var ranges: [ClosedRange<Int>] = []
  for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
    let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
      first >= 0, first <= last
    else { return nil }
    ranges.append(first...last)
  }
  return ranges
}

/// A number such as a seed.
///
/// - Throws: What was expected, for the argument parser to say.
func wholeNumber(_ argument: String) throws -> UInt64 {
  guard let number = UInt64(argument) else {
    throw ValidationError("expected a whole number from 0 up")
  }
  return number
}
