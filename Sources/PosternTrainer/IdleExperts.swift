// IdleExperts.swift: experts that no row meets, and copies of one, do not get into the file.
//
// Step: mixture → [fewer experts] → model value.   Specification: formats/model.md, section 9.3.

import PosternPackaging

extension ModelDescription {
  /// Takes the experts away that the routing histogram has no row of, with their router rows; a
  /// group without any goes as a whole. Every training row keeps its expert.
  ///
  /// Gate probabilities have all experts in them, so that a model that scales by them stays whole.
  mutating func removeIdleExperts() {
    let traffic = ancillary.routingHistogram
    let gone = Set(traffic.indices.filter { traffic[$0] == 0 })
    guard gateScale == .none, !gone.isEmpty, gone.count < traffic.count else { return }
    let groups = router.groups
    let kept = traffic.indices.filter { !gone.contains($0) }
    router = router.removing(gone)
    experts = kept.map { experts[$0] }
    ancillary.routingHistogram = kept.map { traffic[$0] }
    ancillary.routerParameters =
      kept.count > 1 ? ancillary.routerParameters?.removing(gone, groups: groups) : nil
  }

  /// Makes one expert of several that are all the same, as copies are that training left alone: no
  /// answer changes.
  mutating func mergeEqualExperts() {
    guard gateScale == .none, experts.count > 1, experts.allSatisfy({ $0 == experts[0] }) else {
      return
    }
    let featureCount = columns.reduce(0) { $0 + $1.featureCount }
    router = TrainableRouter.single(featureCount: featureCount).serving
    experts = [experts[0]]
    ancillary.routingHistogram = [ancillary.routingHistogram.reduce(0, +)]
    ancillary.routerParameters = nil
  }
}
