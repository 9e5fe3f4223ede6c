// PerturbedCosine.swift: R4, what a small constant added to the norms of a cosine router does.
//
// Step: seeds → [replay] → figures, limits, plots.

import Foundation
import PosternPackaging
import PosternTrainer

/// The least-squares simulation of the perturbed cosine router [1]: without a perturbation the norm
/// of the router's weights is never learned, with one all parameters are, at the parametric rate.
///
/// [1]: https://arxiv.org/abs/2405.14131
///      "H. Nguyen et al. Statistical advantages of perturbing cosine router. ICLR 2025."
enum PerturbedCosine {
  static let replay = Replay(
    name: "R4", title: "perturbed against vanilla cosine router: how fast parameters are found",
    run: run)

  static let sizes = [500, 1000, 2000, 4000, 8000, 16_000, 32_000]
  static let repetitionCount = 60
  static let taus = [0, 0.1, 0.5, 1]

  static let truth: [Double] = [
    1, 0, 0, 0, 0, 1, -0.6, 0.3, 0, 0.3, 3, 0, -1, 0, 0, 0, -0.5, 0.4, 1, 0.6, -0.4, -2,
  ]

  /// What is measured of a fit: its errors.
  static let measures = ["Voronoi loss", "norm", "direction", "experts", "function"]
  /// Recorded slopes, by tau, then by measure.
  static let recorded = [
    ["-.17", "-.005", "-.53", "-.48", "-.50"], ["-.485", "-.485", "-.50", "-.48", "-.50"],
    ["-.474", "-.47", "-.50", "-.48", "-.50"], ["-.480", "-.48", "-.51", "-.48", "-.50"],
  ]

  /// Of one seed and tau.
  struct Outcome {
    /// Mean errors, by measure, then by size.
    var errors = [[Double]](repeating: [], count: measures.count)
    /// Against the trainer's formulas and the mapped file.
    var formulaError = 0.0
    var normGradientError = 0.0
    var mismatches = 0

    func slope(_ measure: Int) -> Double {
      replays.slope(sizes.map { log(Double($0)) }, errors[measure].map { log($0) })
    }
  }

  static func run(_ context: ReplayContext) throws -> ReplayResult {
    let outcomes = try taus.map { tau in
      try inParallel(context.seeds.count, threads: context.threads) { index in
        let seed = context.seeds[index]
        let outcome = try outcome(seed: seed, tau: tau, context)
        let slopes = measures.indices.map { shortest(outcome.slope($0)) }
        context.say("  seed \(seed) tau \(tau): slopes \(slopes.joined(separator: " "))")
        return outcome
      }
    }
    var result = ReplayResult()
    for (index, tau) in taus.enumerated() {
      for (measure, name) in measures.enumerated() {
        result.figures.append(
          Figure(
            "tau \(tau): slope of \(name)", recorded: recorded[index][measure],
            outcomes[index].map { $0.slope(measure) }, limit(tau: tau, measure: measure)))
      }
      func each(_ value: (Outcome) -> Double) -> [Double] { outcomes[index].map(value) }
      result.figures += [
        Figure(
          "tau \(tau): trainer's logits and gradients, off by", each(\.formulaError),
          .atMost(1e-5)),
        Figure(
          "tau \(tau): w·du/dw less u tau/(norm+tau)", recorded: "< 1e-6",
          each(\.normGradientError), .atMost(1e-6)),
        Figure(
          "tau \(tau): routes unlike the mapped file's", each { Double($0.mismatches) },
          .atMost(0)),
      ]
    }
    result.notes = [
      "fits are in double precision; each fitted router is checked against the trainer's own"
        + " formulas, which are in single precision, and against 100,000 rows of its mapped file"
    ]
    result.plots = [0, 1, 4].map { measure in
      (measures[measure].replacingOccurrences(of: " ", with: "-"), plot(outcomes, measure))
    }
    return result
  }

  private static func limit(tau: Double, measure: Int) -> Figure.Limit? {
    switch (measures[measure], tau) {
    case ("Voronoi loss", 0): .atLeast(-0.3)
    case ("norm", 0): .within(-0.05...0.05)
    case ("Voronoi loss", _), ("function", _): .within(-0.6 ... -0.4)
    default: nil
    }
  }

  static func outcome(seed: UInt64, tau: Double, _ context: ReplayContext) throws -> Outcome {
    var outcome = Outcome()
    var random = Randomness(seed: seed, stream: 4)
    let truth = CosineMixture(values: truth, tau: tau)
    var last = truth
    for size in sizes {
      var means = [Double](repeating: 0, count: measures.count)
      for _ in 0..<repetitionCount {
        let x = (0..<4 * size).map { _ in 4 * random.uniform() - 2 }
        let y = truth.predict(x).map { $0 + 0.05 * random.normal() }
        last = truth
        for place in CosineMixture.free { last.values[place] += 0.05 * random.normal() }
        last.fit(x, y)
        for (measure, error) in errors(last, truth, x).enumerated() {
          means[measure] += error / Double(repetitionCount)
        }
      }
      for measure in measures.indices { outcome.errors[measure].append(means[measure]) }
    }
    try compare(last, path: context.path("R4-\(seed)-\(tau).moe"), &random, &outcome)
    return outcome
  }

  /// The errors of a fit, in the order of ``measures``.
  private static func errors(
    _ fit: CosineMixture, _ truth: CosineMixture, _ x: [Double]
  ) -> [Double] {
    func distance(_ range: Range<Int>, _ a: Int, _ b: Int) -> Double {
      range.reduce(0) { $0 + (fit[a, $1] - truth[b, $1]) * (fit[a, $1] - truth[b, $1]) }
        .squareRoot()
    }
    let nearest = (0..<2).map { expert in
      let own = hypot(distance(0..<4, expert, 0), distance(5..<11, expert, 0))
      return own <= hypot(distance(0..<4, expert, 1), distance(5..<11, expert, 1)) ? 0 : 1
    }
    var voronoi = 0.0
    for cell in 0..<2 {
      let own = (0..<2).filter { nearest[$0] == cell }
      for expert in own {
        let (gate, rest) = (distance(0..<4, expert, cell), distance(5..<11, expert, cell))
        voronoi += exp(fit[expert, 4]) * (own.count > 1 ? gate * gate + rest * rest : gate + rest)
      }
      voronoi += abs(own.reduce(0) { $0 + exp(fit[$1, 4]) } - exp(truth[cell, 4]))
    }
    var (norm, direction) = (0.0, 0.0)
    for expert in 0..<2 {
      let (own, true_) = (fit.norm(expert), truth.norm(expert))
      norm += abs(own - true_) / 2
      let parts = (0..<4).map { fit[expert, $0] / own - truth[expert, $0] / true_ }
      direction += parts.reduce(0) { $0 + $1 * $1 }.squareRoot() / 2
    }
    let some = Array(x.prefix(16_000))
    let squares = zip(fit.predict(some), truth.predict(some)).map { ($0 - $1) * ($0 - $1) }
    let function = (squares.reduce(0, +) / Double(squares.count)).squareRoot()
    return [
      voronoi, norm, direction, (distance(5..<11, 0, 0) + distance(5..<11, 1, 1)) / 2, function,
    ]
  }

  /// The fitted router beside the trainer's formulas and beside its mapped file.
  private static func compare(
    _ fit: CosineMixture, path: String, _ random: inout Randomness, _ outcome: inout Outcome
  ) throws {
    let weights = (0..<2).map { expert in (0..<4).map { Float(fit[expert, $0]) } }
    let tau = Float(fit.tau)
    let published = RouterParameters(
      outerKind: fit.tau > 0 ? .perturbedCosine : .cosine, tau1: tau, tau2: tau,
      nodes: [
        RouterParameters.Node(
          weight: weights[0] + weights[1], bias: [Float(fit[0, 4]), Float(fit[1, 4])],
          scale: [1, 1])
      ])
    let router = RouterFormulas(published, expertCount: 2, featureCount: 4)
    let rows = (0..<100_000).map { _ in (0..<4).map { _ in Float(4 * random.uniform() - 2) } }
    let norms = (fit.norm(0), fit.norm(1))
    let gates = rows.map { row in fit.gate(row.map { Double($0) }[...], norms: norms) }
    let logits = router.logits(Array(rows.prefix(1000)))
    for (row, gate) in gates.prefix(1000).enumerated() {
      for (expert, u) in [gate.cosines.0, gate.cosines.1].enumerated() {
        let off = abs(Double(logits[2 * row + expert]) - u - fit[expert, 4])
        outcome.formulaError = max(outcome.formulaError, off)
        let norm = expert == 0 ? norms.0 : norms.1
        let d = [gate.direction.0, gate.direction.1, gate.direction.2, gate.direction.3]
        let gradient = router.weightGradient(rows[row], expert: expert)
        var product = 0.0
        for (index, value) in gradient.enumerated() {
          let own = (d[index] - u * fit[expert, index] / norm) / (norm + fit.tau)
          outcome.formulaError = max(outcome.formulaError, abs(Double(value) - own))
          product += Double(value) * fit[expert, index]
        }
        let off2 = abs(product - u * fit.tau / (norm + fit.tau))
        outcome.normGradientError = max(outcome.normGradientError, off2)
      }
    }
    let served = try answers(
      of: model(router.serving, published), throughFileAt: path,
      columns: (0..<4).map { column in rows.map { $0[column] } })
    for (row, gate) in gates.enumerated() {
      let difference = gate.cosines.0 + fit[0, 4] - gate.cosines.1 - fit[1, 4]
      // Within single precision of the border either is right.
      guard abs(difference) > 1e-6 else { continue }
      if served.experts[row] != (difference > 0 ? 0 : 1) { outcome.mismatches += 1 }
    }
  }

  /// A model whose experts say their own number.
  private static func model(_ router: Router, _ published: RouterParameters) -> ModelDescription {
    var model = ModelDescription(
      task: .regression,
      columns: (1...4).map {
        Column(
          name: Array("x\($0)".utf8), kind: .numeric(edges: [-2, 2], fill: 0, center: 0, scale: 1),
          missing: .fill)
      },
      targetNames: [Array("expert".utf8)], classNames: [], router: router,
      experts: (0..<2).map { expert in
        Expert(
          firstLayer: .dense,
          layers: [Expert.Layer(weights: [0, 0, 0, 0], bias: [Float(expert)], slopes: [])])
      },
      head: [HeadOutput()])
    model.ancillary.routerParameters = published
    return model
  }

  private static func plot(_ outcomes: [[Outcome]], _ measure: Int) -> Plot {
    Plot(
      title: "R4: error of the \(measures[measure]) against rows, mean over seeds",
      x: .init("rows", isLogarithmic: true), y: .init(measures[measure], isLogarithmic: true),
      series: zip(taus, outcomes).map { tau, outcomes in
        .init(
          name: "tau \(tau)",
          points: sizes.indices.map { size in
            let mean = outcomes.reduce(0) { $0 + $1.errors[measure][size] }
            return (x: Double(sizes[size]), y: mean / Double(outcomes.count))
          })
      })
  }
}
