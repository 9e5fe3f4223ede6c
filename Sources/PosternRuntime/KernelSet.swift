// KernelSet.swift: which instruction set computes.

#if canImport(CPosternKernels)
  import CPosternKernels
#endif

/// The instruction sets that the layers are written for. All give the same bits.
///
/// The best one that the machine has is chosen before the program's main; the environment variable
/// `POSTERN_KERNELS` may name a lesser one.
public enum KernelSet: Int32, Sendable {
  /// Any machine: arm64's own fused multiply-add, software where there is none.
  case portable = 0
  /// arm64 with products of bytes (SDOT).
  case dot = 1
  /// x86-64 with AVX2, FMA and F16C.
  case avx2 = 2
  /// x86-64 with AVX-512F, and VNNI where there is VNNI.
  case avx512 = 3
  /// The same with AMX: batches of int8 layers on tiles.
  case amx = 4

  /// The set in use.
  public static var current: KernelSet {
    #if canImport(CPosternKernels)
      KernelSet(rawValue: postern_kernels_selected()) ?? .portable
    #else
      .portable
    #endif
  }

  /// Uses this set from now on, if the machine has it. Not to be called while another thread
  /// computes.
  ///
  /// - Returns: The set in use afterwards: this one, or the one before.
  @discardableResult
  public func select() -> KernelSet {
    #if canImport(CPosternKernels)
      KernelSet(rawValue: postern_kernels_select(rawValue)) ?? .portable
    #else
      .portable
    #endif
  }

  /// The name that `POSTERN_KERNELS` takes.
  public var name: StaticString {
    switch self {
    case .portable: "portable"
    case .dot: "dot"
    case .avx2: "avx2"
    case .avx512: "avx512"
    case .amx: "amx"
    }
  }
}
