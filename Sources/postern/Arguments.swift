// Arguments.swift: the arguments as the parser takes them.
//
// Step: [command line] → options.

/// Binds values that begin with a hyphen to their options, so that the parser does not take them
/// for options of their own: `--missing -999` becomes `--missing=-999`.
///
/// - Parameter arguments: The arguments behind the program's name.
/// - Returns: As many arguments or fewer; those behind `--` as they were.
func boundArguments(_ arguments: [String]) -> [String] {
  var result: [String] = []
  var rest = arguments[...]
  while let argument = rest.popFirst() {
    guard argument != "--" else { return result + [argument] + rest }
    if argument == "--explain" && arguments.first == "predict" {
      // What follows is never taken as the number of terms.
      result.append("--explain=route")
    } else if argument.hasPrefix("--"), !argument.contains("="), let value = rest.first,
      textOptions.contains(argument) ? isText(value) : isNegative(value)
    {
      rest.removeFirst()
      result.append("\(argument)=\(value)")
    } else {
      result.append(argument)
    }
  }
  return result
}

/// Options whose values are texts of any kind.
private let textOptions: Set<String> = [
  "--missing", "--target", "--id", "--keep", "--ignore", "--categorical", "--numeric",
  "--delimiter", "--unit",
]

/// Whether an argument that begins with a hyphen is no option: `-999`, `-n/a-`, `--`.
private func isText(_ argument: String) -> Bool {
  guard argument.hasPrefix("-"), argument.count > 1 else { return false }
  let name = argument.drop { $0 == "-" }
  let hyphenCount = argument.count - name.count
  let isOption = hyphenCount == 1 && name.count == 1 || hyphenCount == 2
  return !(isOption && name.first?.isLetter == true)
}

/// Whether an argument is a number below zero.
private func isNegative(_ argument: String) -> Bool {
  argument.hasPrefix("-") && argument.dropFirst().first.map { $0.isNumber || $0 == "." } == true
}
