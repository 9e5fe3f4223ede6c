// Messages+Shell.swift: commands and options in messages, so that they run when pasted into bash.

internal import PosternData

extension Messages {
  /// A text as one word of bash.
  static func shellQuoted(_ text: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")
    if !text.isEmpty && text.allSatisfy(plain.contains) { return text }
    // Backticks end the command in a message, and control characters obey a terminal.
    let isPrintable = text.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && $0.value != 0x7F && $0 != "`"
    }
    if isPrintable { return "'" + text.split("'").joined(separator: "'\\''") + "'" }
    var result = "$'"
    for scalar in text.unicodeScalars {
      switch scalar {
      case "'": result += "\\'"
      case "\\": result += "\\\\"
      case "`": result += "\\x60"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "'"
  }

  /// An option with a value, as one or two words of bash in backticks.
  ///
  /// - Parameters:
  ///   - name: The option, with its hyphens.
  ///   - value: The value; commas in it do not separate.
  /// - Returns: The option alone for a value of which only the beginning is known.
  static func option(_ name: String, _ value: ShortText) -> String {
    value.isCut ? "`\(name)`" : option(name, [text(value.bytes)])
  }

  /// An option for each of the values, in backticks.
  static func option(_ name: String, _ values: [String]) -> String {
    let words = values.map { value in
      let value = value.split(",").joined(separator: "\\,")
      return name + (value.hasPrefix("-") ? "=" : " ") + shellQuoted(value)
    }
    return "`" + words.joined(separator: " ") + "`"
  }

  /// A command that turns an input into another file.
  ///
  /// - Parameters:
  ///   - filter: A command from standard input to standard output.
  ///   - name: The name of the input.
  ///   - ending: The ending of the new file, with its point.
  /// - Returns: The command in backticks; the filter alone for standard input.
  static func conversion(_ filter: String, of name: String, to ending: String) -> String {
    guard name != standardInput else { return "`\(filter)`" }
    return "`\(filter) < \(shellQuoted(name)) > \(shellQuoted(newName(name, ending)))`"
  }

  /// A file's name without its last ending, and another one behind it; never the same name.
  static func newName(_ name: String, _ ending: String) -> String {
    var parts = name.split("/")
    var last = parts.removeLast()
    if let point = last.lastIndex(of: "."), point != last.startIndex {
      last = String(last[..<point])
    }
    for known in [".csv", ".tsv", ".ndjson"] where last.hasSuffix(known) && ending == known {
      last.removeLast(known.count)
    }
    let new = (parts + [last + ending]).joined(separator: "/")
    return new == name ? (parts + [last + "-new" + ending]).joined(separator: "/") : new
  }
}

extension String {
  /// The parts between occurrences of one character, empty ones included.
  fileprivate func split(_ separator: Character) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
