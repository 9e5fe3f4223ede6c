// Messages+Update.swift: what is said about models that are updated.

internal import PosternTrainer

extension Messages {
  static func noUpdateRows(_ model: String) -> Message {
    Message(
      "", "no rows: standard input is a terminal",
      help: "name a file, or pipe rows in: "
        + "`postern update \(shellQuoted(model)) - --experts worst < rows.csv`")
  }

  static func unreadableProvenance(_ name: String) -> Message {
    Message(
      name, "the provenance is no JSON object that can be carried on",
      help: "formats/model.md, section 8.3, says what it should be")
  }

  static func beyondRange(_ count: Int, _ model: String, _ name: String) -> Message {
    Message(
      name,
      "\(self.count(count, "row")) \(count == 1 ? "has a target" : "have targets") outside the "
        + "range that \(model) can predict",
      help: "an update keeps that range; train a new model to move it")
  }

  static func newSelfTestAnswers(_ count: Int, _ name: String) -> Message {
    Message(
      name, "\(self.count(count, "self-test row")) \(count == 1 ? "has" : "have") new answers")
  }

  static func droppedSignature(_ name: String) -> Message {
    Message(
      name, "the signature is left out: it was of other bytes", help: "sign the file again")
  }

  /// Why a model is not updated, and the exit code for it.
  static func update(
    _ error: UpdateError, _ name: String, _ data: TrainingData, validation: TrainingData?,
    option: String = "--experts"
  ) -> CommandFailure {
    func failure(
      _ status: ExitStatus, _ place: String, _ text: String, _ help: String?
    ) -> CommandFailure {
      CommandFailure(status, Message(place, text, help: help))
    }
    switch error {
    case .training(let error): return training(error, data, validation: validation)
    case .damaged(let error): return refused(error, in: name, bytes: [UInt8]().span)
    case .unservable(let error): return CommandFailure(.badData, packaging(error, name))
    case .columnsDiffer(let index):
      let column = index.map { "column \(quoted(data.table.columns[$0].name))" } ?? "the table"
      return failure(
        .badData, data.name, "\(column) is not as the model has it",
        "`postern inspect \(shellQuoted(name))` lists them")
    case .unknownClass(let row, let isValidation):
      let source = isValidation ? validation ?? data : data
      var label = ""
      if case .classification(_, let labels, let classes) = source.table.target {
        label = " " + quoted(classes[Int(labels[row])])
      }
      return failure(
        .badData, "\(source.name):\(source.lines[row])",
        "the model has no class\(label), expected one that it knows",
        "leave such rows out, or train a new model")
    case .noSuchExpert, .wrongExpertCount, .repeatedExpert, .lastExpert, .wrongGrowth:
      return CommandFailure(.usage, expertOption(error, name, option))
    case .noAnsweredRow(let rows):
      return failure(
        .badData, data.name,
        "the model refuses \(rows == 1 ? "the row" : "all \(grouped(rows)) rows")",
        "`postern predict \(shellQuoted(name)) \(shellQuoted(data.name)) --on-error skip` says why")
    case .noRowReaches(let experts):
      let list = list(experts.map(String.init))
      return failure(
        .badData, data.name,
        "none of \(count(data.table.rowCount, "row")) reaches expert \(list), expected enough to "
          + "learn from",
        "`postern predict \(shellQuoted(name)) \(shellQuoted(data.name)) --explain` shows which expert "
          + "answers for a row")
    case .unsupportedExpert(let expert, let form):
      let what =
        switch form {
        case .denseFirstLayer: "has a dense first layer, expected a look-up"
        case .cube: "has cubes in its hidden layers, expected PReLU"
        case .elementType: "has quantised weights, expected f32"
        }
      return failure(
        .refusedModel, name, "expert \(expert) \(what)", "only such experts can be trained on")
    case .unsupportedModel(let form):
      let what =
        switch form {
        case .gateScale: "outputs that the gate scales, which this update would change for all rows"
        case .router:
          "distances or cosines in its router, expected section `routerParameters` beside them"
        }
      return failure(
        .refusedModel, name, "the model has \(what)", "its experts can be updated with `--experts`")
    }
  }

  /// What is wrong with experts that an option names.
  private static func expertOption(
    _ error: UpdateError, _ name: String, _ option: String
  ) -> Message {
    switch error {
    case .noSuchExpert(let expert, let count):
      noSuchExpert(option, max(expert, 0), count, in: name)
    case .wrongExpertCount(let wanted, let count):
      Message(
        option,
        "the worst \(grouped(wanted)) of \(self.count(count, "expert")) in \(name), "
          + "expected 1 to \(grouped(count))")
    case .repeatedExpert(let expert):
      Message(option, "expert \(expert) stands twice, expected once")
    case .lastExpert(let group):
      Message(
        option,
        "no expert would be left in " + (group.map { "group \($0) of \(name)" } ?? name)
          + ", expected at least one")
    case .wrongGrowth(let wanted, let count):
      Message(
        "--grow",
        "\(self.count(wanted, "expert")) more than the \(grouped(count)) of \(name), expected at "
          + "most 65,536 in all")
    default: Message(option, "not as expected")
    }
  }
}
