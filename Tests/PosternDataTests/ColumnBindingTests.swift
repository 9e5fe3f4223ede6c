import Testing

@testable import PosternData

@Suite struct ColumnBindingTests {
  private func names(_ names: String...) -> [[UInt8]] { names.map { Array($0.utf8) } }

  @Test func `columns are found in any order and others are listed`() throws {
    let binding = try ColumnBinding(wanted: names("a", "c"), in: names("c", "x", "a", "y"))
    #expect(binding.positions == [2, 0])
    #expect(binding.extras == names("x", "y"))
  }

  @Test func `all missing columns are named, with the name that was meant`() {
    let header = names("Temperature", "wind_speed", "id")
    #expect(
      throws: DataError.missingColumns([
        MissingColumn(
          name: ShortText(names("temperature")[0]), suggestion: ShortText(names("Temperature")[0])),
        MissingColumn(
          name: ShortText(names("windspeed")[0]), suggestion: ShortText(names("wind_speed")[0])),
        MissingColumn(name: ShortText(names("humidity")[0]), suggestion: nil),
      ])
    ) {
      _ = try ColumnBinding(
        wanted: names("temperature", "windspeed", "id", "humidity"), in: header)
    }
  }

  @Test(arguments: [
    ("humidty", "humidity"), ("Hour", "hour"), ("x1", "X1"), ("temprature", "temperature"),
  ])
  func `a slip of the pen is recognised`(wanted: String, meant: String) {
    let header = names("month", "hour", "humidity", "temperature", "X1", "X2")
    #expect(mostSimilar(to: Array(wanted.utf8), among: header) == Array(meant.utf8))
  }

  @Test func `a name unlike all others has no suggestion`() {
    #expect(mostSimilar(to: Array("pressure".utf8), among: names("id", "hour", "month")) == nil)
    #expect(mostSimilar(to: Array("a".utf8), among: names("b", "c")) == nil)
  }
}
