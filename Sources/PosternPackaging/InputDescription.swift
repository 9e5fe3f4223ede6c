// InputDescription.swift: how texts become a row, as a value and as bytes.
//
// Step: trainer → [input value] ⇄ section.   Specification: formats/model.md, section 6.6.

public import PosternFormat

/// How the texts of the data become the numbers of a row, and values become answers. Section 6.6.
///
/// A model without one takes and gives numbers as they stand in the text.
public struct InputDescription: Equatable, Sendable {
  /// A column of the row, or a target. As created it stands for itself.
  public struct Number: Equatable, Sendable {
    /// What is subtracted from a column's values and added to a target's, in their unit. 0 unless
    /// the column is numeric or the task is a regression; so is everything else here.
    public var origin = 0.0
    /// The power of two that differences are divided by, in -1022...1022.
    public var exponent = 0
    /// The decimal mark of the texts.
    public var decimal = DecimalMark.point
    /// What groups the digits of the texts; not the decimal mark.
    public var grouping = DigitGrouping.none
    /// What the texts may have before or behind the number; empty for none. Without blanks around.
    public var unit: [UInt8] = []
    /// The source that a column is derived from, by its index; nil for a column of the data.
    public var source: Int?
    /// Which part of the source's time a column is; not nil if it has a source.
    public var part: CalendarPart?

    /// Creates a record.
    public init(
      origin: Double = 0, exponent: Int = 0, decimal: DecimalMark = .point,
      grouping: DigitGrouping = .none, unit: [UInt8] = [], source: Int? = nil,
      part: CalendarPart? = nil
    ) {
      self.origin = origin
      self.exponent = exponent
      self.decimal = decimal
      self.grouping = grouping
      self.unit = unit
      self.source = source
      self.part = part
    }
  }

  /// A column of the data that holds times.
  public struct Source: Equatable, Sendable {
    /// The column's name as it stood in the data. Not empty.
    public var name: [UInt8]
    /// How the times are written.
    public var form: CalendarForm

    /// Creates a source.
    public init(name: [UInt8], form: CalendarForm) {
      self.name = name
      self.form = form
    }
  }

  /// One for each column, in row order.
  public var columns: [Number]
  /// One for each target.
  public var targets: [Number]
  /// The columns of the data that columns of the row are derived from, in the order in which
  /// ``columns`` uses them first. Each is used.
  public var sources: [Source]
  /// Texts that mean missing in every column, without blanks around. Not empty ones: an empty field
  /// is missing anyway.
  public var tokens: [[UInt8]]
  /// Texts that mean missing in numeric columns and in sources only.
  public var numberTokens: [[UInt8]]

  /// Creates a description from its parts.
  public init(
    columns: [Number], targets: [Number], sources: [Source] = [], tokens: [[UInt8]] = [],
    numberTokens: [[UInt8]] = []
  ) {
    self.columns = columns
    self.targets = targets
    self.sources = sources
    self.tokens = tokens
    self.numberTokens = numberTokens
  }
}

extension InputDescription {
  /// The bytes of the section. What is not lawful is found by whoever checks it.
  var section: [UInt8] {
    var units: [[UInt8]] = []
    var writer = ByteWriter()
    for number in columns + targets {
      writer.append(number.origin.bitPattern)
      writer.append(UInt32(bitPattern: Int32(clamping: number.exponent)))
      writer.append(count: number.source.map { $0 + 1 } ?? 0)
      writer.append(number.part?.rawValue ?? 0)
      writer.append(number.decimal.rawValue)
      writer.append(number.grouping.rawValue)
      writer.append(UInt8(0))
      writer.append(count: units.number(of: number.unit))
    }
    for source in sources {
      writer.append(source.form.rawValue)
      writer.append(zeros: Layout.Input.sourceByteCount - 1)
    }
    let texts = sources.map(\.name) + units + tokens + numberTokens
    writer.append(texts: texts)
    var whole = ByteWriter()
    let counts = [
      columns.count, targets.count, sources.count, units.count, tokens.count, numberTokens.count,
      texts.reduce(0) { $0 + $1.count }, 0,
    ]
    for count in counts { whole.append(count: count) }
    return whole.bytes + writer.bytes
  }

  /// Reads what a model says of its input; nil if it has no such section.
  ///
  /// - Parameter model: A validated model.
  /// - Complexity: O(*bytes of the section*).
  public init?(decoding model: ModelView) {
    guard let view = model.input else { return nil }
    columns = []
    for index in 0..<model.header.columnCount {
      let number = view.number(ofColumn: index)
      columns.append(
        Number(
          origin: number.origin, exponent: number.exponent,
          decimal: view.decimal(ofColumn: index), grouping: view.grouping(ofColumn: index),
          unit: copy(view.unit(ofColumn: index)), source: view.source(ofColumn: index),
          part: view.part(ofColumn: index)))
    }
    targets = []
    for index in 0..<model.schema.targetCount {
      let number = view.number(ofTarget: index)
      targets.append(
        Number(
          origin: number.origin, exponent: number.exponent,
          decimal: view.decimal(ofTarget: index), grouping: view.grouping(ofTarget: index),
          unit: copy(view.unit(ofTarget: index))))
    }
    sources = []
    for index in 0..<view.sourceCount {
      sources.append(Source(name: copy(view.sourceName(index)), form: view.sourceForm(index)))
    }
    tokens = []
    for index in 0..<view.tokenCount { tokens.append(copy(view.token(index))) }
    numberTokens = []
    for index in 0..<view.numberTokenCount { numberTokens.append(copy(view.numberToken(index))) }
  }
}

extension [[UInt8]] {
  /// 1 and the index of a text, which is added if it is new; 0 for an empty one.
  fileprivate mutating func number(of text: [UInt8]) -> Int {
    if text.isEmpty { return 0 }
    if let index = firstIndex(of: text) { return index + 1 }
    append(text)
    return count
  }
}
