// DataError.swift: what can be wrong with a table.
//
// Step: bytes → [fields] → features.

/// Why an input is not the table that was asked for.
///
/// Cases carry places, numbers and short copies of the text; sentences are the command line's
/// business. Columns of a table count from 1 in errors, as lines do.
package enum DataError: Error, Equatable, Sendable {
  /// The input cannot be read.
  case system(SystemError)

  /// The input has no byte, or nothing but blank lines.
  case emptyInput

  /// The same, where lines of JSON were expected.
  case emptyJSON

  /// The input is compressed, and cannot be decompressed to its end.
  case compressed(CompressionKind, CompressionFault)

  /// The input starts like a file of another kind.
  case notText(ForeignKind)

  /// The header is one column in which another delimiter stands.
  case wrongDelimiter(line: Int, expected: UInt8, suspected: UInt8)

  /// No name in the header has a letter.
  case emptyName(TextPosition, column: Int)

  /// A name in the header is not UTF-8.
  case invalidUTF8(TextPosition, text: ShortText)

  /// A text is not UTF-8.
  case invalidText(TextPosition, name: ShortText, text: ShortText)

  /// Two columns have one name, and it was asked for.
  case duplicateName(TextPosition, name: ShortText, first: Int, second: Int)

  /// The names that were asked for and are not there, all of them.
  case missingColumns([MissingColumn])

  /// The table has more columns than a table may have.
  case tooManyColumns(line: Int, limit: Int)

  /// A row has too few or too many fields.
  case raggedRow(line: Int, found: Int, expected: Int)

  /// The input ends inside quotes; the position is that of the opening quote.
  case unterminatedQuote(TextPosition)

  /// A field in quotes that spans lines cannot be right; the position is that of the opening quote.
  case quoteAcrossLines(TextPosition, QuoteFault)

  /// Something other than a delimiter or a line end follows a closing quote.
  case textAfterQuote(TextPosition, found: UInt8)

  /// A byte is zero, so this is not text.
  case zeroByte(TextPosition)

  /// A binary input ends within a row.
  case truncatedRow(line: Int, found: Int, expected: Int)

  /// A record has no end within the limit.
  case recordTooLong(line: Int, limit: Int)

  /// A line is not a JSON object.
  case json(TextPosition, JSONFault)

  /// An object lacks a key that is a column.
  case absentKey(line: Int, name: ShortText, suggestion: ShortText?)

  /// A key stands twice in one object.
  case duplicateKey(TextPosition, key: ShortText)

  /// The value of a column is an object or an array.
  case nestedValue(TextPosition, name: ShortText)

  /// A number was expected.
  case notNumber(TextPosition, name: ShortText, text: ShortText)

  /// A date or time was expected, in the form of the others.
  case notTime(TextPosition, name: ShortText, text: ShortText)

  /// A number is infinite or beyond the largest Float.
  case notFinite(TextPosition, name: ShortText, text: ShortText)

  /// A column is nearly all numbers; here is its first text that is none and not known as missing.
  case textInNumericColumn(
    TextPosition, name: ShortText, text: ShortText, numberCount: Int, textCount: Int)

  /// A column is numbers or dates, but it does not say which; here is its first such text.
  case unclearColumn(TextPosition, name: ShortText, text: ShortText, ColumnProblem)

  /// A text is longer than a category may be.
  case textTooLong(TextPosition, name: ShortText, byteCount: Int, limit: Int)

  /// A column has more distinct texts than a dictionary may have.
  case tooManyCategories(TextPosition, name: ShortText, limit: Int)

  /// Whether only one record is at fault, so that reading can go on behind it.
  package var isRowError: Bool {
    switch self {
    case .raggedRow, .unterminatedQuote, .quoteAcrossLines, .textAfterQuote, .zeroByte,
      .recordTooLong, .invalidText, .json, .absentKey, .duplicateKey, .nestedValue, .notNumber,
      .notTime,
      .notFinite, .textTooLong:
      true
    case .system, .compressed, .emptyInput, .emptyJSON, .notText, .wrongDelimiter, .emptyName,
      .invalidUTF8,
      .duplicateName, .missingColumns, .tooManyColumns, .truncatedRow, .textInNumericColumn,
      .unclearColumn,
      .tooManyCategories:
      false
    }
  }
}

/// A column that was asked for and is not there.
package struct MissingColumn: Equatable, Sendable {
  /// The name that was asked for.
  package var name: ShortText
  /// The most similar name that is there, if one is similar.
  package var suggestion: ShortText?

  /// Creates a missing column.
  package init(name: ShortText, suggestion: ShortText?) {
    self.name = name
    self.suggestion = suggestion
  }
}

/// Why a field in quotes that spans lines cannot be right.
package enum QuoteFault: Equatable, Sendable {
  /// It goes on behind as many lines as a field may have.
  case tooManyLines(limit: Int)
  /// The row would have too few or too many fields.
  case wrongFieldCount(found: Int, expected: Int)
  /// A number was expected.
  case notNumber
  /// This follows the closing quote, and is neither a delimiter nor a line end.
  case textAfterQuote(UInt8)
}

/// What a line that should be a JSON object lacks. The position is where it was expected.
package enum JSONFault: Equatable, Sendable {
  case expectedObject
  case expectedKey
  case expectedColon
  case expectedCommaOrBrace
  case expectedCommaOrBracket
  case expectedValue
  case badNumber
  /// NaN or an infinity, which JSON does not have.
  case notFinite
  case badEscape
  /// Half of a surrogate pair.
  case unpairedSurrogate
  /// A control character inside a string.
  case controlCharacter
  case unterminatedString
  /// Something follows the object.
  case textAfterObject
  /// Arrays and objects are nested more than 64 deep.
  case tooDeep
}

/// A kind of file that is not a table in text.
package enum ForeignKind: Equatable, Sendable {
  case gzip, zip, zstd, bzip2, xz, parquet, arrow, pdf, sqlite, numpy, spreadsheet
  case html
  /// Declarations of attributes, then `@data` and rows.
  case arff
  /// A label and the values that are not zero, such as `1 3:0.5 7:1`.
  case libsvm
  /// Columns between single blanks.
  case spaced
  /// Columns between blanks of any number.
  case aligned
  /// Lines before the table that start with this character; the last one may be the header.
  case comments(UInt8, holdHeader: Bool)
  /// UTF-16 or UTF-32 text.
  case wideText
  /// A model file of this package.
  case model
  /// JSON where delimited text was expected.
  case json
  /// One JSON array where a line for each object was expected.
  case jsonArray
}
