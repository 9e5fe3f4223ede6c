// Arrows.swift: which module may import which, and who may call the system.

/// The arrows between modules: they run one way.
///
/// `postern -> {Trainer, Packaging, Storage, Data} -> Runtime -> Format`; `Format` imports nothing.
enum Arrows {
  static let allowed: [String: Set<String>] = [
    "PosternFormat": [],
    "PosternRuntime": ["PosternFormat", "CPosternKernels", "Synchronization"],
    "PosternData": ["PosternFormat", "CPosternText", "CZlib", "CZstd"],
    "PosternStorage": ["PosternFormat", "PosternRuntime", "CZstd"],
    "PosternPackaging": ["PosternFormat", "PosternRuntime", "CZstd"],
    "PosternTrainer": ["PosternFormat", "PosternRuntime", "PosternPackaging", "CPosternKernels"],
    "postern": [
      "PosternFormat", "PosternRuntime", "PosternData", "PosternStorage", "PosternPackaging",
      "PosternTrainer", "ArgumentParser",
    ],
  ]

  /// Modules that start threads: the standard library's and the system's tools for it.
  static let threaded: Set<String> = ["PosternTrainer", "postern"]
  static let threading: Set<String> = ["Dispatch", "Synchronization"]

  /// Modules that call the system: through its C library, by one of three names. Foundation is only
  /// for the command line, where words are made.
  static let systemModules: Set<String> = [
    "PosternData", "PosternStorage", "PosternTrainer", "postern",
  ]
  static let system: Set<String> = ["Glibc", "Musl", "Darwin"]
  static let foundation: Set<String> = ["Foundation", "FoundationEssentials"]

  /// Files outside `postern` that may import C, each for one reason: pointers stay behind few
  /// doors.
  static let doors: Set<String> = [
    "Sources/PosternData/Decompressor.swift",
    "Sources/PosternData/Descriptor.swift",
    "Sources/PosternData/TextKernels.swift",
    "Sources/PosternPackaging/Compressor.swift",
    "Sources/PosternPackaging/CompressorVersion.swift",
    "Sources/PosternRuntime/KernelSet.swift",
    "Sources/PosternRuntime/Kernels+Expert.swift",
    "Sources/PosternRuntime/Kernels+Rows.swift",
    "Sources/PosternRuntime/Kernels+SingleRow.swift",
    "Sources/PosternRuntime/Kernels.swift",
    "Sources/PosternStorage/FrameDecoder.swift",
    "Sources/PosternStorage/FileWatch.swift",
    "Sources/PosternStorage/InputFile.swift",
    "Sources/PosternStorage/MappedFile.swift",
    "Sources/PosternStorage/MappedMemory.swift",
    "Sources/PosternStorage/FileIdentity.swift",
    "Sources/PosternStorage/ReplacementFile.swift",
    "Sources/PosternTrainer/AdamW.swift",
    "Sources/PosternTrainer/DenseProduct.swift",
    "Sources/PosternTrainer/LookupLayer.swift",
    "Sources/PosternTrainer/TrainingOptions.swift",
    "Sources/PosternTrainer/TrainingProgress.swift",
    "Sources/PosternTrainer/VectorMath+Softmax.swift",
    "Sources/PosternTrainer/VectorMath.swift",
  ]

  /// Every import that the arrows forbid.
  static func complaints(_ file: SourceFile) -> [String] {
    guard var allowed = allowed[file.module] else {
      return ["\(file.path): no arrows are known for module \(file.module)"]
    }
    if threaded.contains(file.module) { allowed.formUnion(threading) }
    if systemModules.contains(file.module) { allowed.formUnion(system) }
    if file.module == "postern" { allowed.formUnion(foundation) }
    return imports(file.code).compactMap { name in
      if !allowed.contains(name) { return "\(file.path): imports \(name)" }
      let isC = system.contains(name) || name.hasPrefix("C")
      if isC && file.module != "postern" && !doors.contains(file.path) {
        return "\(file.path): imports \(name) and is no door to C"
      }
      return nil
    }
  }

  /// The modules that code imports, whole or in part.
  static func imports(_ code: String) -> [String] {
    let parts: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let"]
    return code.split(separator: "\n").compactMap { line in
      let words = line.split { $0 == " " || $0 == "\t" }
      guard let place = words.firstIndex(of: "import") else { return nil }
      let isImport = words[..<place].allSatisfy { word in
        word.hasPrefix("@") || ["public", "package", "internal", "private"].contains(word)
      }
      guard isImport, var name = words.dropFirst(place + 1).first else { return nil }
      if parts.contains(name), let next = words.dropFirst(place + 2).first { name = next }
      return String(name.prefix { $0 != "." })
    }
  }
}
