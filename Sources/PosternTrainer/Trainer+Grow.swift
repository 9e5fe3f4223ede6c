// Trainer+Grow.swift: new experts for a model file, one after the other.
//
// Step: model, rows → [one new expert]* → sections → file.

import PosternFormat
import PosternPackaging

/// Experts that a model may have. Specification: formats/model.md, section 5.
private let expertLimit = 1 << 16

extension Trainer {
  /// Refuses models that cannot grow.
  static func checkGrowth(_ model: ModelView, _ wanted: Int) throws(UpdateError) {
    let count = model.header.expertCount
    guard wanted >= 1 && wanted <= expertLimit - count else {
      throw .wrongGrowth(wanted, expertCount: count)
    }
    try checkShapes(0..<count, model)
    // A gate is a share among all experts, or the score of a router that was trained as one.
    if model.header.gateScale != .none { throw .unsupportedModel(.gateScale) }
  }

  /// Adds `count` experts, each to the model with those before it, until one does not help.
  static func grow(
    _ model: ModelView, by count: Int, with table: TrainingTable, validation: TrainingTable?,
    options: UpdateOptions, decoded: (_ expert: Int) throws(FormatError) -> [UInt8],
    progress: @escaping (TrainingProgress) -> Bool
  ) throws(UpdateError) -> ModelUpdate {
    try checkGrowth(model, count)
    var single = options
    single.part = .grow(1)
    var update = try Trainer.update(
      model, with: table, validation: validation, options: single, decoded: decoded,
      progress: progress)
    while update.report.growth.count < count, !update.report.stoppedEarly,
      update.report.growth.last?.trial.isUpdated == true, let experts = update.experts
    {
      let bytes: [UInt8]
      do throws(PackagingError) {
        bytes = try update.applied(to: model)
      } catch {
        throw .unservable(error)
      }
      func section(_ expert: Int) throws(FormatError) -> [UInt8] {
        guard expert < experts.sources.count else { return try decoded(model.header.expertCount) }
        switch experts.sources[expert] {
        case .kept(let index): return try decoded(index)
        case .added(let section, _): return section
        }
      }
      let next: ModelUpdate
      do {
        next = try Trainer.update(
          ModelView(validating: bytes.span), with: table, validation: validation, options: single,
          decoded: section, progress: progress)
      } catch let error as UpdateError {
        throw error
      } catch let error as FormatError {
        throw .damaged(error)
      } catch {
        preconditionFailure("nothing else is thrown")
      }
      update = update.followed(by: next)
    }
    return update
  }
}

extension ModelUpdate {
  /// This growth and then `next`, which is one of the model with this.
  fileprivate func followed(by next: ModelUpdate) -> ModelUpdate {
    var both = self
    both.report.growth += next.report.growth
    both.report.stoppedEarly = next.report.stoppedEarly
    guard next.report.isUpdated, let own = experts, let new = next.experts else { return both }
    both.report.expertTraffic = next.report.expertTraffic
    both.replacements.removeAll { old in next.replacements.contains { $0.kind == old.kind } }
    both.replacements += next.replacements
    both.experts = ExpertReplacement(
      sources: new.sources.map { source in
        switch source {
        case .kept(let index): own.sources[index]
        case .added(let section, like: let index):
          .added(section, like: own.sources[index].original)
        }
      }, router: new.router)
    return both
  }
}
