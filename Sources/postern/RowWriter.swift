// RowWriter.swift: answers to text.
//
// Step: runtime → prediction → [text] → standard output.

internal import PosternData
internal import PosternFormat
internal import PosternRuntime

/// Writes a line for each answer, in one of the text formats.
struct RowWriter {
  let format: RowFormat
  let separator: UInt8
  private let task: PosternFormat.Task
  /// The names of the columns behind the kept ones.
  let names: [[UInt8]]
  /// What stands before each value: a separator, in JSON also the key.
  private let prefixes: [[UInt8]]
  /// The classes as they are written.
  private let classTexts: [[UInt8]]
  private let outputCount: Int
  /// Of a regression: how values become numbers in the unit of each target.
  private let readings: [NumberReading]
  private let writesProbabilities: Bool
  /// For each expert its deviation for each target; nil if it is not wanted.
  private let deviations: [[Double]]?
  private let explains: Bool
  /// Terms of each local model; 0 for none.
  let termCount: Int
  /// Whether an answer is one number and nothing else.
  let isOneNumber: Bool
  /// What stands before and behind the only value of an answer.
  private let ends: (prefix: [UInt8], suffix: [UInt8])

  /// Prepares what every line needs.
  init(
    _ model: ModelView, _ format: RowFormat, hasKept: Bool, probabilities: Bool = false,
    deviations: [[Double]]? = nil, explaining: Int? = nil
  ) {
    self.format = format
    separator = format == .tsv ? 0x09 : 0x2C
    task = model.header.task
    outputCount = model.header.task == .regression ? model.header.outputCount : 1
    readings = ModelInput(model).targets
    writesProbabilities = probabilities
    self.deviations = deviations
    explains = explaining != nil
    termCount = min(explaining ?? 0, model.transform.usedColumnCount)
    var classes: [[UInt8]] = []
    for index in 0..<model.schema.classCount {
      classes.append(model.schema.className(index).copied())
    }
    var names: [[UInt8]] = []
    for part in deviations == nil ? ["prediction"] : ["prediction", "deviation"] {
      if outputCount == 1 {
        names.append(Array(part.utf8))
        continue
      }
      for output in 0..<outputCount {
        names.append(Array("\(part).".utf8) + model.schema.targetName(output).copied())
      }
    }
    if probabilities { names += classes.map { Array("probability.".utf8) + $0 } }
    if explaining != nil { names += ["expert", "margin", "runner_up"].map { Array($0.utf8) } }
    names += RowWriter.explanationNames(model, format, termCount)
    self.names = names
    let separator = separator
    classTexts = classes.map { RowWriter.encoded($0, format, separator) }
    prefixes = names.enumerated().map { index, name in
      let isFirst = index == 0 && !hasKept
      if format != .ndjson { return isFirst ? [] : [separator] }
      return [isFirst ? 0x7B : 0x2C] + RowWriter.encoded(name, format, separator) + [0x3A]
    }
    isOneNumber = task == .regression && names.count == 1 && format != .f32
    ends = (prefixes[0], format == .ndjson ? [0x7D, 0x0A] : [0x0A])
  }

  private static func encoded(_ text: [UInt8], _ format: RowFormat, _ separator: UInt8) -> [UInt8] {
    var buffer = TextBuffer(capacity: 64)
    if format == .ndjson {
      buffer.append(jsonString: text.span)
    } else {
      buffer.append(csvField: text.span, delimiter: separator)
    }
    return buffer.bytes.copied()
  }

  /// Appends the header, which JSON does not have.
  func appendHeader(kept: [[UInt8]], to text: inout TextBuffer) {
    if format == .ndjson || format == .f32 { return }
    for (index, name) in (kept + names).enumerated() {
      if index > 0 { text.append(separator) }
      text.append(csvField: name.span, delimiter: separator)
    }
    text.append(0x0A as UInt8)
  }

  /// What a kept field is in JSON.
  enum KeptKind {
    /// There is no value.
    case null
    /// A number, true or false of a JSON input: it stays as it was written.
    case literal
    /// A string of a JSON input, or a field of delimited text, which stays as it was written.
    case string
  }

  /// Appends a field of the input that is kept, with what stands before it.
  func appendKept(
    _ field: Span<UInt8>, name: [UInt8], isFirst: Bool, kind: KeptKind, to text: inout TextBuffer
  ) {
    guard format == .ndjson else {
      if !isFirst { text.append(separator) }
      text.append(csvField: field, delimiter: separator)
      return
    }
    text.append(isFirst ? 0x7B : 0x2C as UInt8)
    text.append(jsonString: name.span)
    text.append(0x3A as UInt8)
    switch kind {
    case .null: text.append("null")
    case .literal: text.append(field)
    case .string: text.append(jsonString: field)
    }
  }

  /// Appends the answer of a row behind its kept fields.
  ///
  /// - Parameters:
  ///   - session: Where the answer is.
  ///   - slot: The row's place in the session.
  ///   - probabilities: One place for each class.
  ///   - explanations: The local models, if ``termCount`` is not 0.
  ///   - text: Where to append.
  func append(
    _ session: inout Session, slot: Int, probabilities: inout [Float],
    explanations: [Explanation], to text: inout TextBuffer
  ) {
    if format == .f32 {
      appendFloats(&session, slot: slot, probabilities: &probabilities, to: &text)
      return
    }
    var column = 0
    if task == .regression {
      for output in 0..<outputCount {
        appendPrefix(&column, to: &text)
        text.append(session.value(slot, output: output), as: readings[output])
      }
    } else {
      appendPrefix(&column, to: &text)
      let classText = classTexts[session.predictedClass(slot)]
      text.append(classText.span)
    }
    if let deviations {
      for deviation in deviations[session.expert(slot)] {
        appendPrefix(&column, to: &text)
        text.append(shortestSingle(deviation))
      }
    }
    if writesProbabilities {
      var span = probabilities.mutableSpan
      session.probabilities(slot, into: &span)
      for index in probabilities.indices {
        appendPrefix(&column, to: &text)
        text.append(probabilities[index])
      }
    }
    if explains { appendRoute(session, slot, &column, to: &text) }
    for explanation in explanations {
      appendExplanation(explanation, session.model, &column, to: &text)
    }
    appendEnd(to: &text)
  }

  /// Appends the answer of a row as numbers: values or the index of the class, then deviations,
  /// then probabilities.
  private func appendFloats(
    _ session: inout Session, slot: Int, probabilities: inout [Float], to text: inout TextBuffer
  ) {
    if task == .regression {
      for output in 0..<outputCount { text.append(float32: session.value(slot, output: output)) }
    } else {
      text.append(float32: Float(session.predictedClass(slot)))
    }
    if let deviations {
      for deviation in deviations[session.expert(slot)] { text.append(float32: Float(deviation)) }
    }
    if writesProbabilities {
      var places = probabilities.mutableSpan
      session.probabilities(slot, into: &places)
      for index in places.indices { text.append(float32: places[index]) }
    }
  }

  /// Appends an answer that is one number, behind its kept fields.
  func append(_ value: Float, to text: inout TextBuffer) {
    guard readings[0].isRelative else {
      text.append(value, after: ends.prefix, before: ends.suffix)
      return
    }
    text.append(ends.prefix.span)
    text.append(value, as: readings[0])
    text.append(ends.suffix.span)
  }

  private func appendRoute(
    _ session: borrowing Session, _ slot: Int, _ column: inout Int, to text: inout TextBuffer
  ) {
    appendPrefix(&column, to: &text)
    text.append(session.expert(slot))
    appendPrefix(&column, to: &text)
    let margin = session.margin(slot)
    if format == .ndjson { text.append(jsonNumber: margin) } else { text.append(margin) }
    appendPrefix(&column, to: &text)
    if let runnerUp = session.runnerUp(slot) {
      text.append(runnerUp)
    } else if format == .ndjson {
      text.append("null")
    }
  }

  /// Appends empty answers behind the kept fields.
  func appendNull(to text: inout TextBuffer) {
    if format == .f32 {
      for _ in names { text.append(float32: .nan) }
      return
    }
    var column = 0
    while column < names.count {
      appendPrefix(&column, to: &text)
      if format == .ndjson { text.append("null") }
    }
    appendEnd(to: &text)
  }

  func appendPrefix(_ column: inout Int, to text: inout TextBuffer) {
    let prefix = prefixes[column]
    text.append(prefix.span)
    column += 1
  }

  private func appendEnd(to text: inout TextBuffer) {
    if format == .ndjson { text.append(0x7D as UInt8) }
    text.append(0x0A as UInt8)
  }
}
