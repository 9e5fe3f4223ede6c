// Message.swift: the form of everything that is said to a person.
//
// Step: error → [message] → standard error. The words are in `Messages.swift` and its extensions.

internal import PosternData

/// One thing to tell a person: where, what was found, what was expected, and what to do about it.
struct Message: Equatable {
  /// A line of the input with the place that is meant.
  struct Pointer: Equatable {
    var line: Int
    var text: String
    /// Characters before the place.
    var offset: Int
    /// Characters of the place, at least 1.
    var count: Int
  }

  /// Where, as `FILE:LINE:COLUMN` or a file or option; empty when it needs no place.
  var place: String
  /// What was found and what was expected; lower case, no full stop.
  var text: String
  var pointer: Pointer?
  /// The next step.
  var help: String?

  init(_ place: String, _ text: String, pointer: Pointer? = nil, help: String? = nil) {
    self.place = place
    self.text = text
    self.pointer = pointer
    self.help = help
  }

  /// The lines to print.
  ///
  /// - Parameter severity: `error`, `warning` or `note`.
  /// - Returns: Whole lines, the last one ended.
  func rendered(_ severity: String) -> String {
    var result = severity + ": " + (place.isEmpty ? "" : place + ": ") + text + "\n"
    if let pointer {
      let number = String(pointer.line)
      let margin = String(repeating: " ", count: number.count)
      result += "  \(number) | \(pointer.text)\n"
      result += "  \(margin) | " + String(repeating: " ", count: pointer.offset)
      result += String(repeating: "^", count: max(pointer.count, 1)) + "\n"
    }
    if let help { result += "  help: \(help)\n" }
    return result
  }
}

/// Why a command ends without having done what was asked.
struct CommandFailure: Error {
  var status: ExitStatus
  var message: Message

  init(_ status: ExitStatus, _ message: Message) {
    self.status = status
    self.message = message
  }
}

/// The messages, by topic; each topic is an extension in a file of its own.
enum Messages {
  /// The name under which standard input is spoken of.
  static let standardInput = "stdin"

  /// A path as a person sees it.
  static func name(ofInput path: String) -> String {
    path == "-" ? standardInput : shown(path)
  }

  /// Text from outside, fit for a terminal.
  static func shown(_ text: String) -> String { printable(Array(text.utf8).span) }

  /// A name or value from outside, in the quotes that set it off.
  static func quoted(_ text: Span<UInt8>) -> String { "`\(ShortText(text).description)`" }

  /// A name or value from outside, in the quotes that set it off.
  static func quoted(_ text: [UInt8]) -> String { quoted(text.span) }

  /// A name or value from outside, in the quotes that set it off.
  static func quoted(_ text: ShortText) -> String { "`\(text.description)`" }

  /// A name or value from outside, in the quotes that set it off.
  static func quoted(_ text: String) -> String { quoted(Array(text.utf8)) }

  /// Names with commas, at most `limit` of them.
  static func list(_ names: [String], limit: Int = 8) -> String {
    let shown = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? shown + " and \(names.count - limit) more" : shown
  }

  /// A number with its noun.
  static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    grouped(number) + " " + (number == 1 ? noun : plural ?? noun + "s")
  }
}
