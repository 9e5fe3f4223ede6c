// InputView.swift: how texts become the numbers of a row, and values become answers.
//
// Step: section → [input] → row, prediction.   Specification: formats/model.md, 6.6 and 9.0.

/// What stands between the integer and the fraction of a number. The number is the one in the file.
public enum DecimalMark: UInt8, Sendable {
  case point = 0
  case comma = 1
}

/// What stands between groups of three digits. The number is the one in the file.
public enum DigitGrouping: UInt8, Sendable {
  case none = 0
  case comma = 1
  case point = 2
  /// A space, a no-break space or a narrow no-break space.
  case space = 3
  /// An apostrophe or a right single quotation mark.
  case apostrophe = 4
  case underscore = 5
}

/// Where the numbers of a column or a target start, and how fine they are.
///
/// A binary32 number holds 24 bits; what is far from zero with a small spread keeps its digits only
/// when something is subtracted first, in binary64.
public struct NumberOrigin: Equatable, Sendable {
  /// What is subtracted from a value. Finite, in the unit of the value.
  public let origin: Double
  /// The power of two that the difference is divided by. In -1022...1022.
  public let exponent: Int

  /// Of numbers that stay as they are.
  public static let zero = NumberOrigin(origin: 0, exponent: 0)

  /// Creates an origin.
  public init(origin: Double, exponent: Int) {
    precondition(origin.isFinite)
    precondition(exponent >= -Limit.exponent && exponent <= Limit.exponent)
    self.origin = origin
    self.exponent = exponent
  }

  /// The number of section 9.1 for a value: `(value - origin) × 2^-exponent`, rounded to binary64
  /// at each step and to binary32 at the end. NaN stays NaN; too large a value becomes infinite,
  /// and such a row is refused.
  public func rowValue(_ value: Double) -> Float {
    Float((value - origin) * NumberOrigin.power(-exponent))
  }

  /// The prediction of section 9.5 for a value of the head: `origin + value × 2^exponent`, rounded
  /// to binary64 at each step.
  public func prediction(_ value: Float) -> Double {
    origin + Double(value) * NumberOrigin.power(exponent)
  }

  private static func power(_ exponent: Int) -> Double {
    // Exponents of lawful files are those of normal numbers.
    Double(bitPattern: UInt64(wide: 1_023 + exponent) &<< 52)
  }
}

/// The input section, read in place.
public struct InputView: ~Escapable {
  private let bytes: Span<UInt8>
  private let columnCount: Int
  private let targetCount: Int
  /// The number of columns of the data that columns of the row are derived from.
  public let sourceCount: Int
  /// The number of texts that mean missing in every column.
  public let tokenCount: Int
  /// The number of texts that mean missing in numeric columns and in sources only.
  public let numberTokenCount: Int
  private let unitCount: Int
  private let sourcesStart: Int
  let offsetsStart: Int
  let textsStart: Int

  /// Views bytes whose fixed part is there; its counts are checked.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    columnCount = bytes.count(at: 0)
    targetCount = bytes.count(at: 4)
    sourceCount = bytes.count(at: 8)
    unitCount = bytes.count(at: 12)
    tokenCount = bytes.count(at: 16)
    numberTokenCount = bytes.count(at: 20)
    sourcesStart = InputView.record(columnCount + targetCount)
    offsetsStart = sourcesStart + sourceCount * Layout.Input.sourceByteCount
    textsStart = offsetsStart + 4 * (sourceCount + unitCount + tokenCount + numberTokenCount + 1)
  }

  static func record(_ number: Int) -> Int {
    Layout.Input.fixedByteCount + number * Layout.Input.recordByteCount
  }

  /// Origin and exponent of a column; ``NumberOrigin/zero`` unless it is numeric.
  public func number(ofColumn index: Int) -> NumberOrigin { number(at: column(index)) }

  /// Origin and exponent of a target; ``NumberOrigin/zero`` for a classification.
  public func number(ofTarget index: Int) -> NumberOrigin { number(at: target(index)) }

  /// What is subtracted from a column's values, in their unit.
  public func origin(ofColumn index: Int) -> Double { bytes.double(at: column(index)) }

  /// The power of two that a column's differences are divided by.
  public func exponent(ofColumn index: Int) -> Int { exponent(at: column(index)) }

  /// What is added to a target's values, in their unit.
  public func origin(ofTarget index: Int) -> Double { bytes.double(at: target(index)) }

  /// The power of two that a target's values are multiplied by.
  public func exponent(ofTarget index: Int) -> Int { exponent(at: target(index)) }

  /// The source that a column is derived from, in `0..<sourceCount`; nil for a column of the data.
  public func source(ofColumn index: Int) -> Int? {
    let source = bytes.count(at: column(index) + 12)
    return source == 0 ? nil : source - 1
  }

  /// Which part of its source's time a column is; nil for a column of the data.
  public func part(ofColumn index: Int) -> CalendarPart? {
    CalendarPart(rawValue: bytes[column(index) + 16])
  }

  /// The decimal mark of a column's texts.
  public func decimal(ofColumn index: Int) -> DecimalMark { decimal(at: column(index)) }

  /// What groups the digits of a column's texts.
  public func grouping(ofColumn index: Int) -> DigitGrouping { grouping(at: column(index)) }

  /// The unit that a column's texts may have; empty for none.
  @_lifetime(copy self)
  public func unit(ofColumn index: Int) -> Span<UInt8> { unit(at: column(index)) }

  /// The decimal mark of a target's texts.
  public func decimal(ofTarget index: Int) -> DecimalMark { decimal(at: target(index)) }

  /// What groups the digits of a target's texts.
  public func grouping(ofTarget index: Int) -> DigitGrouping { grouping(at: target(index)) }

  /// The unit that a target's texts may have; empty for none.
  @_lifetime(copy self)
  public func unit(ofTarget index: Int) -> Span<UInt8> { unit(at: target(index)) }

  /// The name of a source: a column of the data.
  @_lifetime(copy self)
  public func sourceName(_ index: Int) -> Span<UInt8> {
    precondition(index >= 0 && index < sourceCount)
    return text(index)
  }

  /// How the times of a source are written.
  public func sourceForm(_ index: Int) -> CalendarForm {
    precondition(index >= 0 && index < sourceCount)
    let form = bytes[sourcesStart + index * Layout.Input.sourceByteCount]
    return CalendarForm(rawValue: form) ?? .yearMonthDay
  }

  /// A text that means missing in every column.
  @_lifetime(copy self)
  public func token(_ index: Int) -> Span<UInt8> {
    precondition(index >= 0 && index < tokenCount)
    return text(sourceCount + unitCount + index)
  }

  /// A text that means missing in numeric columns and in sources only.
  @_lifetime(copy self)
  public func numberToken(_ index: Int) -> Span<UInt8> {
    precondition(index >= 0 && index < numberTokenCount)
    return text(sourceCount + unitCount + tokenCount + index)
  }

  private func column(_ index: Int) -> Int {
    precondition(index >= 0 && index < columnCount)
    return InputView.record(index)
  }

  private func target(_ index: Int) -> Int {
    precondition(index >= 0 && index < targetCount)
    return InputView.record(columnCount + index)
  }

  func exponent(at record: Int) -> Int {
    Int(Int32(bitPattern: bytes.uint32(at: record + 8)))
  }

  /// - Precondition: The record is checked.
  func number(at record: Int) -> NumberOrigin {
    NumberOrigin(origin: bytes.double(at: record), exponent: exponent(at: record))
  }

  private func decimal(at record: Int) -> DecimalMark {
    DecimalMark(rawValue: bytes[record + 17]) ?? .point
  }

  private func grouping(at record: Int) -> DigitGrouping {
    DigitGrouping(rawValue: bytes[record + 18]) ?? .none
  }

  @_lifetime(copy self)
  private func unit(at record: Int) -> Span<UInt8> {
    let unit = bytes.count(at: record + 20)
    return unit == 0 ? bytes.extracting(0..<0) : text(sourceCount + unit - 1)
  }

  @_lifetime(copy self)
  private func text(_ index: Int) -> Span<UInt8> {
    let start = textsStart + bytes.count(at: offsetsStart + 4 * index)
    let end = textsStart + bytes.count(at: offsetsStart + 4 * index + 4)
    return bytes.extracting(start..<end)
  }
}
