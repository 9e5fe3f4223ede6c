// ModelInput.swift: how texts become the values of a row, as a model says it.
//
// Step: model → [reading] → rows.   Specification: formats/model.md, section 6.6.

internal import PosternData
internal import PosternFormat
internal import PosternPackaging

/// What a model expects of its input's texts.
struct ModelInput {
  /// A part of the date or time in a column of the input.
  struct Part: Equatable {
    var source: Int
    var part: CalendarPart
  }

  /// How one column of the model gets its values.
  struct Column {
    /// The column of the input: the column's own name, or that of its source.
    var name: [UInt8]
    var reading = NumberReading()
    var part: Part?
  }

  private(set) var columns: [Column] = []
  private(set) var targets: [NumberReading] = []
  private(set) var sources: [(name: [UInt8], form: CalendarForm)] = []
  /// The texts that mean missing, if the model says which.
  private(set) var tokens: MissingTokens?
  /// The texts that mean missing among numbers.
  private(set) var numberTokens = MissingTokens([[UInt8]]())

  init(_ model: ModelView) {
    for index in 0..<model.header.columnCount {
      columns.append(Column(name: model.schema.columnName(index).copied()))
    }
    let hasNumbers = model.header.task == .regression
    targets = [NumberReading](
      repeating: NumberReading(), count: hasNumbers ? model.header.outputCount : 0)
    guard let input = model.input else { return }
    for index in 0..<input.sourceCount {
      sources.append((input.sourceName(index).copied(), input.sourceForm(index)))
    }
    for index in columns.indices {
      columns[index].reading = NumberReading(
        form: NumberForm(
          decimal: input.decimal(ofColumn: index), grouping: input.grouping(ofColumn: index),
          unit: input.unit(ofColumn: index).copied()),
        origin: input.number(ofColumn: index))
      if let source = input.source(ofColumn: index), let part = input.part(ofColumn: index) {
        columns[index].name = sources[source].name
        columns[index].part = Part(source: source, part: part)
      }
    }
    for index in targets.indices {
      targets[index] = NumberReading(
        form: NumberForm(
          decimal: input.decimal(ofTarget: index), grouping: input.grouping(ofTarget: index),
          unit: input.unit(ofTarget: index).copied()),
        origin: input.number(ofTarget: index))
    }
    tokens = MissingTokens((0..<input.tokenCount).map { input.token($0).copied() })
    numberTokens = MissingTokens(
      (0..<input.numberTokenCount).map { input.numberToken($0).copied() })
  }

  /// Columns whose values binary32 does not hold as they are, by name.
  var relativeNames: [[UInt8]] { columns.filter { $0.reading.isRelative }.map(\.name) }
  /// Whether a target has values that binary32 does not hold as they are.
  var hasRelativeTarget: Bool { targets.contains { $0.isRelative } }

  /// The texts that meant missing in training, of a file that was written before files said so.
  func unsaidTokens(_ model: ModelView) -> [String]? {
    tokens == nil ? AncillarySection.missingTokens(model) : nil
  }

  /// The texts that mean missing, for a reader: those of the options, else those of the model.
  func apply(to options: inout RecordReader.Options, missing: [String]) {
    if !missing.isEmpty {
      options.missing = MissingTokens(missingTexts(missing))
    } else if let tokens {
      options.missing = tokens
    }
    options.missingNumbers = numberTokens
  }
}

extension InputDescription.Number {
  /// What the file says of a number's reading.
  init(_ reading: NumberReading, source: Int? = nil, part: CalendarPart? = nil) {
    self.init(
      origin: reading.origin.origin, exponent: reading.origin.exponent,
      decimal: reading.form.decimal, grouping: reading.form.grouping, unit: reading.form.unit,
      source: source, part: part)
  }
}
