// UpdateError.swift: why a model cannot be updated with some rows.
//
// Step: model, rows → [update] → sections.

public import PosternFormat
public import PosternPackaging

/// What keeps a model from being updated. Nothing is written when one of these is thrown.
public enum UpdateError: Error, Equatable, Sendable {
  /// The rows cannot be trained on, or an option is out of range.
  case training(TrainingError)
  /// The table has other columns or targets than the model.
  case columnsDiffer(column: Int?)
  /// A row, of the rows to learn from or to judge by, has a class that the model does not know.
  case unknownClass(row: Int, isValidation: Bool)
  /// The model has no such expert.
  case noSuchExpert(Int, expertCount: Int)
  /// The model has not so many experts that the worst of them could be chosen, or none is wanted.
  case wrongExpertCount(Int, expertCount: Int)
  /// An expert is named twice.
  case repeatedExpert(Int)
  /// No expert would be left: in the model, or in a group of it.
  case lastExpert(group: Int?)
  /// So many experts cannot be added; a model has at most 65,536.
  case wrongGrowth(Int, expertCount: Int)
  /// The model answers none of the rows: values are missing or unknown where it refuses that.
  case noAnsweredRow(rowCount: Int)
  /// No row is routed to any of these experts.
  case noRowReaches(experts: [Int])
  /// Training does not know experts of this form.
  case unsupportedExpert(Int, Form)
  /// Training does not know routers of models of this form.
  case unsupportedModel(ModelForm)
  /// The model is damaged where it is looked at.
  case damaged(FormatError)
  /// The new section cannot be written.
  case unservable(PackagingError)

  /// What is special about an expert.
  public enum Form: Equatable, Sendable {
    /// Its first layer reads features and not entries.
    case denseFirstLayer
    /// Its hidden layers cube their sums.
    case cube
    /// Its weights are not f32.
    case elementType
  }

  /// What is special about a model.
  public enum ModelForm: Equatable, Sendable {
    /// Outputs are multiplied by the gate: growing and retiring would change those of all rows, and
    /// a raw score cannot be trained on.
    case gateScale
    /// The router's scores are not affine, and the file does not say what it was trained as.
    case router
  }
}
