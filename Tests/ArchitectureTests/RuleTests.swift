// RuleTests.swift: every file keeps the rules, and a planted violation of each is found.

import Testing

@Suite struct RuleTests {
  static let swift = Repository.sources + Repository.tests
  static let c = Repository.files(in: "Sources", endings: [".c", ".h"])

  private func planted(_ text: String, in path: String = "Sources/PosternFormat/A.swift")
    -> SourceFile
  {
    SourceFile(path: path, text: text)
  }

  @Test func `only named files say unsafe`() {
    #expect(Repository.sources.flatMap(Rules.unsafety) == [])
    #expect(Rules.unsafety(planted("let a = unsafe b")).count == 1)
    #expect(Rules.unsafety(planted("@unsafe struct A {}")).count == 1)
    #expect(Rules.unsafety(planted("nonisolated(unsafe) var a = 0")).count == 1)
    #expect(Rules.unsafety(planted("// unsafe\nlet a = \"unsafe\"")).count == 0)
    let named = "Sources/PosternStorage/MappedFile.swift"
    #expect(Rules.unsafety(planted("let a = unsafe b", in: named)).count == 1)
    #expect(Rules.unsafety(planted("// SAFETY: b\nlet a = unsafe b", in: named)).count == 0)
    #expect(Rules.unsafety(planted("let a = b", in: named)).count == 1)
  }

  @Test func `nothing traps on what comes from outside`() {
    #expect(Repository.sources.flatMap(Rules.traps) == [])
    for text in [
      "try! a()", "a as! B", "fatalError()", "struct A: @unchecked Sendable {}",
      "let a = \"\\(try! b())\"",
    ] {
      #expect(Rules.traps(planted(text)).count == 1, "\(text)")
    }
    #expect(Rules.traps(planted("try? a(); b as? C; try a()")).count == 0)
  }

  @Test func `format and runtime keep to the embedded language`() {
    #expect(Repository.sources.flatMap(Rules.embedded) == [])
    for text in [
      "let a: String", "let a: any B", "func a() throws {}", "func a() async {}", "class A {}",
      "func a() throws -> Int { 1 }", "let a: Set<Int>",
    ] {
      #expect(Rules.embedded(planted(text)).count == 1, "\(text)")
    }
    let allowed = "func a() throws(B) { let c: StaticString = \"any\" }  // any String"
    #expect(Rules.embedded(planted(allowed)).count == 0)
    #expect(Rules.embedded(planted("let a: String", in: "Sources/postern/A.swift")).count == 0)
  }

  @Test func `the sizes of the file's parts are said in one place`() {
    #expect(Repository.sources.flatMap(Rules.layout) == [])
    #expect(Rules.layout(planted("let end = 128")).count == 1)
    #expect(Rules.layout(planted("let page = 4_096")).count == 1)
    #expect(Rules.layout(planted("let a = 1280")).count == 0)
    #expect(Rules.layout(planted("128", in: "Sources/PosternFormat/Layout.swift")).count == 0)
  }

  @Test func `no mark says that work is left`() {
    #expect((Self.swift + Self.c).flatMap(Rules.marks) == [])
    #expect(Rules.marks(planted("// FIX" + "ME: later")).count == 1)
  }

  @Test func `files, lines and functions have a size to read`() {
    #expect((Self.swift + Self.c).flatMap(Rules.sizes) == [])
    let line = "let a = 1\n"
    #expect(Rules.sizes(planted(String(repeating: line, count: 300))).count == 0)
    #expect(Rules.sizes(planted(String(repeating: line, count: 301))).count == 1)
    #expect(Rules.sizes(planted("// " + String(repeating: "ä", count: 97))).count == 0)
    #expect(Rules.sizes(planted("// " + String(repeating: "ä", count: 98))).count == 1)
    #expect(Rules.sizes(planted("let a = \"\(String(repeating: "b", count: 100))\"")).count == 0)
    #expect(Rules.sizes(planted("let a = " + String(repeating: "b + ", count: 25))).count == 1)
    for start in ["func a() {", "  public init(\n    a: Int\n  ) {", "  @b static func a()\n  {"] {
      let indent = start.hasPrefix(" ") ? "  " : ""
      let head = start.split(separator: "\n").count
      for extra in [0, 1] {
        let body = String(repeating: indent + "  a()\n", count: 69 - head + extra)
        let text = start + "\n" + body + indent + "}\n" + indent + "let b = 1\n"
        #expect(Rules.sizes(planted(text)).count == extra, "\(start)")
      }
    }
  }

  @Test func `a file opens with its name and what it does`() {
    #expect((Repository.sources + Self.c).flatMap(Rules.opening) == [])
    #expect(Rules.opening(planted("import A")).count == 1)
    #expect(Rules.opening(planted("// A.swift: adds.")).count == 0)
  }
}
