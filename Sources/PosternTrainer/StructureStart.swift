// StructureStart.swift: a router that starts from the experts that the structure search found.
//
// Step: structure search → [router] → mixture.

import PosternPackaging
import PosternRuntime

/// What is known about the experts before any is trained: the rows of each.
struct ExpertStart: Equatable, Sendable {
  /// Training rows of each expert, none empty.
  var cells: [[Int32]]
  /// The features that tell them apart.
  var features: [Int]
}

extension TrainableRouter {
  /// A flat router that gives each row to the expert whose rows are the most like it.
  ///
  /// A linear router starts as Fisher's discriminant of the cells, `m W⁻¹ x - m W⁻¹ m / 2 + log n`
  /// with means `m`, the covariance `W` within cells and their sizes `n`; the other kinds start
  /// from the means.
  init(
    startingFrom start: ExpertStart, data: EncodedRows, shape: RouterShape, confidence: Double
  ) {
    precondition(shape.inner == nil && shape.expertCount == start.cells.count)
    self.init(shape, featureCount: data.featureCount)
    guard expertCount > 1 else { return }
    let form = forms[0]
    func points(_ cell: [Int32], _ features: [Int]) -> StructurePoints {
      StructurePoints(
        count: cell.count, dimension: features.count,
        values: cell.flatMap { row in
          features.map { Double(data.features[Int(row) * data.featureStride + $0]) }
        })
    }
    let isLinear = form.kind == .linear
    let features = isLinear ? start.features : Array(0..<featureCount)
    if !isLinear {
      for (child, cell) in start.cells.enumerated() {
        for feature in features {
          let sum = cell.reduce(0) {
            $0 + Double(data.features[Int($1) * data.featureStride + feature])
          }
          parameters[form.weight(child, feature)] = Float(sum / Double(cell.count))
        }
      }
    } else {
      let groups = start.cells.map { cell in
        PointGroup((0..<Int32(cell.count)).map { $0 }, of: points(cell, features))
      }
      let factor = Cholesky(
        nearlySingular: PointGroup.covariance(within: groups), size: features.count)
      for (child, group) in groups.enumerated() {
        let mean = group.mean
        let weights = factor.solve(mean)
        for (axis, feature) in features.enumerated() {
          parameters[form.weight(child, feature)] = Float(weights[axis])
        }
        let square = zip(weights, mean).reduce(0) { $0 + $1.0 * $1.1 }
        parameters[form.place.bias + child] = Float(Elementary.log(group.count) - square / 2)
      }
    }
    sharpen(node: 0, for: data, confidence: confidence)
  }
}
