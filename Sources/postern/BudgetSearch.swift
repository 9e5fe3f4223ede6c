// BudgetSearch.swift: measures models of many shapes and finds those that fit a budget.
//
// Step: table → [search] → plan.

internal import PosternFormat
internal import PosternPackaging
internal import PosternTrainer

/// Finds the best shape within a budget, with as few models encoded as need be.
struct BudgetSearch {
  typealias Outline = (binCount: Int, outline: ModelOutline)

  /// Bins and hidden widths.
  struct Shape: Hashable {
    /// The index of an outline.
    var outline: Int
    var widths: [Int]
  }

  let outlines: [Outline]
  let budget: Budget
  let rowCapacity: Int
  let kind: RouterParameters.Kind
  let provenanceByteCount: Int
  private(set) var measuredCount = 0
  /// Models of one expert: less than what any number of experts takes.
  private var single: [SingleKey: (sizes: BudgetSizes, expertByteCount: Int)] = [:]

  private struct SingleKey: Hashable {
    var shape: Shape
    var type: Expert.ElementType
  }

  init(
    outlines: [Outline], budget: Budget, rowCapacity: Int, kind: RouterParameters.Kind,
    provenanceByteCount: Int
  ) {
    self.outlines = outlines
    self.budget = budget
    self.rowCapacity = rowCapacity
    self.kind = kind
    self.provenanceByteCount = provenanceByteCount
  }

  /// The best shape of `expertCount` experts in each element type that is within the budget and the
  /// bound; a shape that fits in more bits is not there in fewer.
  mutating func candidates(expertCount: Int) throws -> [BudgetCandidate] {
    var shapes: [(shape: Shape, capacity: Double)] = []
    for index in outlines.indices {
      let (binCount, outline) = outlines[index]
      for widths in BudgetPlan.widths
      where outline.complexity(expertCount: expertCount, widths: widths)
        <= max(outline.trainingRowCount, 1)
      {
        shapes.append(
          (
            Shape(outline: index, widths: widths),
            outline.capacity(widths: widths, binCount: binCount)
          ))
      }
    }
    // What promises most comes first, so that most shapes need not be encoded.
    shapes.sort { $0.capacity > $1.capacity }
    var found: [BudgetCandidate] = []
    for type in Expert.ElementType.byBits {
      if let best = try best(of: shapes.map(\.shape), expertCount: expertCount, type) {
        // The shapes that are left to try in fewer bits are larger ones.
        shapes.removeSubrange(best.position...)
        found.append(best.candidate)
      }
    }
    return found
  }

  private mutating func best(
    of shapes: [Shape], expertCount: Int, _ type: Expert.ElementType
  ) throws -> (position: Int, candidate: BudgetCandidate)? {
    for (position, shape) in shapes.enumerated() {
      let (_, outline) = outlines[shape.outline]
      let parameters = expertCount * outline.parameterCount(widths: shape.widths)
      guard 4 * parameters <= 1 << 26, parameters / 16 * type.bitCount <= budget[.flash] ?? .max,
        try couldFit(shape, expertCount: expertCount, type)
      else { continue }
      let candidate = try measure(shape, expertCount: expertCount, type)
      if budget.overruns(candidate.sizes).isEmpty { return (position, candidate) }
    }
    return nil
  }

  /// Whether not even one expert, or the experts alone, exceed the budget.
  private mutating func couldFit(
    _ shape: Shape, expertCount: Int, _ type: Expert.ElementType
  ) throws -> Bool {
    // Work is the same in every type.
    if let work = single[SingleKey(shape: shape, type: .f32)]?.sizes.rowMacCount,
      work > budget[.macs] ?? .max
    {
      return false
    }
    let key = SingleKey(shape: shape, type: type)
    if single[key] == nil { _ = try measure(shape, expertCount: 1, type) }
    guard let one = single[key] else { return false }
    var least = one.sizes
    least.fileByteCount += (expertCount - 1) * one.expertByteCount
    return budget.overruns(least).isEmpty
  }

  /// Encodes an untrained model, which is as long as a trained one.
  mutating func measure(
    _ shape: Shape, expertCount: Int, _ type: Expert.ElementType
  ) throws -> BudgetCandidate {
    let (binCount, outline) = outlines[shape.outline]
    let known = expertCount == 1 ? single[SingleKey(shape: shape, type: type)]?.sizes : nil
    let sizes = try known ?? encodedSizes(shape, expertCount: expertCount, type)
    return BudgetCandidate(
      expertCount: expertCount, widths: shape.widths, binCount: binCount, elementType: type,
      sizes: sizes,
      activeParameterCount: outline.parameterCount(widths: shape.widths),
      complexity: outline.complexity(expertCount: expertCount, widths: shape.widths),
      promise: outline.promise(
        expertCount: expertCount, widths: shape.widths, binCount: binCount, type))
  }

  private mutating func encodedSizes(
    _ shape: Shape, expertCount: Int, _ type: Expert.ElementType
  ) throws -> BudgetSizes {
    measuredCount += 1
    let (_, outline) = outlines[shape.outline]
    var description = try outline.description(
      expertCount: expertCount, widths: shape.widths, kind: kind)
    for expert in description.experts.indices { description.experts[expert].elementType = type }
    let rowWordCount = description.columns.count + 1 + outline.outputCount
    description.ancillary.selfTest = [UInt8](
      repeating: 0, count: 16 + 4 * rowWordCount * min(8, expertCount))
    description.ancillary.provenance =
      Array("{}".utf8) + [UInt8](repeating: 0x20, count: provenanceByteCount)
    let bytes = try description.encoded(profile: .map)
    let sizes = try BudgetSizes(of: bytes, rowCapacity: rowCapacity)
    if expertCount == 1 {
      let model = try ModelView(validating: bytes.span)
      single[SingleKey(shape: shape, type: type)] = (
        sizes, Int(model.expertEntry(0).storedByteCount)
      )
    }
    return sizes
  }
}

extension BudgetSizes {
  /// What the model in `bytes` takes.
  init(of bytes: [UInt8], rowCapacity: Int) throws {
    let model = try ModelView(validating: bytes.span)
    let plan = Plan(model, rowCapacity: rowCapacity)
    self.init(
      fileByteCount: bytes.count,
      ramByteCount: plan.workspaceByteCount + plan.cacheByteCounts.one,
      rowMacCount: plan.rowMacCount)
  }
}
