// ByteDump+Input.swift: the fields of the input, byte by byte.
//
// Specification: formats/model.md, section 6.6.

internal import PosternFormat

extension ByteDump {
  mutating func input(_ start: Int) {
    let columns = integer(start, 4, "columnCount")
    let targets = integer(start + 4, 4, "targetCount")
    let sources = integer(start + 8, 4, "sourceCount")
    let units = integer(start + 12, 4, "unitCount")
    let tokens = integer(start + 16, 4, "tokenCount")
    let numberTokens = integer(start + 20, 4, "numberTokenCount")
    integer(start + 24, 4, "textByteCount")
    reserved(start + 28, 4)
    var offset = start + Layout.Input.fixedByteCount
    for _ in 0..<columns + targets {
      number(offset)
      offset += Layout.Input.recordByteCount
    }
    for _ in 0..<sources {
      integer(offset, 1, "form")
      reserved(offset + 1, Layout.Input.sourceByteCount - 1)
      offset += Layout.Input.sourceByteCount
    }
    texts(offset, sources + units + tokens + numberTokens)
  }

  private mutating func number(_ offset: Int) {
    let origin = "\(model.bytes.double(at: offset))"
    line(offset, 8, "f64", "origin", origin.hasSuffix(".0") ? "\(origin.dropLast(2))" : origin)
    let exponent = Int32(bitPattern: model.bytes.uint32(at: offset + 8))
    line(offset + 8, 4, "i32", "exponent", "\(exponent)")
    integer(offset + 12, 4, "source")
    integer(offset + 16, 1, "part")
    integer(offset + 17, 1, "decimal")
    integer(offset + 18, 1, "grouping")
    reserved(offset + 19, 1)
    integer(offset + 20, 4, "unit")
  }
}
