// RowExplainer.swift: the local linear model of each answer.
//
// Step: row, prediction → [explanation] → text.

internal import PosternData
internal import PosternFormat
internal import PosternRuntime
internal import Synchronization

/// One term of a local linear model.
struct ExplanationTerm: Equatable {
  /// The column's place in the row.
  var column: Int
  var content: LocalColumn.Content
  /// By the unit of the text; a Float's number where that is in its range.
  var slope: Double
  /// What the slope is multiplied by: the number as a value of the row, 1 for anything else.
  var value: Float
  /// What the value is in the text.
  var reading: NumberReading
}

/// A local linear model: intercept + sum of slope x value is the prediction, as they are written.
struct Explanation: Equatable {
  var intercept: Double
  var terms: [ExplanationTerm]
}

/// The unpacked experts of a model, shared by all threads; each is unpacked at its first use.
final class LocalExperts: Sendable {
  private let experts = Mutex<[Int: LocalExpert]>([:])

  /// - Throws: What is wrong with the expert.
  func expert(_ index: Int, _ model: ModelView) throws(FormatError) -> LocalExpert {
    if let expert = experts.withLock({ $0[index] }) { return expert }
    let expert = try LocalExpert(model, index)
    experts.withLock { $0[index] = expert }
    return expert
  }
}

/// Explains one row after the other.
struct RowExplainer {
  private let termCount: Int
  private let experts: LocalExperts
  private let readings: [NumberReading]
  private let targets: [NumberReading]
  private var inputs: LocalInputs
  private var slopes: [Double]

  init(_ model: ModelView, termCount: Int, _ experts: LocalExperts) {
    self.termCount = termCount
    self.experts = experts
    let input = ModelInput(model)
    readings = input.columns.map(\.reading)
    targets = input.targets
    inputs = LocalInputs(model)
    slopes = [Double](repeating: 0, count: inputs.columns.count)
  }

  /// Explains an answered row.
  ///
  /// - Parameters:
  ///   - row: The row's values as the session was given them.
  ///   - session: Where the answer is.
  ///   - slot: The row's place in the session.
  /// - Returns: For a regression one local model for each target, else one for the margin of the
  ///   predicted class.
  /// - Throws: What is wrong with an expert.
  /// - Complexity: O(*weights in use*).
  mutating func explain(
    _ row: Span<Float>, _ session: borrowing Session, slot: Int
  ) throws(FormatError) -> [Explanation] {
    let model = session.model
    inputs.load(row, model)
    var parts: [(expert: LocalExpert, trace: LocalExpert.Trace, factor: Double)] = []
    let routed = try experts.expert(session.expert(slot), model)
    parts.append((routed, routed.trace(inputs), Double(session.gateFactor(slot))))
    if model.header.hasSharedExpert {
      let shared = try experts.expert(model.header.expertCount, model)
      parts.append((shared, shared.trace(inputs), 1))
    }
    return directions(session, slot).enumerated().map { index, signs in
      let target = targets.isEmpty ? NumberReading() : targets[index]
      var value = 0.0
      var direction = [Double](repeating: 0, count: model.header.outputCount)
      for (output, sign) in signs {
        let sum = parts.reduce(0) { $0 + $1.factor * $1.trace.outputs[output] }
        let scale = Double(model.head.scale(output))
        let raw = sum * scale + Double(model.head.offset(output))
        let low = Double(model.head.low(output))
        let high = Double(model.head.high(output))
        // What was predicted, also where rounded weights and activations answer a little otherwise.
        value += sign * decimalValue(of: session.value(slot, output: output), as: target)
        if raw >= low && raw <= high { direction[output] = sign * scale }
      }
      for place in slopes.indices { slopes[place] = 0 }
      for part in parts {
        let scaled = direction.map { $0 * part.factor }
        part.expert.addSlopes(of: scaled, at: inputs, part.trace, model, to: &slopes)
      }
      return explanation(of: value, target)
    }
  }

  /// What is explained: outputs, each with the factor that it is taken with.
  private func directions(
    _ session: borrowing Session, _ slot: Int
  ) -> [[(output: Int, sign: Double)]] {
    switch session.model.header.task {
    case .regression: return (0..<session.model.header.outputCount).map { [($0, 1)] }
    case .binary: return [[(0, session.predictedClass(slot) == 1 ? 1 : -1)]]
    case .multiclass:
      let best = session.predictedClass(slot)
      var next = best == 0 ? 1 : 0
      for output in 0..<session.model.header.outputCount where output != best {
        if session.value(slot, output: output) > session.value(slot, output: next) { next = output }
      }
      return [[(best, 1), (next, -1)]]
    }
  }

  /// The largest terms, and an intercept that holds the rest of `value`.
  private func explanation(of value: Double, _ target: NumberReading) -> Explanation {
    let weights = slopes.indices.map { place in
      let column = inputs.columns[place]
      if case .number = column.content { return slopes[place].magnitude * column.deviation }
      return slopes[place].magnitude
    }
    // Equal weights stay in the order of the columns.
    let order = slopes.indices.sorted { (weights[$1], $0) < (weights[$0], $1) }
    var result = Explanation(intercept: 0, terms: [])
    var rest = ExactSum(value)
    for place in order.prefix(termCount) {
      let column = inputs.columns[place]
      var term = ExplanationTerm(
        column: column.index, content: column.content, slope: target.difference(slopes[place]),
        value: 1, reading: NumberReading())
      if case .number(let number, _) = column.content {
        term.value = number
        term.reading = readings[column.index]
        term.slope = Double(
          sign: .plus, exponent: -term.reading.origin.exponent, significand: term.slope)
      }
      // Few digits, and what is written is what is multiplied.
      let short = Float(term.slope)
      if short.isNormal || short == 0 && term.slope == 0 { term.slope = decimalValue(of: short) }
      rest.subtract(term.slope, times: decimalValue(of: term.value, as: term.reading))
      result.terms.append(term)
    }
    result.intercept = rest.value
    return result
  }
}

/// A sum in twice the precision of binary64, so that an intercept is what is left of large terms.
private struct ExactSum {
  private var high: Double
  private var low = 0.0

  init(_ value: Double) { high = value }

  /// The sum, rounded.
  var value: Double { high + low }

  /// Subtracts a product, which is taken exactly.
  mutating func subtract(_ left: Double, times right: Double) {
    let product = left * right
    add(-product)
    low -= (-product).addingProduct(left, right)
  }

  private mutating func add(_ value: Double) {
    let sum = high + value
    let part = sum - high
    low += (high - (sum - part)) + (value - part)
    high = sum
  }
}
