import PosternFormat
import PosternPackaging
import TestModels
import Testing

@Suite struct ModelViewTests {
  @Test(arguments: [ModelDescription.Task.regression, .binary, .multiclass], [false, true])
  func `what the writer writes the reader reads`(
    task: ModelDescription.Task, hasSharedExpert: Bool
  ) throws {
    let model = TestModels.mixed(task: task, hasSharedExpert: hasSharedExpert)
    let file = try model.encoded(profile: .map)
    let view = try ModelView(validating: file.span)
    #expect(view.header.task.rawValue == task.rawValue)
    #expect(view.header.expertCount == 4)
    #expect(view.header.columnCount == 5)
    #expect(view.header.featureCount == model.featureCount)
    #expect(view.header.outputCount == model.outputCount)
    #expect(view.header.hasSharedExpert == hasSharedExpert)
    #expect(view.schema.kind(ofColumn: 2) == .categorical)
    #expect(string(view.schema.columnName(4)) == "e")
    #expect(string(view.schema.category(2, ofColumn: 2)) == "red")
    for expert in 0..<view.expertSectionCount {
      try view.checkExpert(expert, decoded: view.storedExpert(expert))
    }
  }

  @Test func `a category's text gives its code and an unknown one the count`() throws {
    let file = try TestModels.mixed().encoded(profile: .map)
    let view = try ModelView(validating: file.span)
    let codes = ["blue": 0, "green": 1, "red": 2, "": 3, "bluer": 3, "zebra": 3, "gree": 3]
    for (text, code) in codes {
      #expect(view.schema.code(of: Array(text.utf8).span, inColumn: 2) == code, "\(text)")
    }
  }

  /// A download can stop at any byte, so every proper prefix must be refused and none may trap.
  @Test func `a file cut short is refused`() throws {
    let file = try TestModels.mixed().encoded(profile: .map)
    for count in stride(from: 0, to: file.count, by: file.count > 4_000 ? 7 : 1) {
      let prefix = Array(file.prefix(count))
      #expect(throws: FormatError.self) { _ = try ModelView(validating: prefix.span).header }
    }
  }

  private func string(_ bytes: Span<UInt8>) -> String {
    var text = ""
    for index in bytes.indices { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
    return text
  }
}
