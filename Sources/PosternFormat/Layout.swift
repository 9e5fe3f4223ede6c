// Layout.swift: where every field of a model file is.
//
// Step: file → [layout] → reader, writer.   Specification: formats/model.md, sections 4 to 7.

/// Offsets, sizes and limits of the model file.
///
/// The reader and the writer take them from here and from nowhere else.
///
/// ```
/// header 128 | directory: 64 a section, checksum 8 | sections in order of (kind, index)
/// ```
public enum Layout {
  /// 0x8F, "MOE", CR LF, SUB, LF. The first byte is not ASCII and not UTF-8, and the line ends
  /// catch a transfer that rewrote them.
  public static let signature: InlineArray<8, UInt8> = [
    0x8F, 0x4D, 0x4F, 0x45, 0x0D, 0x0A, 0x1A, 0x0A,
  ]
  /// The major version that this library writes, and the only one it reads.
  public static let versionMajor: UInt16 = 1
  /// The latest minor version that this library writes.
  public static let versionMinor: UInt16 = 1

  /// The minor version of a new file: the first that knows all its sections.
  public static func versionMinor(hasInput: Bool) -> UInt16 { hasInput ? 1 : 0 }

  /// The size of the header.
  public static let headerByteCount = 128
  /// The size of one directory entry.
  public static let entryByteCount = 64
  /// The size of the checksum behind the directory.
  public static let checksumByteCount = 8
  /// Where a section starts, unless it is page-aligned.
  public static let alignment = 64
  /// Where a page-aligned section starts.
  public static let pageByteCount = 4_096
  /// Outputs that share a panel of weights.
  public static let panelWidth = 16
  /// Rows that a session computes together.
  public static let blockRowCount = 64

  /// Offsets in the header. Section 5.
  public enum Header {
    /// `versionMajor: u16`
    public static let versionMajor = 8
    /// `versionMinor: u16`
    public static let versionMinor = 10
    /// `headerByteCount: u32`
    public static let headerByteCount = 12
    /// `fileByteCount: u64`
    public static let fileByteCount = 16
    /// `sectionCount: u32`
    public static let sectionCount = 24
    /// `expertCount: u32`
    public static let expertCount = 28
    /// `columnCount: u32`
    public static let columnCount = 32
    /// `featureCount: u32`
    public static let featureCount = 36
    /// `outputCount: u32`
    public static let outputCount = 40
    /// `task: u8`
    public static let task = 44
    /// `gateScale: u8`
    public static let gateScale = 45
    /// `sharedExpert: u8`
    public static let sharedExpert = 46
    /// One reserved byte.
    public static let reservedByte = 47
    /// `groupCount: u32`
    public static let groupCount = 48
    /// Four reserved bytes.
    public static let reservedWord = 52
    /// `sessionByteCount: u64`
    public static let sessionByteCount = 56
    /// `rowByteCount: u64`
    public static let rowByteCount = 64
    /// `blockRowByteCount: u64`
    public static let blockRowByteCount = 72
    /// `cacheByteCount: u64`
    public static let cacheByteCount = 80
    /// Forty reserved bytes, to the end of the header.
    public static let reservedTail = 88
  }

  /// Offsets in a directory entry. Section 5.1.
  public enum Entry {
    /// `kind: u32`
    public static let kind = 0
    /// `index: u32`
    public static let index = 4
    /// `flags: u8`: bit 0 critical, bit 1 page-aligned.
    public static let flags = 8
    /// `encoding: u8`
    public static let encoding = 9
    /// Six reserved bytes.
    public static let reservedHead = 10
    /// `offset: u64`
    public static let offset = 16
    /// `storedByteCount: u64`
    public static let storedByteCount = 24
    /// `decodedByteCount: u64`
    public static let decodedByteCount = 32
    /// `checksum: u64`
    public static let checksum = 40
    /// Sixteen reserved bytes, to the end of the entry.
    public static let reservedTail = 48
  }

  /// Sizes in the schema. Section 6.1.
  public enum Schema {
    /// The fixed part before the column records.
    public static let fixedByteCount = 32
    /// One column record.
    public static let recordByteCount = 16
  }

  /// Sizes in the transform. Section 6.2.
  public enum Transform {
    /// The fixed part before the column records.
    public static let fixedByteCount = 16
    /// One column record.
    public static let recordByteCount = 48
  }

  /// Sizes in the router. Section 6.3.
  public enum Router {
    /// The fixed part before the node records.
    public static let fixedByteCount = 16
    /// One node record.
    public static let recordByteCount = 16
  }

  /// Sizes in the input. Section 6.6.
  public enum Input {
    /// The fixed part before the records of columns and targets.
    public static let fixedByteCount = 32
    /// One record of a column or a target.
    public static let recordByteCount = 24
    /// One record of a source.
    public static let sourceByteCount = 8
  }

  /// The size of one output's record in the head. Section 6.4.
  public static let headRecordByteCount = 16
  /// The size of one expert's shape. Section 6.5.
  public static let shapeRecordByteCount = 64
  /// The size of the fixed part of the router parameters. Section 8.1.
  public static let routerParametersFixedByteCount = 16

  /// `count` rounded up to a multiple of `multiple`, which is a power of two.
  @inline(__always)
  public static func pad(_ count: Int, to multiple: Int) -> Int {
    (count + multiple - 1) & ~(multiple - 1)
  }
}

/// The largest counts that a file may state. Section 4.
public enum Limit {
  /// Bytes of a file.
  public static let fileByteCount: UInt64 = 1_099_511_627_776
  /// Fewest sections of a file.
  public static let sectionCountLeast: UInt64 = 6
  /// Sections of a file.
  public static let sectionCount: UInt64 = 131_072
  /// Experts, columns, features, outputs, groups, widths and categories of a column.
  public static let count: UInt64 = 65_536
  /// Hidden layers of an expert.
  public static let hiddenCount = 12
  /// The largest exponent of a number, and its magnitude below zero. Section 6.6.
  public static let exponent = 1_022
  /// Edges of a numeric column.
  public static let edgeCount = 1_025
  /// Entries of all columns.
  public static let entryCount = 16_777_216
  /// Bytes of one text.
  public static let textByteCount = 65_535
  /// Bytes of one decoded section.
  public static let sectionByteCount: UInt64 = 2_147_483_647
}
