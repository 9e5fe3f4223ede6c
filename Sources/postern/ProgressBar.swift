// ProgressBar.swift: how far training is, in one line that is drawn again and again.

internal import PosternTrainer

/// Shows progress on standard error: a bar on a terminal, a line a stage elsewhere.
struct ProgressBar {
  private let console: Console
  private let isDrawn: Bool
  private let metric: String
  private let start = ContinuousClock.now
  private var stage: TrainingProgress.Stage?
  private var best: Double?

  init(console: Console, metric: String) {
    self.console = console
    self.metric = metric
    isDrawn = Terminal.isTerminal(2) && !Terminal.isDumb && !console.isQuiet
  }

  /// Seconds since training began.
  var seconds: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }

  mutating func show(_ progress: TrainingProgress) {
    if progress.stage != stage { endStage() }
    stage = progress.stage
    best = progress.bestScore ?? best
    guard isDrawn else { return }
    console.write("\r" + line(progress, width: Terminal.width(2) - 1) + "\u{1b}[K")
  }

  /// Clears the line.
  mutating func end() {
    endStage()
    if isDrawn { console.write("\r\u{1b}[K") }
  }

  private mutating func endStage() {
    guard let stage, !isDrawn, !console.isQuiet else { return }
    let score = best.map { ", best \(metric) \(significant($0))" } ?? ""
    console.write("\(ProgressBar.name(stage)) done after \(durationText(seconds))\(score)\n")
    best = nil
  }

  /// What the stage does, in a word or two.
  static func name(_ stage: TrainingProgress.Stage) -> String {
    switch stage {
    case .teachers: "teachers"
    case .student: "student"
    case .mixture: "mixture"
    case .refit: "refit"
    case .structure: "structure"
    }
  }

  /// The bar and what fits behind it, at most `width` characters.
  func line(_ progress: TrainingProgress, width: Int) -> String {
    let share = min(max(progress.fractionDone, 0), 1)
    var details = ["epoch \(progress.epoch)/\(progress.epochCount)"]
    if let score = progress.validationScore { details.append("\(metric) \(significant(score))") }
    if let best = progress.bestScore { details.append("best \(significant(best))") }
    if progress.trainingLoss.isFinite {
      details.append("loss \(significant(progress.trainingLoss))")
    }
    if share > 0.02 {
      details.append("\(durationText((seconds * (1 - share) / share).rounded())) left")
    }
    let name = ProgressBar.name(progress.stage)
    var line = name + String(repeating: " ", count: max(1, 9 - name.count))
    let barWidth = min(24, max(0, width - 60))
    if barWidth > 0 {
      let full = Int((Double(barWidth) * share).rounded())
      line += String(repeating: "━", count: full) + String(repeating: "─", count: barWidth - full)
    }
    let whole = String(Int(100 * share))
    line += String(repeating: " ", count: max(1, 4 - whole.count)) + whole + " %"
    for detail in details where line.count + 2 + detail.count <= width { line += "  " + detail }
    return String(line.prefix(max(width, 0)))
  }
}
