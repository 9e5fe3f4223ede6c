// DeviationsView.swift: how far each expert was from rows that it had not seen.
//
// Step: section → [deviations] → whoever asks.   Specification: formats/model.md, section 8.7.

/// The section of deviations of a regression, read in place.
public struct DeviationsView: ~Escapable {
  private let bytes: Span<UInt8>
  private let outputCount: Int

  /// Views checked bytes.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, outputCount: Int) {
    self.bytes = bytes
    self.outputCount = outputCount
  }

  /// The standard deviation of an expert's errors on held-out rows.
  ///
  /// - Parameters:
  ///   - expert: In `0..<expertCount`.
  ///   - output: In `0..<outputCount`.
  /// - Returns: In the unit of the target, not negative.
  /// - Complexity: O(1), no allocation.
  public func deviation(ofExpert expert: Int, output: Int) -> Float {
    precondition(expert >= 0)
    precondition(output >= 0 && output < outputCount)
    return bytes.float(at: 4 * (expert * outputCount + output))
  }

  /// Checks rule R32 for this section.
  static func check(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    let size = (4 * header.expertCount).times(header.outputCount)
    guard bytes.count == size else {
      throw error(at: 0, found: UInt64(wide: bytes.count), expected: UInt64(wide: size))
    }
    guard header.task == .regression else {
      throw error(at: 0, found: UInt64(wide: header.task.rawValue))
    }
    // Neither negative nor -0, infinite or NaN.
    for offset in stride(from: 0, to: size, by: 4) where bytes.uint32(at: offset) >= 0x7F80_0000 {
      throw error(at: offset, found: UInt64(wide: bytes.uint32(at: offset)))
    }
  }

  private static func error(at offset: Int, found: UInt64, expected: UInt64 = 0) -> FormatError {
    FormatError(
      .invalidAncillaryValue, kind: SectionKind.deviations.rawValue, at: offset, found: found,
      expected: expected)
  }
}
