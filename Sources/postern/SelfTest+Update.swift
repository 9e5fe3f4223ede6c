// SelfTest+Update.swift: the self-test of a model of which a part is new.
//
// Step: updated model → [self-test] → file.   Specification: formats/model.md, section 8.5.

internal import PosternFormat
internal import PosternRuntime
internal import PosternStorage

/// The self-test of an updated model, with the answers that it gives now.
///
/// Rows that other experts answer keep their bytes; these experts are not read. A row that is
/// refused now is left out.
///
/// - Parameters:
///   - model: The updated model, its self-test still the old one.
///   - experts: The experts that are new; nil if the router is, so that any row may be another's.
///   - originals: The old index of each expert, where that is another; a row whose expert only has
///     another index counts as unchanged.
/// - Returns: The bytes of the section, nil for one that cannot be read or has no row left, and how
///   many rows have other bytes than before.
/// - Throws: What is wrong with an expert that is used.
func refreshedSelfTest(
  _ model: ModelView, experts: Set<Int>?, originals: [Int]? = nil
) throws -> (bytes: [UInt8]?, changedRowCount: Int) {
  guard let test = SelfTest(model) else { return (nil, 0) }
  var workspace = [UInt32](repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
  var cache = [UInt32](repeating: 0, count: ExpertCache.byteCount(model, slotCount: 1) / 4)
  var predictor = try Predictor(
    model: model, rowCapacity: 1, workspace: workspace.mutableSpan, cache: cache.mutableSpan)
  var section = SelfTestWriter()
  var changed = 0
  for row in 0..<test.rowCount {
    let values = test.row(row)
    predictor.session.load(values.span, at: 0)
    predictor.session.route(count: 1)
    let isAnswered = predictor.session.status(0).refusal == nil
    if let experts, !isAnswered || !experts.contains(predictor.session.expert(0)) {
      section.append(values, expert: test.expert(row), bits: test.valueBits(row))
      continue
    }
    predictor.session.load(values.span, at: 0)
    try predictor.predict(count: 1)
    guard predictor.session.status(0).refusal == nil else {
      changed += 1
      continue
    }
    let expert = predictor.session.expert(0)
    var bits: [UInt32] = []
    for output in 0..<model.header.outputCount {
      bits.append(predictor.session.value(0, output: output).bitPattern)
    }
    let original = originals?[expert] ?? expert
    if original != test.expert(row) || bits != test.valueBits(row) { changed += 1 }
    section.append(values, expert: expert, bits: bits)
  }
  return (section.bytes, changed)
}
