// ModelUpdate+Ancillary.swift: what the file says about parts that are new.
//
// Step: update → [sections that change no prediction] → file.
// Specification: formats/model.md, sections 8.1 and 8.7.

import PosternFormat
import PosternPackaging

extension ModelUpdate {
  /// The deviations with those of the updated experts in them, and what a new router was trained
  /// as, where the file has such sections. One that is compressed cannot be carried on and goes.
  func ancillary(_ model: ModelView) throws(UpdateError) -> [SectionReplacement] {
    var sections: [SectionReplacement] = []
    if model.entry(.routerParameters) != nil, report.router != nil || experts != nil {
      sections.append(SectionReplacement(.routerParameters, routerParameters))
    }
    guard model.entry(.deviations) != nil, !deviations.isEmpty || experts != nil else {
      return sections
    }
    let originals = experts?.sources.map(\.original) ?? Array(0..<model.header.expertCount)
    do throws(FormatError) {
      guard let view = try model.deviations() else {
        return sections + [SectionReplacement(.deviations, nil)]
      }
      var bytes: [UInt8] = []
      for (expert, original) in originals.enumerated() {
        for output in 0..<model.header.outputCount {
          let value =
            deviations[expert]?[output] ?? view.deviation(ofExpert: original, output: output)
          for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
          }
        }
      }
      sections.append(SectionReplacement(.deviations, bytes))
    } catch {
      throw .damaged(error)
    }
    return sections
  }
}
