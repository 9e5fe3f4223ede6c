// Postern.swift: the command line's entry.

internal import ArgumentParser

@main
struct Postern: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "postern",
    abstract: "Train mixtures of experts on tables, and predict with them.",
    discussion: """
      EXAMPLE:  postern train houses.csv --target price -o price.moe
                postern predict price.moe < new-houses.csv

      The model comes first, then the data; `-` is standard input or output wherever a file may \
      stand. Standard output carries data only, everything else goes to standard error.

      \(ExitStatus.table)
      """,
    version: Version.text,
    subcommands: [
      TrainCommand.self, UpdateCommand.self,
      PredictCommand.self, RoutesCommand.self, InspectCommand.self, VerifyCommand.self,
      PlanCommand.self, PackCommand.self,

    ])

  /// Runs the command and ends the process with its exit code.
  static func main() {
    Signals.ignoreClosedPipes()
    do {
      let arguments = Postern.arguments
      if arguments.first == "predict",
        let settings = PredictSettings(plain: arguments.dropFirst())
      {
        endProcess(try settings.run())
      }
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch let failure as CommandFailure {
      end(with: failure)
    } catch let status as ExitCode {
      endProcess(ExitStatus(rawValue: status.rawValue) ?? .usage)
    } catch {
      end(with: error)
    }
  }

  private static var arguments: [String] {
    boundArguments(Array(CommandLine.arguments.dropFirst()))
  }

  /// Ends, whatever other threads do; no temporary file is left.
  static func end(with failure: CommandFailure) -> Never {
    Signals.removeTemporary()
    Console().error(failure.message)
    endProcess(failure.status)
  }

  /// Ends with an error of the argument parser: help that was asked for, or wrong usage.
  private static func end(with error: any Error) -> Never {
    let status = exitCode(for: error)
    if status == .success {
      do throws(CommandFailure) {
        try Console.print(fullMessage(for: error) + "\n")
      } catch {
        Console().error(error.message)
        endProcess(error.status)
      }
      endProcess(.done)
    }
    let text = Messages.usage(message(for: error))
    let command = CommandLine.arguments.dropFirst().first { name in
      configuration.subcommands.contains { $0.configuration.commandName == name }
    }
    let help = "see `postern \(command.map { "\($0) " } ?? "")--help`"
    Console().error(Message("", text, help: help))
    endProcess(.usage)
  }
}

extension Messages {
  /// A sentence of the argument parser in the form of all other messages.
  static func usage(_ sentence: String) -> String {
    var text = shown(sentence.split(separator: "\n").joined(separator: " "))
    if text.hasSuffix(".") { text.removeLast() }
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
