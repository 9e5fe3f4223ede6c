// RowNames.swift: whether the first field of each row is its name.
//
// Step: bytes → [fields] → features.

/// What the first rows say about a field that they have more than the header.
///
/// The extra field may be a name, as R writes them; or a text or a number with the delimiter in
/// it is not in quotes. Only where nothing but names explains it, the fields are shifted.
struct RowNames {
  /// Rows that are looked at, at most.
  static let countLimit = 100

  private let delimiter: UInt8
  /// Columns that hold no numbers.
  private let texts: [Int]
  private(set) var count = 0
  private var seen = TextTable()
  private var isQuoted = true
  /// Names are integers that rise; each by one.
  private var isRising = true
  private var isCounting = true
  private var last = 0.0
  /// Each row has two fields that may be one, and two such behind the name.
  private var isCutAnywhere = true
  private var isCutBehindName = true
  /// Some row has a cut that starts with 0, as only the digits of a fraction do.
  private var hasFraction = false

  init(delimiter: UInt8, texts: [Int]) {
    self.delimiter = delimiter
    self.texts = texts
  }

  /// Adds a row.
  ///
  /// - Parameters:
  ///   - row: Its bytes, at which `fields` start to count.
  ///   - fields: The name and the values.
  /// - Returns: False if the first field cannot be a name.
  mutating func add(_ row: Span<UInt8>, _ fields: Span<Field>) -> Bool {
    let name = text(row, fields[0])
    guard !name.isEmpty, seen.insert(name).isNew else { return false }
    for column in texts where !isInQuotes(row, fields[column + 1]) {
      if parseFloat(text(row, fields[column + 1])) != .notNumber { return false }
    }
    isQuoted = isQuoted && isInQuotes(row, fields[0])
    if case .number(let value) = parseDouble(name), value == value.rounded(.towardZero) {
      isRising = isRising && (count == 0 || value > last)
      isCounting = isCounting && (count == 0 || value == last + 1)
      last = value
    } else {
      isRising = false
      isCounting = false
    }
    var isCut = (anywhere: false, behindName: false)
    for index in 0..<fields.count - 1 {
      guard !isInQuotes(row, fields[index]), !isInQuotes(row, fields[index + 1]) else { continue }
      let second = text(row, fields[index + 1])
      guard isOne(text(row, fields[index]), second) else { continue }
      isCut = (true, isCut.behindName || index > 0)
      hasFraction = hasFraction || startsWithZero(second)
    }
    isCutAnywhere = isCutAnywhere && isCut.anywhere
    isCutBehindName = isCutBehindName && isCut.behindName
    count += 1
    return true
  }

  /// Whether the first fields are names.
  var areNames: Bool {
    // Columns of integers are usual, and names in quotes are hardly anything else.
    if isQuoted { return count > 0 && !(isCutAnywhere && hasFraction) }
    guard count > 1 else { return false }
    if isCounting && count > 2 { return !isCutBehindName }
    return (isRising || !hasNumber) && !isCutAnywhere
  }

  private var hasNumber: Bool {
    for index in 0..<seen.count where parseFloat(seen[index]) != .notNumber { return true }
    return false
  }

  @_lifetime(copy row)
  private func text(_ row: Span<UInt8>, _ field: Field) -> Span<UInt8> {
    row.extracting(Int(field.start)..<field.end)
  }

  private func isInQuotes(_ row: Span<UInt8>, _ field: Field) -> Bool {
    let start = Int(field.start)
    return start > 0 && row[start - 1] == 0x22
  }

  /// Whether two fields may be one text or number with the delimiter in it.
  private func isOne(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Bool {
    guard delimiter != 0x09, !first.isEmpty, !second.isEmpty else { return false }
    if parseFloat(first) == .notNumber && parseFloat(second) == .notNumber { return true }
    guard delimiter == 0x2C || delimiter == 0x20 else { return false }
    let lead = digitCount(first, fromEnd: true)
    let rest = digitCount(second, fromEnd: false)
    guard lead > 0, rest > 0 else { return false }
    for index in 0..<first.count - lead where isLetterOrPoint(first[index]) { return false }
    // Behind a comma stand the digits of a fraction or three more; behind a blank, three more.
    let mayGroup = rest == 3 && lead <= 3
    if delimiter == 0x20 || (rest < second.count && second[rest] == 0x2E) { return mayGroup }
    return true
  }

  private func digitCount(_ text: Span<UInt8>, fromEnd: Bool) -> Int {
    var count = 0
    while count < text.count, text[fromEnd ? text.count - 1 - count : count] &- 0x30 < 10 {
      count += 1
    }
    return count
  }

  private func isLetterOrPoint(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte == 0x2E || byte &- 0x30 < 10
  }

  private func startsWithZero(_ text: Span<UInt8>) -> Bool {
    text.count > 1 && text[0] == 0x30 && text[1] &- 0x30 < 10
  }
}
