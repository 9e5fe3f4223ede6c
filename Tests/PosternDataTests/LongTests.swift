#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How much random testing is wanted: `POSTERN_LONG_TESTS=100` does a hundred times as much.
enum LongTests {
  static let factor = Int(ProcessInfo.processInfo.environment["POSTERN_LONG_TESTS"] ?? "") ?? 1
}
