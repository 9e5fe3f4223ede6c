// PackCommand.swift: the same model, its experts stored otherwise.
//
// Specification: formats/model.md, sections 5.2 and 11.

internal import ArgumentParser
internal import PosternFormat
internal import PosternPackaging
internal import PosternStorage

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Store the experts of a model raw or compressed.",
    discussion: """
      EXAMPLE:  postern pack price.moe --profile map -o price-mapped.moe

      Predictions do not change, not by one bit, unless --elements rounds the weights. Profile \
      `ship` compresses experts: small to send. Profile `map` stores them raw: run straight from \
      the mapped file.
      """)

  @Argument(help: ArgumentHelp("The model; `-` reads it from standard input.", valueName: "model"))
  var model: String

  @Option(name: [.customShort("o"), .long], help: "Where the model goes.")
  var output: String

  @Option(help: "How experts are stored.")
  var profile: ProfileName?

  @Option(help: ArgumentHelp("Experts to store raw, such as 0,3-5 or all.", valueName: "experts"))
  var raw: ExpertList?

  @Option(help: ArgumentHelp("Experts to compress, such as 0,3-5 or all.", valueName: "experts"))
  var zstd: ExpertList?

  @Option(
    help: ArgumentHelp(
      "Round the experts' weights to this type; predictions change, routes do not.",
      valueName: "f16|int8|int4"))
  var elements: ElementName?

  @Flag(name: .shortAndLong, help: "Say nothing but errors.")
  var quiet = false

  func validate() throws {
    if profile == nil && raw == nil && zstd == nil && elements == nil {
      throw ValidationError("nothing to do, expected --profile, --raw, --zstd or --elements")
    }
    if elements != nil && (raw != nil || zstd != nil) {
      throw ValidationError("--elements takes --profile, not --raw or --zstd")
    }
  }

  func run() throws {
    let name = Messages.name(ofInput: model)
    try refuseBinaryOnTerminal(output)
    try checkOutputs([NamedPath("-o", output)])
    let (before, bytes) = try withModel(at: model) { view in
      let count = view.header.expertCount
      for (option, list) in [("--raw", raw), ("--zstd", zstd)] {
        if let expert = list?.firstBeyond(count) {
          throw CommandFailure(.usage, Messages.noSuchExpert(option, expert, count, in: name))
        }
      }
      if let expert = raw?.firstCommon(zstd, count) {
        throw CommandFailure(.usage, Messages.rawAndCompressed(expert))
      }
      if let elements { return (view.bytes.count, try rounded(view, elements, name)) }
      return (view.bytes.count, try packed(view, name))
    }
    try writeFile(bytes, to: output)
    if !quiet {
      Console().note(Messages.packed(before: before, after: bytes.count, output))
    }
  }

  private func packed(_ view: ModelView, _ name: String) throws -> [UInt8] {
    do {
      return try repacked(
        view,
        profile: { expert in
          if raw?.contains(expert) == true { return .map }
          if zstd?.contains(expert) == true { return .ship }
          if let profile { return profile.profile }
          return view.expertEntry(expert).encoding == .raw ? .map : .ship
        },
        decoded: { try decodedExpert(view, $0) })
    } catch let error as FormatError {
      throw Messages.refused(error, in: name, bytes: view.bytes)
    } catch let error as PackagingError {
      throw CommandFailure(.refusedModel, Messages.packaging(error, name))
    }
  }
}

/// The types that weights can be rounded to.
enum ElementName: String, CaseIterable, ExpressibleByArgument {
  case f16, int8, int4

  var type: Expert.ElementType {
    switch self {
    case .f16: .f16
    case .int8: .int8
    case .int4: .int4
    }
  }
}

/// A profile by its name.
enum ProfileName: String, CaseIterable, ExpressibleByArgument {
  case ship, map

  var profile: Profile {
    switch self {
    case .ship: .ship
    case .map: .map
    }
  }
}

/// Experts by their indices: `all`, or numbers and ranges with commas.
struct ExpertList: ExpressibleByArgument {
  private let ranges: [ClosedRange<Int>]

  init?(argument: String) {
    if argument == "all" {
      ranges = [0...Int.max]
      return
    }
    guard let ranges = expertRanges(argument) else { return nil }
    self.ranges = ranges
  }

  func contains(_ expert: Int) -> Bool { ranges.contains { $0.contains(expert) } }

  /// The first expert named that a model of `count` experts lacks. `all` names those there are.
  func firstBeyond(_ count: Int) -> Int? {
    ranges.map(\.upperBound).first { $0 >= count && $0 != Int.max }
  }

  /// The first of `count` experts that is in both lists. `all` gives way to named ones.
  func firstCommon(_ other: ExpertList?, _ count: Int) -> Int? {
    guard let other else { return nil }
    return (0..<count).first { contains($0) && other.contains($0) }
  }
}
