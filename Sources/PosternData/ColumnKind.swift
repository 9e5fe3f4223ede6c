// ColumnKind.swift: decides what a column is.
//
// Step: summary → [kinds of columns] → table.

/// What the values of a column mean.
package enum ColumnKind: Equatable, Sendable {
  /// Numbers.
  case numeric
  /// Texts from a dictionary.
  case categorical
}

/// What is to be done with a column.
package enum ColumnVerdict: Equatable, Sendable {
  /// Use it as this.
  case use(ColumnKind)
  /// No row has a value.
  case allMissing
  /// All rows have the same value and none is missing. `kind` is what it would be.
  case constant(ColumnKind)
  /// Texts of which hardly two are equal: names, identifiers, free text. The count is at most
  /// ``ColumnSummary/distinctCountLimit`` + 1, which means "more".
  case identifierLike(distinctCount: Int)
}

extension ColumnSummary {
  /// Decides what the column is.
  ///
  /// Numeric, if every value that is not missing is a number; categorical otherwise. Texts are
  /// taken for a mistake, not for categories, if at most one value in twenty is a text, or if they
  /// are all the same text among more than 20 different numbers: a mark for "missing" that is not
  /// known as one. Text columns with more than 1000 distinct values, or with more than 20 and more
  /// than half as many as values, are taken for identifiers.
  ///
  /// - Parameter wanted: What the user says that the column is, if anything.
  /// - Returns: The verdict; with `wanted` only `use` or `allMissing`.
  /// - Throws: ``DataError/notFinite(_:name:text:)`` for an infinite number in a numeric column,
  ///   ``DataError/textInNumericColumn(_:name:text:numberCount:textCount:)`` as described, and
  ///   ``DataError/notNumber(_:name:text:)`` for a text in a column that is numeric by order.
  package func verdict(wanted: ColumnKind? = nil) throws(DataError) -> ColumnVerdict {
    if presentCount == 0 { return .allMissing }
    if let wanted {
      if wanted == .numeric { try checkNumeric() }
      return .use(wanted)
    }
    guard textCount > 0 else {
      try checkNumeric()
      return isConstant || (minimum == maximum && missingCount == 0)
        ? .constant(.numeric) : .use(.numeric)
    }
    if let firstText, isMostlyNumeric {
      throw .textInNumericColumn(
        firstText.position, name: ShortText(name), text: firstText.text,
        numberCount: numberCount, textCount: textCount)
    }
    if isConstant { return .constant(.categorical) }
    if hasMoreDistinct || (distinctCount > 20 && distinctCount * 2 > presentCount) {
      return .identifierLike(distinctCount: distinctCount)
    }
    return .use(.categorical)
  }

  private var isConstant: Bool { distinctCount == 1 && missingCount == 0 }

  private var isMostlyNumeric: Bool {
    if numberCount >= 19 * textCount { return true }
    return distinctTextCount == 1 && distinctCount > 21 && numberCount > textCount
  }

  /// Refuses texts and infinite numbers, the first in the table first.
  private func checkNumeric() throws(DataError) {
    let name = ShortText(name)
    if let firstText, !isEarlier(firstNotFinite, than: firstText) {
      throw .notNumber(firstText.position, name: name, text: firstText.text)
    }
    if let firstNotFinite {
      throw .notFinite(firstNotFinite.position, name: name, text: firstNotFinite.text)
    }
  }

  private func isEarlier(_ sample: FieldSample?, than other: FieldSample) -> Bool {
    guard let sample else { return false }
    return sample.position.line < other.position.line
  }
}
