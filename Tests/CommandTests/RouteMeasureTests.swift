// RouteMeasureTests.swift: the sums behind a report on routes.

import Testing

@testable import postern

@Suite struct RouteMeasureTests {
  @Test func `every edge of a histogram begins its bin`() {
    for bin in 1..<LogHistogram.binCount {
      // Half octaves are no Floats; the next Float above is in the bin, the one below is not.
      let edge = Float(LogHistogram.edge(bin))
      let inside = Double(edge) < LogHistogram.edge(bin) ? edge.nextUp : edge
      #expect(LogHistogram.bin(of: inside) == bin)
      #expect(LogHistogram.bin(of: inside.nextDown) == bin - 1)
    }
    #expect(LogHistogram.bin(of: 0) == 0)
    #expect(LogHistogram.bin(of: .greatestFiniteMagnitude) == LogHistogram.binCount - 1)
  }

  @Test func `bars hold every number once`() {
    var histogram = LogHistogram()
    for number in 0..<1000 { histogram.add(Float(number) * Float(number) / 1000) }
    #expect(histogram.bars.reduce(0) { $0 + $1.count } == 1000)
    var one = LogHistogram()
    one.add(3)
    #expect(one.bars.count == 1 && one.quantile(0.5) != nil)
    #expect(LogHistogram().bars.isEmpty && LogHistogram().quantile(0.5) == nil)
  }

  /// The textbook's formulas over all numbers, far from zero, where cancellation would show.
  @Test func `moments are those of all numbers, in parts or at once`() {
    let numbers = (0..<1000).map { 1e9 + Double($0 * $0 % 97) }
    var whole = Moments()
    var parts = (Moments(), Moments())
    for (index, number) in numbers.enumerated() {
      whole.add(number)
      if index % 3 == 0 { parts.0.add(number) } else { parts.1.add(number) }
    }
    parts.0.add(parts.1)
    let mean = numbers.reduce(0) { $0 + ($1 - 1e9) } / 1000
    let squares = numbers.reduce(0) { $0 + ($1 - 1e9 - mean) * ($1 - 1e9 - mean) }
    for moments in [whole, parts.0] {
      #expect(moments.count == 1000)
      #expect(abs(moments.mean - 1e9 - mean) < 1e-6)
      #expect(abs(moments.squares / squares - 1) < 1e-9)
    }
  }

  @Test func `numbers that do not vary are infinitely far apart or not at all`() {
    var ones = Moments()
    var twos = Moments()
    for _ in 0..<3 {
      ones.add(1)
      twos.add(2)
    }
    #expect(twos.standardizedDifference(from: ones) == .infinity)
    #expect(ones.standardizedDifference(from: twos) == -.infinity)
    #expect(ones.standardizedDifference(from: ones) == 0)
    #expect(ones.standardizedDifference(from: Moments()) == nil)
  }

  @Test func `equal traffic is even and one expert for all is not`() {
    #expect(RouteBalance([5, 5, 5, 5]).coefficientOfVariation == 0)
    #expect(RouteBalance([5, 5, 5, 5]).entropyShare == 1)
    #expect(RouteBalance([20, 0, 0, 0]).entropy == 0)
    let most = RouteBalance([20, 0, 0, 0]).coefficientOfVariation ?? 0
    #expect(abs(most - 3.0.squareRoot()) < 1e-12)
    #expect(RouteBalance([0, 0]).entropy == nil)
    #expect(RouteDrift([1, 2, 3], training: [10, 20, 30])?.chiSquare == 0)
    #expect(RouteDrift([0, 0], training: [1, 1]) == nil)
  }
}
