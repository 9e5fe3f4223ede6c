// RowWriter+Explanation.swift: local linear models to text.
//
// Step: explanation → [text] → standard output.

internal import PosternData
internal import PosternFormat

extension RowWriter {
  /// The names of the columns for local models: in JSON one object for each, else an intercept and
  /// three columns for each term. Of several targets each has its own, named after it.
  static func explanationNames(
    _ model: ModelView, _ format: RowFormat, _ termCount: Int
  ) -> [[UInt8]] {
    if termCount == 0 { return [] }
    let parts =
      ["intercept"]
      + (1...termCount).flatMap {
        ["explain.\($0).name", "explain.\($0).slope", "explain.\($0).value"]
      }
    let names = (format == .ndjson ? ["explain"] : parts).map { Array($0.utf8) }
    let targetCount = model.header.task == .regression ? model.header.outputCount : 1
    if targetCount == 1 { return names }
    return (0..<targetCount).flatMap { target in
      names.map { $0 + [UInt8(ascii: ".")] + model.schema.targetName(target).copied() }
    }
  }

  /// Appends one local model.
  func appendExplanation(
    _ explanation: Explanation, _ model: ModelView, _ column: inout Int, to text: inout TextBuffer
  ) {
    appendPrefix(&column, to: &text)
    if format == .ndjson {
      text.append("{\"intercept\":")
      append(explanation.intercept, to: &text)
      text.append(",\"terms\":[")
      for (index, term) in explanation.terms.enumerated() {
        if index > 0 { text.append(0x2C as UInt8) }
        appendObject(term, model, to: &text)
      }
      text.append("]}")
      return
    }
    append(explanation.intercept, to: &text)
    for term in explanation.terms {
      appendPrefix(&column, to: &text)
      text.append(csvField: name(of: term, model).span, delimiter: separator)
      appendPrefix(&column, to: &text)
      append(term.slope, to: &text)
      appendPrefix(&column, to: &text)
      text.append(term.value, as: term.reading)
    }
  }

  /// Appends a number, a Float's with a Float's digits; what is not finite is null in JSON.
  private func append(_ value: Double, to text: inout TextBuffer) {
    if format == .ndjson && !value.isFinite {
      text.append("null")
    } else if decimalValue(of: Float(value)) == value {
      text.append(Float(value))
    } else {
      text.append(value)
    }
  }

  private func name(of term: ExplanationTerm, _ model: ModelView) -> [UInt8] {
    let name = model.schema.columnName(term.column).copied()
    return switch term.content {
    case .number: name
    case .category(let code):
      name + [UInt8(ascii: "=")] + model.schema.category(code, ofColumn: term.column).copied()
    case .unknown: name + Array("=(unknown)".utf8)
    case .missing: name + Array("=(missing)".utf8)
    }
  }

  private func appendObject(
    _ term: ExplanationTerm, _ model: ModelView, to text: inout TextBuffer
  ) {
    text.append("{\"column\":")
    text.append(jsonString: model.schema.columnName(term.column))
    switch term.content {
    case .number: break
    case .category(let code):
      text.append(",\"category\":")
      text.append(jsonString: model.schema.category(code, ofColumn: term.column))
    case .unknown: text.append(",\"unknown\":true")
    case .missing: text.append(",\"missing\":true")
    }
    text.append(",\"slope\":")
    append(term.slope, to: &text)
    text.append(",\"value\":")
    text.append(term.value, as: term.reading)
    text.append(0x7D as UInt8)
  }
}
