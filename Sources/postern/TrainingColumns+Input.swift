// TrainingColumns+Input.swift: what a model file says of its input's texts.
//
// Step: columns → [input] → model value.   Specification: formats/model.md, section 6.6.

internal import PosternData
internal import PosternFormat
internal import PosternPackaging
internal import PosternTrainer

extension TrainingColumns {
  /// Whether a warning is about a part of a date that has one value only, which nobody gave.
  func isPartOnly(_ warning: TrainingWarning) -> Bool {
    switch warning {
    case .constantColumn(let index), .allMissingColumn(let index): inputs[index].part != nil
    default: false
    }
  }

  /// What the file says of its input's texts.
  ///
  /// - Parameters:
  ///   - model: The trained model; of its columns some may be left out.
  ///   - readings: How each column that was read became values of a row.
  ///   - tokens: The texts that mean missing.
  /// - Returns: Nil where everything is as usual.
  func input(
    of model: ModelDescription, _ readings: [NumberReading], _ tokens: MissingTokens
  ) -> InputDescription? {
    var used: [Int: Int] = [:]
    var names: [InputDescription.Source] = []
    var numbers: [InputDescription.Number] = []
    for (index, input) in inputs.enumerated() {
      guard let place = input.place, case .numeric = model.columns[index].kind else {
        numbers.append(InputDescription.Number())
        continue
      }
      let source = input.part.map { part in
        if let known = used[part.source] { return known }
        used[part.source] = names.count
        let source = sources[part.source]
        names.append(InputDescription.Source(name: source.name, form: source.form))
        return names.count - 1
      }
      numbers.append(
        InputDescription.Number(readings[place], source: source, part: input.part?.part))
    }
    let targetNumbers = targetIndices.map { place in
      isClassification
        ? InputDescription.Number() : InputDescription.Number(readings[place])
    }
    let isUsual =
      tokens.isStandard && markers.isEmpty
      && (numbers + targetNumbers).allSatisfy { $0 == InputDescription.Number() }
    if isUsual { return nil }
    return InputDescription(
      columns: numbers, targets: targetNumbers, sources: names, tokens: tokens.texts,
      numberTokens: markers.filter { !tokens.contains($0.span) })
  }
}

/// The texts that mean missing, as the options of `train` say.
func tokens(_ command: TrainCommand) -> MissingTokens {
  command.table.missing.isEmpty
    ? .standard : MissingTokens(missingTexts(command.table.missing))
}
