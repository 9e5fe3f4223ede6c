// Compressor.swift: one zstd frame of one section.
//
// Step: section → [frame] → file.   Specification: formats/model.md, section 5.2. Says `unsafe`.

internal import CZstd

/// The zstd level of profile `ship`.
let shippingLevel: Int32 = 19

/// Compresses `bytes` into one frame without checksum, its content size stated.
///
/// - Returns: The frame, or nil if it is not smaller than `bytes`.
/// - Throws: ``PackagingError/compression(_:)`` with the library's own words.
func frame(_ bytes: [UInt8]) throws(PackagingError) -> [UInt8]? {
  // SAFETY: the context is freed below and used only here.
  guard let context = unsafe ZSTD_createCCtx() else {
    throw .compression("no memory for a compression context")
  }
  defer { unsafe _ = ZSTD_freeCCtx(context) }
  unsafe _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, shippingLevel)
  unsafe _ = ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1)
  unsafe _ = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0)
  let bound = ZSTD_compressBound(bytes.count)
  var failure: String?
  // SAFETY: both buffers live for the call, with the sizes that are handed over.
  let frame = unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
    let written = unsafe bytes.withUnsafeBufferPointer { input in
      unsafe ZSTD_compress2(
        context, output.baseAddress, bound, input.baseAddress, input.count)
    }
    if ZSTD_isError(written) != 0 {
      failure = unsafe String(cString: ZSTD_getErrorName(written))
      count = 0
    } else {
      count = written
    }
  }
  if let failure { throw .compression(failure) }
  return frame.count < bytes.count ? frame : nil
}
