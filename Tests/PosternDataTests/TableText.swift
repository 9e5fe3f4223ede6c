@testable import PosternData

/// Whole tables as strings, for tests.
enum TableText {
  /// All records of `text`, and the header.
  static func read(
    _ text: String, options: RecordReader.Options = RecordReader.Options(),
    blockByteCount: Int = .max
  ) throws(DataError) -> (header: [String], rows: [[String]]) {
    var reader = try reader(text, options: options, blockByteCount: blockByteCount)
    var rows: [[String]] = []
    while try reader.next() {
      rows.append(row(reader))
    }
    return (reader.header.map { String(decoding: $0, as: UTF8.self) }, rows)
  }

  static func reader(
    _ text: String, options: RecordReader.Options = RecordReader.Options(),
    blockByteCount: Int = .max
  ) throws(DataError) -> RecordReader {
    let source = ByteSource(bytes: Array(text.utf8), blockByteCount: blockByteCount)
    return try RecordReader(source, options: options)
  }

  /// The fields of the current record.
  static func row(_ reader: borrowing RecordReader) -> [String] {
    var row: [String] = []
    for index in reader.header.indices {
      row.append(String(decoding: reader.field(index).copied(), as: UTF8.self))
    }
    return row
  }

  /// The error that stops reading, or nil.
  static func failure(
    _ text: String, options: RecordReader.Options = RecordReader.Options(),
    blockByteCount: Int = .max
  ) -> DataError? {
    do throws(DataError) {
      _ = try read(text, options: options, blockByteCount: blockByteCount)
      return nil
    } catch {
      return error
    }
  }

  /// Options with a small limit and small blocks.
  static func limited(to byteCount: Int, format: RecordReader.Format = .csv) -> RecordReader.Options
  {
    var options = RecordReader.Options(format: format)
    options.recordByteCountLimit = byteCount
    options.blockByteCount = 16
    return options
  }
}
