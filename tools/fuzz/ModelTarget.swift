// ModelTarget.swift: any bytes as a model: refused by a rule, or predicting.
//
// A crash, an overrun, a hang, or two ways to the same prediction that differ, are findings.

import PosternFormat
import PosternRuntime
import PosternStorage

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  let bytes = Span(_unsafeStart: data, count: size)
  do throws(FormatError) {
    try examine(bytes)
  } catch {
    // What a message is made of.
    precondition(error.rule.rawValue >= 1 && error.rule.rawValue <= 33)
  }
  return 0
}

/// What a tool does with a file: open, look at names, check every expert, predict.
private func examine(_ bytes: Span<UInt8>) throws(FormatError) {
  let model = try ModelView(validating: bytes)
  visitNames(model)
  visitInput(model)
  var damage: FormatError?
  for number in 0..<model.header.sectionCount {
    let entry = model.entry(number)
    guard !entry.isCritical, entry.encoding == .raw else { continue }
    _ = try model.checkedSection(entry)
  }
  try visitAncillary(model)
  for expert in 0..<model.expertSectionCount {
    guard model.expertEntry(expert).decodedByteCount <= 1 << 20 else { return }
    do throws(FormatError) {
      let decoded = try decodedExpert(model, expert)
      precondition(decoded.count == Int(model.expertEntry(expert).decodedByteCount))
    } catch {
      damage = damage ?? error
    }
  }
  guard model.header.workspaceByteCount(rowCapacity: rowCount) <= 1 << 22 else { return }
  // A damaged expert is refused at its first use and not before; the others still answer.
  let best = KernelSet.current
  let batch = try predict(model, capacity: rowCount)
  KernelSet.portable.select()
  defer { best.select() }
  let single = try predict(model, capacity: 1)
  guard batch == single else { fatalError("a batch and single rows differ") }
  if let damage { throw damage }
}

private let rowCount = 5

private func visitNames(_ model: ModelView) {
  let schema = model.schema
  var sum = 0
  for column in 0..<model.header.columnCount {
    sum += schema.columnName(column).count
    for code in 0..<schema.categoryCount(ofColumn: column) {
      let category = schema.category(code, ofColumn: column)
      guard schema.code(of: category, inColumn: column) == code else {
        fatalError("a category is not found")
      }
    }
  }
  precondition(sum >= 0)
}

/// Reads everything that R33 vouches for.
private func visitInput(_ model: ModelView) {
  guard let input = model.input else { return }
  var byteCount = 0
  for column in 0..<model.header.columnCount {
    byteCount += input.unit(ofColumn: column).count
    let values: [Double] = [0, -1e308, 1.7e308, 0x1p-1074, .infinity]
    for value in values where input.number(ofColumn: column).rowValue(value).isNaN {
      guard value.isInfinite else { fatalError("a difference that is not a number") }
    }
    precondition((input.source(ofColumn: column) == nil) == (input.part(ofColumn: column) == nil))
    if let source = input.source(ofColumn: column) {
      guard source < input.sourceCount else { fatalError("a source that is none") }
    }
  }
  for target in 0..<model.schema.targetCount { byteCount += input.unit(ofTarget: target).count }
  for source in 0..<input.sourceCount {
    byteCount += input.sourceName(source).count
    _ = CalendarTime(input.sourceName(source), form: input.sourceForm(source))
  }
  for token in 0..<input.tokenCount { byteCount += input.token(token).count }
  for token in 0..<input.numberTokenCount { byteCount += input.numberToken(token).count }
  precondition(byteCount >= 0)
}

/// Reads every number that R32 vouches for.
private func visitAncillary(_ model: ModelView) throws(FormatError) {
  if let view = try model.routerParameters() {
    var offset = view.offset(ofNode: 0)
    for node in 0..<view.nodeCount {
      precondition(offset == view.offset(ofNode: node))
      for _ in 0..<view.childCount(ofNode: node) * (model.header.featureCount + 2) {
        guard view.float(at: offset).isFinite else { fatalError("a parameter is not finite") }
        offset += 4
      }
    }
    precondition((view.innerKind == nil) == (model.header.groupCount == 0))
  }
  if let view = try model.deviations() {
    for expert in 0..<model.header.expertCount {
      for output in 0..<model.header.outputCount {
        guard view.deviation(ofExpert: expert, output: output) >= 0 else {
          fatalError("a deviation that is none")
        }
      }
    }
  }
}

/// The values of a row: ordinary, missing, infinite, codes inside and outside of a column.
private func row(_ number: Int, _ model: ModelView) -> [Float] {
  let values: [Float] = [0, 1, .nan, 0.5, -1.25, 2, 1e30, -0.0, 3, .infinity, -3e-38, 65_536]
  return (0..<model.header.columnCount).map { column in
    number == 0 ? 0 : number == 1 ? .nan : values[(column * 5 + number * 7) % values.count]
  }
}

/// The bits of everything that a session says about each row.
private func predict(_ model: ModelView, capacity: Int) throws(FormatError) -> [UInt32] {
  var words = [UInt32](
    repeating: 0, count: model.header.workspaceByteCount(rowCapacity: capacity) / 4)
  var cacheWords = [UInt32](repeating: 0, count: ExpertCache.byteCount(model, slotCount: 1) / 4)
  let workspace = words.mutableSpan
  let cache = cacheWords.mutableSpan
  var predictor: Predictor
  do throws(PredictorError) {
    predictor = try Predictor(
      model: model, rowCapacity: capacity, workspace: workspace, cache: cache)
  } catch {
    fatalError("memory of the stated size is not enough: \(error)")
  }
  var answers: [UInt32] = []
  var first = 0
  while first < rowCount {
    let count = min(capacity, rowCount - first)
    for slot in 0..<count {
      let values = row(first + slot, model)
      if model.input != nil {
        // As far from the origins as from zero.
        let wide = values.map { Double($0) }
        predictor.session.load(binary64: wide.span, at: slot)
      } else {
        predictor.session.load(values.span, at: slot)
      }
    }
    try predictor.predict(count: count, explaining: true)
    for slot in 0..<count {
      if let refusal = predictor.session.status(slot).refusal {
        answers.append(UInt32(refusal.rawValue))
        continue
      }
      answers.append(UInt32(predictor.session.expert(slot)))
      answers.append(predictor.session.margin(slot).bitPattern)
      answers.append(UInt32(predictor.session.runnerUp(slot) ?? 0xFFFF_FFFF))
      for output in 0..<model.header.outputCount {
        let value = predictor.session.value(slot, output: output)
        guard value.isFinite else { fatalError("a prediction is not finite") }
        if model.header.task == .regression {
          let answer = predictor.session.prediction(slot, output: output)
          guard answer.isFinite else { fatalError("an answer is not finite") }
        }
        answers.append(value.bitPattern)
      }
      guard model.header.task != .regression else { continue }
      let classes = model.header.task == .binary ? 2 : model.header.outputCount
      guard (0..<classes).contains(predictor.session.predictedClass(slot)) else {
        fatalError("a class that is none")
      }
      var numbers = [Float](repeating: 0, count: classes)
      var probabilities = numbers.mutableSpan
      predictor.session.probabilities(slot, into: &probabilities)
      answers += numbers.map(\.bitPattern)
    }
    first += count
  }
  return answers
}
