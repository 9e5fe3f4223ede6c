// RecordReader.swift: a table's records, one at a time, from bytes in order.
//
// Step: bytes → [fields] → features.

/// Reads the records of a table as a stream: delimited text with a header, or lines of JSON.
///
/// Memory is one buffer, which grows only when a single record does not fit, up to
/// ``Options/recordByteCountLimit``. In the steady state a record costs no allocation. Fields are
/// borrowed from the buffer until the next call of ``advance(waiting:)``.
///
/// Blank lines are skipped, except in a table of one column, where they are missing values. A byte
/// order mark is skipped. After an error for which ``DataError/isRowError`` holds the next call
/// goes on behind the faulty record.
package struct RecordReader: ~Copyable {
  /// How the bytes are cut into records.
  package enum Format: Equatable, Sendable {
    /// Fields between delimiters, a header first unless ``Options/names`` are given. The delimiter
    /// is ASCII and neither a quote nor a line end.
    case delimited(UInt8)
    /// One JSON object a line.
    case ndjson
    /// Binary rows: one little-endian binary32 for each of ``Options/names``, NaN for none, and
    /// nothing between rows.
    case floats

    /// Fields between commas.
    package static let csv = Format.delimited(0x2C)
    /// Fields between tabs.
    package static let tsv = Format.delimited(0x09)
  }

  /// What the caller knows about the input.
  package struct Options: Sendable {
    /// How the bytes are cut into records.
    package var format: Format
    /// Delimited text: the names of the columns of a text without header, in order. JSON: the keys
    /// that are columns, in the order wanted. Nil: from the header; JSON: every key, as it comes.
    package var names: [[UInt8]]?
    /// Delimited text: whether the first record is a row too; columns are named `1`, `2` and so on
    /// then. Without meaning if ``names`` are given.
    package var isHeaderless = false
    /// Whether a quote opens a field in which delimiters and line ends are ordinary.
    package var hasQuotes = true
    /// JSON: whether an object may lack keys of ``names``. Delimited text: whether the header may.
    package var absentIsMissing = false
    /// Columns of texts none of which is a number: where one holds numbers, fields are shifted.
    package var textColumns: [[UInt8]] = []
    /// JSON: how many of the last of ``names`` an object may lack in any case.
    package var optionalNameCount = 0
    /// How text is encoded.
    package var encoding = TextEncoding.utf8
    /// Whether gzip and zstd are known by their first bytes and decompressed.
    package var decompresses = true
    /// The texts that mean "missing".
    package var missing = MissingTokens.standard
    /// The texts that mean "missing" in a column of numbers only.
    package var missingNumbers = MissingTokens([[UInt8]]())
    /// The longest record in bytes, at most 2^30.
    package var recordByteCountLimit = 16 << 20
    /// How many bytes are asked for at once, at least 16.
    package var blockByteCount = 64 << 10

    /// Creates options with the usual limits.
    package init(format: Format = .csv, names: [[UInt8]]? = nil) {
      self.format = format
      self.names = names
    }
  }

  /// What ``advance(waiting:)`` found.
  package enum Advance: Equatable, Sendable {
    /// A record; its fields can be read.
    case record
    /// The end of the input.
    case end
    /// No whole record has come yet, and a read would wait.
    case starved
  }

  /// The most columns that a table may have.
  package static let columnCountLimit = 1 << 16

  /// The names of the columns. Grows when keys are discovered in JSON.
  package internal(set) var header: [[UInt8]] = []
  /// Physical line on which the current record starts, from 1.
  package internal(set) var line = 1
  /// Records so far, without the header and without faulty ones.
  package internal(set) var recordCount = 0
  /// Keys that only ever had objects or arrays as values while keys were discovered.
  package internal(set) var nestedKeys: [[UInt8]] = []
  /// What is unusual about the table so far.
  package internal(set) var notices = TableNotices()

  /// Bytes of the buffer behind the input's, so that words can be read up to its end and beyond.
  static let slack = PlainNumber.lookAhead

  let options: Options
  var source: ByteSource
  /// The bytes read and not yet consumed, and at least ``slack`` more.
  var buffer: [UInt8]
  /// The offset behind the last byte read.
  var end = 0
  /// Whether the source has nothing more.
  var isAtEnd = false
  /// The place of the current record in the buffer.
  var record = 0..<0
  /// The line on which the next record starts.
  var nextLine = 1
  /// Whether the next record has been begun and its end not found.
  var isRecordOpen = false
  /// Whether the rest of a faulty line is to be passed over.
  var isDiscarding = false
  /// Where the bytes to be passed over start.
  var discardOffset = 0
  /// Whether some byte in the buffer is not ASCII.
  var hasHighBytes = false
  /// Fields that are read as text, which must be UTF-8.
  var textFields: [Int] = []
  /// Binary rows: the fields in which these numbers mean missing.
  var missingFloats: (fields: [Int], values: [Float]) = ([], [])
  /// How the fields of a row lie under the header.
  var layout = RowLayout()
  /// After an error: how many of the record's first fields are known for certain.
  var readableFieldCount = Int.max
  /// One place for each field of a row, and one more.
  var fields: [Field] = []
  var unescaped: [UnescapedField] = []
  var scratch: [UInt8] = []
  var scanner: RecordScanner
  var json = JSONColumns()
  /// Where the next records end, if they are plain.
  var index: PlainIndex
  /// The fields of a plain or binary record as numbers, NaN for other texts; empty if nobody wants
  /// them.
  var numbers: [Float] = []
  /// Whether the current record's fields are those of ``index`` and not ``fields``.
  var isPlain = false
  /// Whether ``numbers`` are those of the current record.
  var hasNumbers = false

  /// Starts to read, and reads the header if there is one.
  ///
  /// - Throws: ``DataError`` for an input that is empty or no text, and for a faulty header.
  package init(_ source: consuming ByteSource, options: Options = Options()) throws(DataError) {
    precondition((1...1 << 30).contains(options.recordByteCountLimit))
    precondition(options.blockByteCount >= 16)
    self.options = options
    self.source = source
    self.source.decompresses = options.decompresses
    if options.format != .floats { self.source.encoding = options.encoding }
    buffer = [UInt8](repeating: 0, count: 2 * options.blockByteCount + Self.slack)
    switch options.format {
    case .delimited(let delimiter):
      precondition(delimiter < 0x80 && ![0x00, 0x22, 0x0A, 0x0D].contains(delimiter))
      scanner = RecordScanner(delimiter: delimiter, hasQuotes: options.hasQuotes)
    case .ndjson, .floats:
      scanner = RecordScanner(delimiter: 0x2C, hasQuotes: false)
    }
    index = PlainIndex(delimiter: scanner.delimiter)
    if options.format == .floats {
      setColumns(options.names ?? [])
      numbers = [Float](repeating: .nan, count: header.count)
      return
    }
    try readStart()
    if let names = options.names { setColumns(names) }
    if case .delimited = options.format, options.names == nil { try readHeader() }
    if case .ndjson = options.format { json.isDiscovering = options.names == nil }
  }

  /// Goes to the next record.
  ///
  /// - Parameter waiting: Whether to wait for input. Without waiting a record that has not come yet
  ///   is reported as `starved`: the moment to write what is ready.
  /// - Returns: What was found.
  /// - Throws: ``DataError``; see ``DataError/isRowError`` for going on.
  package mutating func advance(waiting: Bool = true) throws(DataError) -> Advance {
    readableFieldCount = .max
    if advancePlain() {
      if hasHighBytes { try checkText() }
      return .record
    }
    let advance: Advance
    switch options.format {
    case .delimited: advance = try advanceDelimited(waiting: waiting)
    case .ndjson: advance = try advanceJSON(waiting: waiting)
    case .floats: return try advanceFloats(waiting: waiting)
    }
    if hasHighBytes && advance == .record { try checkText() }
    return advance
  }

  /// Goes to the next record, waiting for it.
  ///
  /// - Returns: Whether there is one.
  /// - Throws: ``DataError``, as ``advance(waiting:)``.
  package mutating func next() throws(DataError) -> Bool { try advance() == .record }

  /// Gives the columns of a text without header other names, as many as there are.
  package mutating func rename(to names: [[UInt8]]) {
    precondition(names.count == header.count)
    header = names
  }

  /// Makes `names` the columns.
  mutating func setColumns(_ names: [[UInt8]]) {
    header = names
    layout = RowLayout(fieldCount: names.count)
    let spareCount = options.format == .ndjson ? 0 : 1
    fields = [Field](repeating: .absent, count: names.count + spareCount)
    for name in names { json.keys.insert(name.span) }
  }
}

extension RecordReader {
  /// Refuses a record of which more bytes have been looked at than the limit allows. What follows
  /// is looked for behind the first line end after the limit, or behind the line with a quote that
  /// has passed over line ends, so that it does not take the rest of the table with it.
  mutating func checkLength() throws(DataError) {
    let limit = options.recordByteCountLimit
    guard scanner.position - scanner.start > limit else { return }
    let offset = scanner.start + limit
    if let quote = scanner.longQuote, quote.firstLineEnd < offset {
      beginDiscarding(at: quote.offset)
    } else {
      beginDiscarding(at: offset)
    }
    throw .recordTooLong(line: line, limit: limit)
  }

  /// Keeps what there is of a faulty record for messages, and passes over the rest of the line from
  /// `offset` on.
  mutating func beginDiscarding(at offset: Int) {
    record = scanner.start..<offset
    line = nextLine
    nextLine = position(at: offset).line
    discardOffset = offset
    isRecordOpen = false
    isDiscarding = true
    if options.format == .ndjson {
      // No field of this line is known.
      for index in fields.indices { fields[index] = .absent }
    } else {
      let count = min(scanner.fieldCount, fields.count)
      readableFieldCount = 0
      while readableFieldCount < count,
        record.lowerBound + fields[readableFieldCount].end < offset
      {
        readableFieldCount += 1
      }
      if scanner.hasEscapes { unescapeQuotes() }
    }
  }

  /// Passes over the rest of a faulty line, keeping no byte of it.
  ///
  /// - Returns: False if that would wait and `waiting` is false.
  mutating func discardLine(waiting: Bool) throws(DataError) -> Bool {
    var offset = discardOffset
    while isDiscarding {
      let isReturnAnEnd = options.format != .ndjson
      offset = buffer.span.lineEnd(from: offset, to: end, isReturnAnEnd: isReturnAnEnd)
      if offset < end {
        scanner.beginRecord(at: offset + 1, isAfterReturn: buffer[offset] == 0x0D)
        nextLine += 1
        isDiscarding = false
      } else {
        scanner.beginRecord(at: end)
        isDiscarding = !isAtEnd
        discardOffset = end
        guard isDiscarding else { break }
        if !waiting && !source.isReady { return false }
        try fill()
        discardOffset = scanner.start
        offset = discardOffset
      }
    }
    return true
  }
}
