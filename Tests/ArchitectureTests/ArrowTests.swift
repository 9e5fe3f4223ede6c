// ArrowTests.swift: modules import what the design allows and nothing else.

import Testing

@Suite struct ArrowTests {
  @Test func `every import follows the arrows`() {
    #expect(Repository.sources.count > 50)
    #expect(Repository.sources.flatMap(Arrows.complaints) == [])
  }

  @Test(arguments: [
    ("Sources/PosternFormat/A.swift", "import PosternRuntime"),
    ("Sources/PosternFormat/A.swift", "import Foundation"),
    ("Sources/PosternRuntime/A.swift", "public import PosternStorage"),
    ("Sources/PosternRuntime/A.swift", "@preconcurrency internal import struct Foundation.Data"),
    ("Sources/PosternRuntime/A.swift", "#if x\n  import Glibc\n#endif"),
    ("Sources/PosternRuntime/A.swift", "import CPosternKernels"),
    ("Sources/PosternData/A.swift", "import PosternRuntime"),
    ("Sources/PosternData/A.swift", "import Glibc"),
    ("Sources/PosternStorage/A.swift", "import Dispatch"),
    ("Sources/PosternStorage/A.swift", "@testable import PosternPackaging"),
    ("Sources/PosternTrainer/A.swift", "import PosternData"),
    ("Sources/PosternTrainer/A.swift", "import Foundation"),
    ("Sources/postern/A.swift", "import CZstd"),
    ("Sources/Other/A.swift", "let nothing = 0"),
  ])
  func `a planted import is found`(path: String, text: String) {
    #expect(Arrows.complaints(SourceFile(path: path, text: text)).count == 1)
  }

  @Test func `a comment, a text and an allowed import are no violation`() {
    let text = """
      // import PosternRuntime
      /* import Foundation /* import Glibc */ import Glibc */
      let text = "\\("x") import Foundation"; let other = #"" import Foundation"#
      """
    let file = SourceFile(path: "Sources/PosternFormat/A.swift", text: text)
    #expect(Arrows.complaints(file) == [])
    #expect(Arrows.imports("public import func Foundation.exp") == ["Foundation"])
  }

  @Test func `a door to C exists and is one`() throws {
    for path in Arrows.doors {
      let file = try #require(Repository.sources.first { $0.path == path }, "\(path)")
      let imports = Arrows.imports(file.code)
      #expect(imports.contains { Arrows.system.contains($0) || $0.hasPrefix("C") }, "\(path)")
    }
  }
}
