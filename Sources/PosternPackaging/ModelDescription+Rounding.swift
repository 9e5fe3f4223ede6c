// ModelDescription+Rounding.swift: weights of fewer bits, where they say nearly the same.
//
// Step: model value → [rounded weights] → encoder.   Specification: formats/model.md, section 7.

extension ModelDescription {
  /// Stores the weights of the experts as `type`.
  ///
  /// A shared expert without hidden layers stays as it is: it is what a target follows closely, to
  /// far less than a hundredth of its range, and takes next to no room. Transform and router stay
  /// f32, so that routes stay.
  package mutating func round(to type: Expert.ElementType) {
    for expert in experts.indices { experts[expert].elementType = type }
    if let layers = sharedExpert?.layers.count, layers > 1 { sharedExpert?.elementType = type }
  }
}
