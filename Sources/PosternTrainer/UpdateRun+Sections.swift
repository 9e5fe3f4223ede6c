// UpdateRun+Sections.swift: sections that follow from a router or from experts that are new.
//
// Step: update → [sections] → file.   Specification: formats/model.md, sections 8.1, 8.4 and 8.7.

import PosternFormat
import PosternPackaging

extension UpdateRun {
  /// Rows of all that is given, by the experts that `router` gives them.
  func traffic(of router: Router) throws(UpdateError) -> [Int] {
    var traffic = [Int](repeating: 0, count: router.groups.reduce(0, +))
    for expert in ServingRouter(router).route(try labelled(rows.table).data) {
      traffic[Int(expert)] += 1
    }
    return traffic
  }

  /// Training rows by expert; nil if the file does not say so in a raw section of the right size.
  func histogram(_ model: ModelView) throws(UpdateError) -> [UInt64]? {
    guard let entry = model.entry(.routingHistogram), entry.encoding == .raw,
      entry.range.count == 8 * expertCount
    else { return nil }
    do throws(FormatError) {
      let bytes = try model.checkedSection(entry)
      return (0..<expertCount).map { expert in
        (0..<8).reduce(0) { $0 | UInt64(bytes[8 * expert + $1]) << UInt64(8 * $1) }
      }
    } catch {
      throw .damaged(error)
    }
  }

  static func histogram(_ counts: [UInt64]) -> SectionReplacement {
    SectionReplacement(
      .routingHistogram,
      counts.flatMap { count in
        (0..<8).map { UInt8(truncatingIfNeeded: count >> UInt64(8 * $0)) }
      })
  }

  /// What the router was trained as after `change`; nil if the file does not say so.
  func routerParameters(
    _ router: Router, _ change: (RouterParameters) -> RouterParameters
  ) throws(UpdateError) -> [UInt8]? {
    guard let old = published else { return nil }
    var changed = frame
    changed.router = router
    changed.ancillary.routerParameters = change(old)
    do throws(PackagingError) {
      return try changed.sectionOfRouterParameters()
    } catch {
      throw .unservable(error)
    }
  }

  /// The deviations of the experts in `changed`, of a regression.
  func deviations(
    _ values: [Float], _ rows: LabelledRows, experts: [Int], changed: Set<Int>, expertCount: Int
  ) -> [Int: [Float]] {
    guard frame.task == .regression else { return [:] }
    let all = rows.deviations(
      of: ServedAnswers(experts: experts, values: values), expertCount: expertCount)
    let count = frame.outputCount
    return Dictionary(
      uniqueKeysWithValues: changed.map { ($0, Array(all[$0 * count..<($0 + 1) * count])) })
  }
}
