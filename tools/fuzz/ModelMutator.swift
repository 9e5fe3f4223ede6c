// ModelMutator.swift: changes a model, then repairs what would hide the change.
//
// Checksums and sizes refuse nearly every random change at once. So after a change the reader is asked
// what is wrong, and what can be computed (checksums, sizes, offsets, zeros) is put right, until
// nothing is wrong or the rule that is broken is one of substance. One change in eight is left as it is.

import Glibc
import PosternFormat

@_silgen_name("LLVMFuzzerMutate")
private func fuzzerMutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int) -> Int

/// Called by libFuzzer to change an input in place; gives its new size.
@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: UInt32
) -> Int {
  var random = Random(state: UInt64(seed))
  guard size >= Layout.headerByteCount, random.below(8) > 0 else {
    return fuzzerMutate(data, size, limit)
  }
  var model = Mutant(data: data, size: size, limit: limit)
  switch random.below(6) {
  case 0: model.size = fuzzerMutate(data, size, limit)
  case 1, 2: model.changePart(&random)
  default:
    for _ in 0...random.below(3) { model.changeNumber(&random) }
  }
  for _ in 0..<48 {
    lastInput.note(model.bytes)
    guard let error = model.error(), model.repair(error) else { break }
  }
  return model.size
}

/// What the reader was last asked about here. libFuzzer does not know it, so that a crash would leave
/// nothing to look at: it is kept in a mapped file, which outlives the process.
private struct LastInput {
  private let start: UnsafeMutableRawPointer?
  private let byteCount = 1 << 20

  init(path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
    defer { close(descriptor) }
    guard ftruncate(descriptor, byteCount) == 0 else { fatalError("cannot write \(path)") }
    start = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
  }

  /// Keeps the size, eight bytes, and the bytes.
  func note(_ bytes: Span<UInt8>) {
    guard let start, bytes.count <= byteCount - 8 else { return }
    start.storeBytes(of: UInt64(bytes.count), as: UInt64.self)
    bytes.withUnsafeBytes { buffer in
      if let base = buffer.baseAddress { memcpy(start + 8, base, buffer.count) }
    }
  }
}

nonisolated(unsafe) private let lastInput = LastInput(path: ".build-fuzz/last-input")

/// SplitMix64.
struct Random {
  var state: UInt64

  mutating func below(_ count: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(max(count, 1)))
  }
}

/// A file that is being changed in place.
private struct Mutant {
  let data: UnsafeMutablePointer<UInt8>
  var size: Int
  let limit: Int

  var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get { _overrideLifetime(Span(_unsafeStart: data, count: size), borrowing: self) }
  }

  private var sectionCount: Int {
    size < 32 ? 0 : min(Int(bytes.uint32(at: Layout.Header.sectionCount)), (size - 136) / 64)
  }

  private func write(_ value: UInt64, at offset: Int, byteCount: Int = 8) -> Bool {
    guard offset >= 0, offset + byteCount <= size else { return false }
    for index in 0..<byteCount {
      data[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
    return true
  }

  /// The header, an entry of the directory, or a section.
  private func part(_ random: inout Random) -> Range<Int> {
    let entries = sectionCount
    switch random.below(4) {
    case 0: return 0..<Layout.headerByteCount
    case 1 where entries > 0:
      let start = Layout.headerByteCount + random.below(entries) * Layout.entryByteCount
      return start..<start + Layout.entryByteCount
    case 2, 3:
      guard entries > 0 else { break }
      let start = Layout.headerByteCount + random.below(entries) * Layout.entryByteCount
      let offset = Int(min(bytes.uint64(at: start + Layout.Entry.offset), UInt64(size)))
      let stored = bytes.uint64(at: start + Layout.Entry.storedByteCount)
      let end = offset + Int(min(stored, UInt64(size - offset)))
      if offset < end { return offset..<end }
    default: break
    }
    return 0..<size
  }

  mutating func changePart(_ random: inout Random) {
    let part = part(&random)
    _ = fuzzerMutate(data + part.lowerBound, part.count, part.count)
  }

  /// Sets an aligned number of 1, 4 or 8 bytes to one that is at some limit, or near the old one.
  mutating func changeNumber(_ random: inout Random) {
    let part = part(&random)
    let width = [1, 4, 4, 8][random.below(4)]
    guard part.count >= width else { return }
    let offset = part.lowerBound + random.below(part.count / width) * width
    var old: UInt64 = 0
    for index in 0..<width { old |= UInt64(data[offset + index]) << UInt64(8 * index) }
    let chosen: [UInt64] = [
      0, 1, 2, 3, 4, 12, 13, 15, 16, 17, 63, 64, 65, 127, 128, 255, 1025, 65_535, 65_536, 65_537,
      0x7FFF_FFFF, 0xFFFF_FFFF, 0x3F80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x0000_0001,
      0x7F7F_FFFF, 0x8000_0000, 1022, 0xFFFF_FC02, 0x7FF0_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF,
      0x8000_0000_0000_0000, 0x41D9_54FC_4000_0000, .max, old &+ 1, old &- 1, old ^ 1, old &* 2,
      old / 2, old &+ 64,
    ]
    _ = write(chosen[random.below(chosen.count)], at: offset, byteCount: width)
  }

  /// The first rule that the file breaks, that of its raw experts included.
  func error() -> FormatError? {
    do throws(FormatError) {
      let model = try ModelView(validating: bytes)
      for expert in 0..<model.expertSectionCount
      where model.expertEntry(expert).encoding == .raw {
        _ = try model.checkedRawExpert(expert)
      }
      return nil
    } catch {
      return error
    }
  }

  /// Puts right what follows from the rest of the file; false if the rule is of another sort.
  mutating func repair(_ error: FormatError) -> Bool {
    let offset = Int(truncatingIfNeeded: error.offset)
    switch error.rule {
    case .wrongFileSize:
      return write(UInt64(size), at: Layout.Header.fileByteCount)
    case .damagedDirectory where offset > Layout.headerByteCount:
      return write(error.found, at: offset)
    case .wrongHeaderSize:
      return write(UInt64(Layout.headerByteCount), at: offset, byteCount: 4)
    case .nonzeroReservedByte, .nonzeroPadding:
      return write(0, at: offset, byteCount: 1)
    case .misplacedSection, .wrongWorkspaceSize:
      return write(error.expected, at: offset)
    case .wrongSectionSize where error.found == UInt64(size):
      return resize(Int(truncatingIfNeeded: error.expected))
    case .damagedSection, .damagedExpert:
      guard let entry = entry(error.kind, error.index) else { return false }
      return write(error.found, at: entry + Layout.Entry.checksum)
    case .invalidExpertShape where error.offset % 64 == 0 && error.expected > 128:
      return resizeExpert(offset / 64, to: error.expected)
    case .invalidExpertValue:
      guard let entry = entry(error.kind, error.index) else { return false }
      let start = Int(bytes.uint64(at: entry + Layout.Entry.offset))
      return write(0, at: (start + offset) & ~3, byteCount: 4)
    case .invalidInput:
      guard let entry = entry(error.kind, error.index) else { return false }
      let start = Int(bytes.uint64(at: entry + Layout.Entry.offset))
      // A count that follows from the rest, or a number that may be 0.
      return write(error.expected, at: (start + offset) & ~3, byteCount: 4)
    default:
      return false
    }
  }

  private func entry(_ kind: UInt32, _ index: UInt32) -> Int? {
    for number in 0..<sectionCount {
      let start = Layout.headerByteCount + number * Layout.entryByteCount
      if bytes.uint32(at: start) == kind && bytes.uint32(at: start + 4) == index { return start }
    }
    return nil
  }

  private mutating func resize(_ count: Int) -> Bool {
    guard count > Layout.headerByteCount, count <= limit else { return false }
    if count > size { (data + size).update(repeating: 0, count: count - size) }
    size = count
    return true
  }

  private mutating func resizeExpert(_ expert: Int, to byteCount: UInt64) -> Bool {
    let expertCount = Int(bytes.uint32(at: Layout.Header.expertCount))
    let isShared = expert == expertCount
    guard let entry = entry(isShared ? 6 : 7, isShared ? 0 : UInt32(expert)),
      byteCount <= UInt64(limit), data[entry + Layout.Entry.encoding] == 0
    else { return false }
    return write(byteCount, at: entry + Layout.Entry.storedByteCount)
      && write(byteCount, at: entry + Layout.Entry.decodedByteCount)
  }
}
