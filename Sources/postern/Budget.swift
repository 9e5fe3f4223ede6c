// Budget.swift: how much flash, memory and work a model may take.

/// The limits of `--budget flash=64K,ram=8K,macs=20K`.
struct Budget: Equatable {
  /// What is limited.
  enum Limit: String, CaseIterable {
    /// Bytes of the file.
    case flash
    /// Bytes of a session's workspace.
    case ram
    /// Multiply-adds for one row.
    case macs
  }

  /// The limits that were named.
  private(set) var limits: [Limit: Int] = [:]

  subscript(_ limit: Limit) -> Int? { limits[limit] }

  /// Why a budget cannot be read.
  enum Fault: Error, Equatable {
    case empty
    case noValue(String)
    case unknownKey(String)
    case namedTwice(Limit)
    case missingUnit(Limit, String)
    case notASize(Limit, String)

    /// The fault as a sentence.
    var text: String {
      switch self {
      case .empty: "--budget is empty, expected such as flash=64K,ram=8K,macs=20K"
      case .noValue(let part):
        "--budget: \(Messages.quoted(part)) has no value, expected such as flash=64K"
      case .unknownKey(let key):
        "--budget: unknown key \(Messages.quoted(key)), expected flash, ram or macs"
      case .namedTwice(let limit): "--budget: \(limit.rawValue) is named twice, expected once"
      case .missingUnit(let limit, let value):
        "--budget: \(limit.rawValue)=\(Messages.shown(value)) has no unit, "
          + "expected B, K, M or G, such as \(limit.rawValue)=\(Messages.shown(value))K"
      case .notASize(let limit, let value):
        "--budget: \(limit.rawValue)=\(Messages.quoted(value)), expected a number more than 0 "
          + (limit == .macs ? "such as 20000, 20K or 2M" : "with B, K, M or G, such as 64K")
      }
    }
  }

  /// Reads `KEY=VALUE,...`; K, M and G are powers of 1024 for bytes and of 1000 for multiply-adds.
  init(_ text: String) throws(Fault) {
    guard !text.isEmpty else { throw .empty }
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let limit = Limit(rawValue: String(sides[0])) else {
        throw .unknownKey(String(sides[0]))
      }
      guard sides.count == 2, !sides[1].isEmpty else { throw .noValue(String(part)) }
      guard limits[limit] == nil else { throw .namedTwice(limit) }
      limits[limit] = try Self.value(String(sides[1]), limit)
    }
  }

  private static func value(_ text: String, _ limit: Limit) throws(Fault) -> Int {
    if limit != .macs {
      // Only where a unit would make it right.
      if Double(text) != nil, let size = ByteSize(argument: text + "K"), size.byteCount > 0 {
        throw .missingUnit(limit, text)
      }
      guard Double(text) == nil, let size = ByteSize(argument: text), size.byteCount > 0 else {
        throw .notASize(limit, text)
      }
      return size.byteCount
    }
    let units: [Character: Double] = ["K": 1e3, "M": 1e6, "G": 1e9]
    var digits = text.uppercased()
    let unit = digits.last.flatMap { units[$0] }
    if unit != nil { digits.removeLast() }
    guard let number = Double(digits), number * (unit ?? 1) >= 1, number * (unit ?? 1) < 1e15
    else { throw .notASize(limit, text) }
    return Int(number * (unit ?? 1))
  }
}

/// What a model takes, exactly.
struct BudgetSizes: Equatable {
  var fileByteCount: Int
  var ramByteCount: Int
  var rowMacCount: Int

  func value(_ limit: Budget.Limit) -> Int {
    switch limit {
    case .flash: fileByteCount
    case .ram: ramByteCount
    case .macs: rowMacCount
    }
  }
}

extension Budget {
  /// A limit that is exceeded, and by how much.
  struct Overrun: Equatable {
    var limit: Limit
    var found: Int
    var most: Int

    /// Such as `flash 70,000 bytes, 4,464 over 65,536`.
    var text: String {
      let unit = limit == .macs ? "multiply-adds" : "bytes"
      return "\(limit.rawValue) \(grouped(found)) \(unit), \(grouped(found - most)) over "
        + grouped(most)
    }
  }

  /// The limits that `sizes` exceed.
  func overruns(_ sizes: BudgetSizes) -> [Overrun] {
    Limit.allCases.compactMap { limit in
      guard let most = limits[limit], sizes.value(limit) > most else { return nil }
      return Overrun(limit: limit, found: sizes.value(limit), most: most)
    }
  }
}
