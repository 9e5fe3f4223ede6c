// Rules.swift: what code may not say, and how long it may be.

/// Checks of one file; each returns what it complains about.
enum Rules {
  /// The files that say `unsafe`, and the only ones that may.
  static let unsafeFiles: Set<String> = [
    "Sources/PosternData/Decompressor.swift",
    "Sources/PosternData/Descriptor.swift",
    "Sources/PosternData/TextKernels.swift",
    "Sources/PosternFormat/Span+Fields.swift",
    "Sources/PosternPackaging/Compressor.swift",
    "Sources/PosternRuntime/CalendarTime+C.swift",
    "Sources/PosternRuntime/KernelPointers.swift",
    "Sources/PosternRuntime/Kernels+Expert.swift",
    "Sources/PosternRuntime/Kernels+Rows.swift",
    "Sources/PosternRuntime/Kernels+SingleRow.swift",
    "Sources/PosternRuntime/Kernels.swift",
    "Sources/PosternStorage/FileIdentity.swift",
    "Sources/PosternStorage/ReplacementFile.swift",
    "Sources/PosternStorage/FrameDecoder.swift",
    "Sources/PosternStorage/FileWatch.swift",
    "Sources/PosternStorage/InputFile.swift",
    "Sources/PosternStorage/MappedFile.swift",
    "Sources/PosternStorage/MappedMemory.swift",
    "Sources/PosternTrainer/AdamW.swift",
    "Sources/PosternTrainer/DenseProduct.swift",
    "Sources/PosternTrainer/LookupLayer.swift",
    "Sources/PosternTrainer/VectorMath+Softmax.swift",
    "Sources/PosternTrainer/VectorMath.swift",
    "Sources/postern/Signals.swift",
    "Sources/postern/Terminal.swift",
  ]

  /// The files that promise what the compiler cannot check about threads.
  static let uncheckedFiles: Set<String> = ["Sources/PosternTrainer/Parallel.swift"]

  /// `unsafe` only in named files, and there with the reason that makes it true.
  static func unsafety(_ file: SourceFile) -> [String] {
    let isNamed = unsafeFiles.contains(file.path)
    if !file.words.contains(where: { $0 == "unsafe" || $0 == "@unsafe" }) {
      return isNamed ? ["\(file.path): is named as unsafe and is not"] : []
    }
    if !isNamed { return ["\(file.path): says unsafe"] }
    return file.text.contains("// SAFETY: ") ? [] : ["\(file.path): no SAFETY line"]
  }

  /// Nothing that traps on what comes from outside, or hides from the compiler.
  static func traps(_ file: SourceFile) -> [String] {
    let forbidden: Set<Substring> = ["try!", "as!", "fatalError"]
    var complaints = file.words.filter(forbidden.contains).map { "\(file.path): says \($0)" }
    if file.words.contains("@unchecked") && !uncheckedFiles.contains(file.path) {
      complaints.append("\(file.path): says @unchecked")
    }
    return complaints
  }

  /// What the modules that run on a microcontroller do without.
  static func embedded(_ file: SourceFile) -> [String] {
    guard ["PosternFormat", "PosternRuntime"].contains(file.module) else { return [] }
    let forbidden: Set<Substring> = ["String", "any", "class", "actor", "async", "Array", "Set"]
    var complaints = file.words.filter(forbidden.contains).map { "\(file.path): says \($0)" }
    let throwing = file.code.split(separator: "throws", omittingEmptySubsequences: false)
    for after in throwing.dropFirst() where !after.hasPrefix("(") {
      complaints.append("\(file.path): throws without a type")
    }
    return complaints
  }

  /// Sizes of the file's parts live in `Layout.swift`.
  static func layout(_ file: SourceFile) -> [String] {
    let modules = ["PosternFormat", "PosternStorage", "PosternPackaging"]
    guard modules.contains(file.module), !file.path.hasSuffix("/Layout.swift") else { return [] }
    let numbers: Set<Substring> = ["128", "4096", "4_096", "65_536", "131_072", "2_147_483_647"]
    return file.words.filter(numbers.contains).map { "\(file.path): says \($0)" }
  }

  /// Marks of work that is not done, and names of places that only one machine has.
  static func marks(_ file: SourceFile) -> [String] {
    let marks = ["TO" + "DO", "FIX" + "ME", "not " + "implemented", "/op" + "t/swift"]
    return marks.filter(file.text.contains).map { "\(file.path): says \($0)" }
  }

  /// 300 lines a file, 100 columns a line, 70 lines a function.
  static func sizes(_ file: SourceFile) -> [String] {
    var complaints: [String] = []
    let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.count > 301 { complaints.append("\(file.path): \(lines.count - 1) lines") }
    let code = file.code.split(separator: "\n", omittingEmptySubsequences: false)
    for number in lines.indices where lines[number].count > 100 {
      // A text that a person reads is not cut because its line is long.
      let count = code[number].contains("\"") ? code[number].count : lines[number].count
      if count > 100 { complaints.append("\(file.path):\(number + 1): \(count) columns") }
    }
    guard file.path.hasSuffix(".swift") else { return complaints }
    for start in code.indices where isFunction(code[start]) {
      let count = lineCount(code, from: start)
      if count > 70 { complaints.append("\(file.path):\(start + 1): a function of \(count) lines") }
    }
    return complaints
  }

  /// A file says what it does before it does it.
  static func opening(_ file: SourceFile) -> [String] {
    let name = file.path.split(separator: "/").last.map(String.init) ?? ""
    return file.text.hasPrefix("// \(name): ") ? [] : ["\(file.path): does not open with its name"]
  }

  private static func isFunction(_ line: Substring) -> Bool {
    let words = line.split { !($0.isLetter || $0 == "@" || $0 == "_") }
    let modifiers: Set<Substring> = [
      "public", "package", "internal", "private", "fileprivate", "static", "mutating", "override",
      "consuming", "borrowing", "nonisolated", "convenience", "required", "final",
    ]
    let first = words.first { !$0.hasPrefix("@") && !modifiers.contains($0) }
    return first == "func" || first == "init" || first == "deinit"
  }

  /// The formatter sets a body's closing brace under the start of its declaration.
  private static func lineCount(_ lines: [Substring], from start: Int) -> Int {
    let indent = lines[start].prefix { $0 == " " }.count
    for number in lines.indices[(start + 1)...] {
      let line = lines[number]
      let depth = line.prefix { $0 == " " }.count
      guard depth < line.count, depth <= indent, !line.hasPrefix("#") else { continue }
      let rest = line.dropFirst(depth)
      if depth == indent && (rest.hasPrefix(")") || rest.hasPrefix("{")) { continue }
      return depth == indent && rest.hasPrefix("}") ? number - start + 1 : 1
    }
    return 1
  }
}
