// TrainingError.swift: why no model can be trained.
//
// Step: rows → [trainer] → model value.

public import PosternPackaging

/// What keeps a table from being trained on. Nothing is written when one of these is thrown.
public enum TrainingError: Error, Equatable, Sendable {
  /// The table has no rows.
  case noRows
  /// Every row has the same class.
  case oneClassOnly(classIndex: Int)
  /// No column can be used: all are left out, constant or without any value.
  case noUsableColumn(columnCount: Int)
  /// A target is not a finite number.
  case nonFiniteTarget(target: Int, row: Int)
  /// A label names a class that the table does not have.
  case labelOutOfRange(row: Int, label: Int, classCount: Int)
  /// A column, a target or the labels have another number of values than the table has rows.
  case wrongValueCount(name: [UInt8], found: Int, expected: Int)
  /// A numeric column holds an infinite value.
  case infiniteValue(column: Int, row: Int)
  /// A categorical column holds a code that names no category.
  case codeOutOfRange(column: Int, row: Int, code: Int, categoryCount: Int)
  /// The validation table has other columns, targets or classes than the training table.
  case validationDiffers(column: Int?)
  /// A validation row has a class that the training table does not know.
  case unknownValidationClass(row: Int)
  /// An option is outside its range.
  case optionOutOfRange(name: OptionName, value: Int, least: Int, most: Int)
  /// An option that is a weight or a share is outside its range.
  case weightOutOfRange(name: OptionName, value: Float, least: Float, most: Float)
  /// There are widths for another number of experts than there are experts.
  case expertWidthCount(found: Int, expected: Int)
  /// A two-level router needs a number of groups, at least two, with at least two experts in each,
  /// and a flat router none.
  case groupsDoNotFit(experts: Int?, groups: Int?, isTwoLevel: Bool)
  /// The number of experts is to be found, and the router has two levels.
  case structureNotFlat
  /// The number of experts is to be found, and there are widths for so many.
  case structureWithWidths(count: Int)
  /// The number of experts is to be found, and is given.
  case structureWithCount(experts: Int)
  /// The table has more classes than a model can have outputs.
  case tooManyClasses(found: Int, most: Int)
  /// The model cannot be written: it exceeds a limit of the format.
  case unservable(PackagingError)
  /// The networks have an activation that serves training only.
  case unservableActivation
  /// Every attempt ended in numbers that are not finite; the targets or features are too large.
  case diverged

  /// The options that have a range.
  public enum OptionName: String, Equatable, Sendable {
    case experts
    case threads
    case epochs
    case bins
    case hiddenWidth = "hidden width"
    case hiddenLayers = "hidden layers"
    case teachers
    case groups
    case tau
    case balanceWeight = "load-balancing weight"
    case importanceWeight = "importance weight"
    case zWeight = "z-loss weight"
    case loadWeight = "load loss weight"
    case biasRate = "bias rate"
    case expertDropout = "expert dropout"
  }
}
