// Plot.swift: a plot as one SVG file that needs nothing else.
//
// Step: figures → [plot] → file.

import Foundation

/// Points over two axes, each linear or logarithmic.
struct Plot {
  /// Points of one colour.
  struct Series {
    var name: String
    var points: [(x: Double, y: Double)]
    /// Whether the points are joined; else they stand alone.
    var isLine = true
  }

  /// One direction of the plot.
  struct Axis {
    var label: String
    var isLogarithmic = false

    init(_ label: String, isLogarithmic: Bool = false) {
      self.label = label
      self.isLogarithmic = isLogarithmic
    }

    fileprivate func place(_ value: Double) -> Double {
      isLogarithmic ? log10(max(value, 1e-300)) : value
    }

    /// The ends of the axis, as places, with room around the values.
    fileprivate func range(_ values: [Double]) -> ClosedRange<Double> {
      let places = values.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }.map(place)
      let (low, high) = (places.min() ?? 0, places.max() ?? 1)
      let room = max((high - low) * 0.05, abs(high) * 1e-6, 1e-9)
      return low - room...high + room
    }

    /// Values that get a mark.
    fileprivate func marks(_ range: ClosedRange<Double>) -> [Double] {
      if isLogarithmic {
        let decades = Int(range.lowerBound.rounded(.down))...Int(range.upperBound.rounded(.up))
        let steps = range.upperBound - range.lowerBound < 2.5 ? [1.0, 2, 5] : [1.0]
        return decades.flatMap { decade in steps.map { $0 * pow(10, Double(decade)) } }
          .filter { range.contains(log10($0)) }
      }
      let rough = (range.upperBound - range.lowerBound) / 6
      let power = pow(10, log10(rough).rounded(.down))
      let step = power * ([1.0, 2, 5, 10].first { $0 * power >= rough } ?? 10)
      let first = Int((range.lowerBound / step).rounded(.up))
      let last = Int((range.upperBound / step).rounded(.down))
      return first <= last ? (first...last).map { Double($0) * step } : []
    }
  }

  var title: String
  var x: Axis
  var y: Axis
  var series: [Series]

  private static let colors = [
    "#1b6ca8", "#d1495b", "#2e8b57", "#edae49", "#7b4fa3", "#00798c", "#8d6b48", "#555555",
  ]

  /// The plot as a file's text.
  var svg: String {
    let points = series.flatMap(\.points)
    let (rangeX, rangeY) = (x.range(points.map(\.x)), y.range(points.map(\.y)))
    let (left, top, width, height) = (80.0, 48.0, 480.0, 360.0)
    func across(_ value: Double) -> Double {
      left + width * (x.place(value) - rangeX.lowerBound) / (rangeX.upperBound - rangeX.lowerBound)
    }
    func down(_ value: Double) -> Double {
      top + height
        - height * (y.place(value) - rangeY.lowerBound) / (rangeY.upperBound - rangeY.lowerBound)
    }
    var text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"470\""
      + " font-family=\"sans-serif\" font-size=\"13\">\n"
      + "<rect width=\"800\" height=\"470\" fill=\"#ffffff\"/>\n"
      + "<text x=\"\(left)\" y=\"28\" font-size=\"16\">\(Self.escaped(title))</text>\n"
    for mark in x.marks(rangeX) {
      text += line(across(mark), top, across(mark), top + height, "#e4e4e4")
      text += label(shortest(mark), across(mark), top + height + 18, "middle")
    }
    for mark in y.marks(rangeY) {
      text += line(left, down(mark), left + width, down(mark), "#e4e4e4")
      text += label(shortest(mark), left - 8, down(mark) + 4, "end")
    }
    text += "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\""
    text += " fill=\"none\" stroke=\"#888888\"/>\n"
    text += label(x.label, left + width / 2, top + height + 42, "middle")
    text +=
      "<text transform=\"translate(20 \(top + height / 2)) rotate(-90)\""
      + " text-anchor=\"middle\">\(Self.escaped(y.label))</text>\n"
    for (index, one) in series.enumerated() {
      let color = Self.colors[index % Self.colors.count]
      let finite = one.points.filter { point in
        point.x.isFinite && point.y.isFinite && (!y.isLogarithmic || point.y > 0)
      }
      if one.isLine {
        let path = finite.map { "\(Self.short(across($0.x))),\(Self.short(down($0.y)))" }
        text += "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\""
        text += " points=\"\(path.joined(separator: " "))\"/>\n"
      }
      for point in finite {
        text += "<circle cx=\"\(Self.short(across(point.x)))\" cy=\"\(Self.short(down(point.y)))\""
        text += " r=\"3\" fill=\"\(color)\"/>\n"
      }
      let place = top + 14 + 20 * Double(index)
      text += "<rect x=\"574\" y=\"\(place - 9)\" width=\"10\" height=\"10\" fill=\"\(color)\"/>\n"
      text += label(one.name, 590, place, "start")
    }
    return text + "</svg>\n"
  }

  private func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String
  ) -> String {
    let (a, b, c, d) = (Self.short(x1), Self.short(y1), Self.short(x2), Self.short(y2))
    return "<line x1=\"\(a)\" y1=\"\(b)\" x2=\"\(c)\" y2=\"\(d)\" stroke=\"\(color)\"/>\n"
  }

  private func label(_ words: String, _ x: Double, _ y: Double, _ anchor: String) -> String {
    "<text x=\"\(Self.short(x))\" y=\"\(Self.short(y))\" text-anchor=\"\(anchor)\">"
      + "\(Self.escaped(words))</text>\n"
  }

  private static func short(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
  }
}
