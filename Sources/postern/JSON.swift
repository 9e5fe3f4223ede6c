// JSON.swift: values as JSON text, for reports and for what a model says about itself.

/// A JSON value. Members keep their order; numbers keep their digits.
enum JSON: Equatable {
  struct Member: Equatable {
    var name: String
    var value: JSON
  }

  case null
  case bool(Bool)
  case numeral(String)
  case text(String)
  case array([JSON])
  case object([Member])

  static func integer(_ value: Int) -> JSON { .numeral(String(value)) }

  /// The shortest numeral that reads back equal; null if it is not finite.
  static func number(_ value: Float) -> JSON {
    value.isFinite ? .numeral(value.description) : .null
  }

  /// The shortest numeral that reads back equal; null if it is not finite.
  static func number(_ value: Double) -> JSON {
    value.isFinite ? .numeral(value.description) : .null
  }

  /// An object with its members in the order given.
  static func object(_ members: KeyValuePairs<String, JSON>) -> JSON {
    .object(members.map { Member(name: $0.key, value: $0.value) })
  }

  /// The value under `name`, if this is an object that has one.
  subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The number, if this is one.
  var double: Double? {
    if case .numeral(let digits) = self { return Double(digits) }
    return nil
  }

  /// The text, if this is one.
  var string: String? {
    if case .text(let text) = self { return text }
    return nil
  }

  /// Whether this is an object.
  var isObject: Bool {
    if case .object = self { return true }
    return false
  }

  /// The same value with the members of every object in the order of their names.
  var sorted: JSON {
    switch self {
    case .array(let elements): return .array(elements.map(\.sorted))
    case .object(let members):
      let sorted = members.map { Member(name: $0.name, value: $0.value.sorted) }
      return .object(sorted.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
    default: return self
    }
  }
}

extension JSON {
  /// The text on one line without blanks.
  var compact: String {
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .numeral(let digits): return digits
    case .text(let text): return JSON.quoted(text)
    case .array(let elements):
      return "[" + elements.map(\.compact).joined(separator: ",") + "]"
    case .object(let members):
      let parts = members.map { JSON.quoted($0.name) + ":" + $0.value.compact }
      return "{" + parts.joined(separator: ",") + "}"
    }
  }

  /// The text on several lines; arrays and objects of plain values stay on one if they fit.
  func pretty(indent: Int = 0) -> String {
    let line = compact
    if indent > 0, line.utf8.count <= 90, isFlat { return spaced }
    let inner = String(repeating: " ", count: indent + 2)
    let outer = String(repeating: " ", count: indent)
    switch self {
    case .array(let elements) where !elements.isEmpty:
      let parts = elements.map { inner + $0.pretty(indent: indent + 2) }
      return "[\n" + parts.joined(separator: ",\n") + "\n" + outer + "]"
    case .object(let members) where !members.isEmpty:
      let parts = members.map {
        inner + JSON.quoted($0.name) + ": " + $0.value.pretty(indent: indent + 2)
      }
      return "{\n" + parts.joined(separator: ",\n") + "\n" + outer + "}"
    default: return line
    }
  }

  private var isFlat: Bool {
    switch self {
    case .array(let elements): elements.allSatisfy(\.isScalar)
    case .object(let members): members.allSatisfy(\.value.isScalar)
    default: true
    }
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  /// One line with a blank behind commas and colons.
  private var spaced: String {
    switch self {
    case .array(let elements):
      return "[" + elements.map(\.spaced).joined(separator: ", ") + "]"
    case .object(let members):
      let parts = members.map { JSON.quoted($0.name) + ": " + $0.value.spaced }
      return "{" + parts.joined(separator: ", ") + "}"
    default: return compact
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
