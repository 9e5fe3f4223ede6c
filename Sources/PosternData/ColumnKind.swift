// ColumnKind.swift: decides what a column is.
//
// Step: summary → [kinds of columns] → table.

package import PosternFormat

/// What the user says that the values of a column are.
package enum ColumnKind: Equatable, Sendable {
  /// Numbers.
  case numeric
  /// Texts from a dictionary.
  case categorical
}

/// What is to be done with a column.
package enum ColumnVerdict: Equatable, Sendable {
  /// Numbers, written in this way.
  case numbers(NumberForm)
  /// Dates, times or both, written in this way.
  case calendar(CalendarForm)
  /// Texts from a dictionary.
  case categories
  /// No row has a value.
  case allMissing
  /// All rows have the same value and none is missing. `kind` is what it would be.
  case constant(ColumnKind)
  /// Texts of which hardly two are equal: names, identifiers, free text. The count is at most
  /// ``ColumnSummary/distinctCountLimit`` + 1, which means "more".
  case identifierLike(distinctCount: Int)
  /// Different numbers that double precision holds as one.
  case indistinct
  /// Different integers that are named or shaped like an identifier.
  case numericIdentifier
}

/// What is known about a column beside its values.
package struct ColumnWishes: Equatable, Sendable {
  /// What the user says that the column is, if anything.
  package var kind: ColumnKind?
  /// The decimal mark that the user named.
  package var decimal: DecimalMark?
  /// The digit grouping that the user named.
  package var grouping: DigitGrouping?
  /// Units that the user named.
  package var units: [[UInt8]] = []
  /// The order of day and month that the user named.
  package var dayOrder: CalendarForm?
  /// Whether other columns have decimal commas for certain, or points; nil: nobody knows.
  package var likelyDecimal: DecimalMark?

  /// Creates wishes of nothing.
  package init() {}
}

/// Why a column of numbers or dates cannot be read as such.
package enum ColumnProblem: Equatable, Sendable {
  /// Each comma may stand before a fraction or behind thousands.
  case ambiguousMarks
  /// Day and month cannot be told apart.
  case ambiguousDates
  /// Some numbers have a unit and others have none.
  case partOfUnit([UInt8])
  /// Different numbers that double precision holds as one.
  case tooClose
  /// No one form fits all numbers.
  case differentForms
  /// Some texts among dates are none.
  case textAmongDates(dateCount: Int, otherCount: Int)
  /// All texts are dates, in different forms.
  case differentDates
}

extension ColumnSummary {
  /// Different texts that may stand in a column of numbers by mistake.
  package static let strayTextLimit = 20

  /// Decides what the column is, by all of its values.
  ///
  /// * Dates, if every value is one in the same form.
  /// * Numbers, if every value is one in the same form: plain, or with a decimal comma, marks
  ///   between thousands, one unit; ``MissingTokens/markers`` among them are missing values.
  /// * A mistake, if there are numbers as measurements are (with fractions, or more than
  ///   ``strayTextLimit`` different ones) and at most as many different texts: it does not matter
  ///   how many rows have one.
  /// * Texts with more than 1000 distinct values, or with more than 20 and more than half as many
  ///   as values, are identifiers. All others are categories.
  ///
  /// - Parameter wishes: What is known beside the values.
  /// - Returns: The verdict; of a column that the user named, what he named or `allMissing`.
  /// - Throws: ``DataError``: an infinite number, a text in a column of numbers, numbers or dates
  ///   that can be read in two ways.
  package func verdict(_ wishes: ColumnWishes = ColumnWishes()) throws(DataError) -> ColumnVerdict {
    if presentCount == 0 || (presentCount == markerCount && wishes.kind != .categorical) {
      return .allMissing
    }
    if wishes.kind == .categorical { return .categories }
    if wishes.kind == nil, let form = try calendarForm(wishes) { return .calendar(form) }
    if textCount == 0 {
      try checkNumeric()
      return plainNumbers(wishes)
    }
    if let form = try numberForm(wishes) {
      if notFiniteCount > 0 { try checkNumeric() }
      return .numbers(form)
    }
    if wishes.kind == .numeric { try checkNumeric() }
    try checkDates()
    try checkStrayTexts()
    if distinctCount == 1 && missingCount == 0 { return .constant(.categorical) }
    if distinctCount > 1000 || (distinctCount > 20 && distinctCount * 2 > presentCount) {
      try checkNumbersInDisguise()
      return .identifierLike(distinctCount: distinctCount)
    }
    return .categories
  }

  private func plainNumbers(_ wishes: ColumnWishes) -> ColumnVerdict {
    if statistics.minimum == statistics.maximum && distinctCount - markers.count > 1 {
      return .indistinct
    }
    if statistics.minimum == statistics.maximum && missingCount == 0 && markers.isEmpty {
      return wishes.kind == nil ? .constant(.numeric) : .numbers(NumberForm())
    }
    let looksLikeID = isAllDifferentIntegers && numberCount > 20 && missingCount == 0
    if wishes.kind == nil && looksLikeID && (isPadded || isCounter || isNamedLikeID) {
      return .numericIdentifier
    }
    // `1.234` everywhere, in a table whose other columns have decimal commas.
    let isEuropean = (wishes.decimal ?? wishes.likelyDecimal) == .comma || wishes.grouping == .point
    let isGrouped = isEuropean && !isIntegral && forms.contains(NumberForms(.comma, .point))
    return .numbers(isGrouped ? NumberForm(decimal: .comma, grouping: .point) : NumberForm())
  }

  /// Whether integers are all different, so that the column may be an identifier.
  package var mayBeID: Bool { isAllDifferentIntegers && numberCount > 20 }

  /// Whether the column has a name that identifiers have.
  package var isNamedLikeID: Bool {
    let words = nameWords
    guard let last = words.last else { return false }
    return ["id", "ids", "uuid", "guid", "index", "rowid", "rownum", "rownames", "key"].contains(
      last)
      || (words.count == 1 && ["row", "nr", "no", "number", "#"].contains(last))
  }

  /// The words of the name in lower case: `customerId`, `customer_id` and `Customer ID` have two.
  package var nameWords: [String] {
    var words: [String] = []
    var word = ""
    var wasSmall = false
    for scalar in String(decoding: name, as: UTF8.self).unicodeScalars {
      let isLetter = scalar.properties.isAlphabetic || scalar == "#"
      let isCapital = scalar.properties.isUppercase
      if (!isLetter || (isCapital && wasSmall)) && !word.isEmpty {
        words.append(word)
        word = ""
      }
      if isLetter { word += scalar.properties.lowercaseMapping }
      wasSmall = isLetter && !isCapital
    }
    return word.isEmpty ? words : words + [word]
  }
}
