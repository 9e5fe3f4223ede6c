// Make.swift: a workload's files: models for Postern, raw numbers for everybody else.
//
// Step: workload → [files] → contenders.

import Foundation
import PosternPackaging
import PosternStorage

/// Writes what contenders read.
enum Make {
  /// Rows in the file of inputs.
  static let rowCount = 16_384

  /// Writes `NAME.ELEMENTS.moe` for each element type, `NAME.rows.f32`, `NAME.router.f32` (weights of
  /// shape `(experts, inputs)`, then biases), `NAME.experts.f32` (for each expert and layer the
  /// weights of shape `(inputs, outputs)`, then biases) and last `NAME.json`, the shape.
  static func files(_ workload: Workload, in folder: String) throws {
    let path = folder + "/" + workload.name
    var numbers = SeededNumbers(seed: 20_260_727)
    var model = workload.description(&numbers)
    let rows = workload.rows(rowCount, &numbers)
    try replaceFile(
      at: path + ".rows.f32", with: littleEndianBytes(workload.withoutRepeats(rows, model)))
    if !workload.isTable { try dump(model, path) }
    for type in workload.elementTypes {
      for expert in model.experts.indices { model.experts[expert].elementType = type }
      try replaceFile(at: "\(path).\(type).moe", with: try model.encoded(profile: .map))
    }
    let widths = workload.widths.map(String.init).joined(separator: ", ")
    let elements = workload.elementTypes.map { "\"\($0)\"" }.joined(separator: ", ")
    let text = """
      {"inputs": \(workload.inputCount), "experts": \(workload.expertCount), "widths": [\(widths)],
       "features": \(workload.featureCount), "rows": \(rowCount), "elements": [\(elements)]}

      """
    try replaceFile(at: path + ".json", with: Array(text.utf8))
  }

  private static func dump(_ model: ModelDescription, _ path: String) throws {
    if case .flat(let node) = model.router {
      try replaceFile(
        at: path + ".router.f32", with: littleEndianBytes(node.weights + node.bias))
    }
    let isCreated = FileManager.default.createFile(
      atPath: path + ".experts.f32", contents: nil)
    guard isCreated, let file = FileHandle(forWritingAtPath: path + ".experts.f32") else {
      throw SpeedError.text("cannot write \(path).experts.f32")
    }
    for expert in model.experts {
      for layer in expert.layers {
        try file.write(contentsOf: Data(littleEndianBytes(layer.weights + layer.bias)))
      }
    }
    try file.close()
  }
}
