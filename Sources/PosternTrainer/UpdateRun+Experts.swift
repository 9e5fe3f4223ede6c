// UpdateRun+Experts.swift: which experts are trained again, and what becomes of them.
//
// Step: cells → [choice → training] → sections.

import PosternFormat
import PosternPackaging

extension UpdateRun {
  /// A report before anything is trained.
  var emptyReport: UpdateReport {
    var traffic = [Int](repeating: 0, count: expertCount)
    for expert in rows.experts { traffic[expert] += 1 }
    return UpdateReport(
      metric: frame.task == .regression ? .rootMeanSquaredError : .accuracy,
      rowCount: rows.experts.count, refusedRowCount: rows.refusedRowCount, expertTraffic: traffic)
  }

  /// Trains the named experts.
  func update(
    _ experts: [Int], _ expert: (Int) throws(UpdateError) -> Expert
  ) throws(UpdateError) -> ModelUpdate {
    let report = emptyReport
    if experts.allSatisfy({ report.expertTraffic[$0] == 0 }) {
      throw .noRowReaches(experts: experts)
    }
    reporter.begin(.refit, share: 1)
    var work: [Work] = []
    for index in experts {
      let parts = parts(of: index)
      if parts.isLargeEnough {
        work.append(Work(index: index, expert: try expert(index), parts: parts))
      }
    }
    let results = Parallel.map(
      count: work.count, threads: options.threads, whileWaiting: reporter.repeatReport
    ) { place -> Swift.Result<Result, UpdateError> in
      do throws(UpdateError) {
        return .success(try train(work[place], place: place, of: work.count))
      } catch {
        return .failure(error)
      }
    }
    var update = ModelUpdate(replacements: [], report: report)
    for index in experts {
      guard let place = work.firstIndex(where: { $0.index == index }) else {
        update.report.experts.append(
          UpdateReport.Trial(
            expert: index, report.expertTraffic[index] == 0 ? .noRows : .tooFewRows,
            parts(of: index)))
        continue
      }
      let result = try results[place].get()
      update.report.experts.append(result.trial)
      guard let new = result.expert else { continue }
      do throws(PackagingError) {
        let section = try frame.section(of: new, index: index)
        update.replacements.append(SectionReplacement(expert: index, section))
      } catch {
        throw .unservable(error)
      }
      if frame.task == .regression { update.deviations[index] = result.deviations }
    }
    update.report.stoppedEarly = reporter.shouldStop
    return update
  }

  /// Trains the `count` experts with the largest loss excess.
  func updateWorst(
    _ count: Int, _ expert: (Int) throws(UpdateError) -> Expert
  ) throws(UpdateError) -> ModelUpdate {
    let pass = try lossPass(expert)
    var update = try update(Array(pass.order.prefix(count)), expert)
    update.report.lossShares = pass.shares
    return update
  }

  /// A look at all experts.
  struct LossPass {
    /// The share of each expert in the sum of all losses.
    var shares: [Double]
    /// Experts with rows, the one with the largest loss excess first.
    var order: [Int]
  }

  /// What each expert's rows cost. The model has seen none of them, so that all may be asked.
  func lossPass(_ expert: (Int) throws(UpdateError) -> Expert) throws(UpdateError) -> LossPass {
    var sums = [Double](repeating: 0, count: expertCount)
    var counts = [Int](repeating: 0, count: expertCount)
    var isLarge = [Bool](repeating: false, count: expertCount)
    for index in 0..<expertCount {
      let own = rows.rows(of: index)
      guard !own.isEmpty else { continue }
      let table = rows.table.selecting(own)
      let answers = try values(try expert(index), table)
      // A refused row costs more than any answer, and not infinitely more.
      sums[index] = try labelled(table).rowLosses(served: answers)
        .reduce(0) { $0 + min($1, 1e6) }
      counts[index] = own.count
      isLarge[index] = parts(of: index).isLargeEnough
    }
    let total = sums.reduce(0, +)
    let mean = total / Double(rows.experts.count)
    let excess = sums.indices.map { sums[$0] - mean * Double(counts[$0]) }
    // Experts with rows enough come first.
    return LossPass(
      shares: sums.map { total > 0 ? $0 / total : 0 },
      order: sums.indices.filter { counts[$0] > 0 }.sorted {
        (isLarge[$0] ? 1 : 0, excess[$0], $1) > (isLarge[$1] ? 1 : 0, excess[$1], $0)
      })
  }
}
