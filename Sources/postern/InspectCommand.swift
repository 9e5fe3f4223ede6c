// InspectCommand.swift: the options of `postern inspect`.

internal import ArgumentParser

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a model.",
    discussion: "EXAMPLE:  postern inspect price.moe")

  @Argument(help: ArgumentHelp("The model; `-` reads it from standard input.", valueName: "model"))
  var model: String

  @Flag(help: "One JSON object; its keys stay as they are while `schema` is 1.")
  var json = false

  @Flag(help: "Header, directory and small sections byte by byte.")
  var bytes = false

  func validate() throws {
    if json && bytes { throw ValidationError("--json and --bytes exclude each other") }
  }

  func run() throws {
    let name = Messages.name(ofInput: model)
    let text = try withModel(at: model) { view in
      if bytes { return ByteDump(view).text }
      let summary = ModelSummary(view)
      if !summary.idleExperts.isEmpty {
        Console().warning(Messages.idleInTraining(summary.idleExperts, name))
      }
      return json
        ? inspectionJSON(summary, name: name).pretty() + "\n" : inspectionText(summary, name: name)
    }
    try Console.print(text)
  }
}
