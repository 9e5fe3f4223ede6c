// PlainRecordTests.swift: the short way to a record gives what the long way gives.

import Testing

@testable import PosternData

/// Goal: reading ahead changes no field, number, line, place or error. Method: the same bytes are
/// read the long way, a field at a time, and the short ways, with wide registers and without.
@Suite struct PlainRecordTests {
  /// The ways to read.
  enum Way: CaseIterable {
    case long
    case portable
    case wide
  }

  /// All that a caller can learn from `bytes`, as lines of text.
  private func outcomes(
    _ bytes: [UInt8], _ way: Way, options: RecordReader.Options, blockByteCount: Int = .max
  ) -> [String] {
    var result: [String] = []
    do throws(DataError) {
      let source = ByteSource(bytes: bytes, blockByteCount: blockByteCount)
      var reader = try RecordReader(source, options: options)
      if way != .long {
        reader.expectNumbers()
        reader.index.isWide = way == .wide && TextKernels.isSupported
      }
      while true {
        do throws(DataError) {
          guard try reader.next() else { break }
          result.append("\(reader.line) \(reader.recordCount)")
          for index in reader.header.indices { result.append(cell(reader, index)) }
        } catch {
          let place = TextPosition(line: reader.line, column: 3)
          result.append("\(error) \(String(describing: reader.excerpt(at: place)))")
          if !error.isRowError { break }
        }
      }
    } catch {
      result.append("\(error)")
    }
    return result
  }

  /// What one field says.
  private func cell(_ reader: borrowing RecordReader, _ index: Int) -> String {
    let text = reader.field(index).copied()
    let place = reader.position(of: index)
    var number: String
    do throws(DataError) {
      number = "\(try reader.number(index).bitPattern)"
    } catch {
      number = "\(error)"
    }
    return "\(text) \(reader.isMissing(index)) \(number) \(place.line):\(place.column)"
  }

  private func check(
    _ text: [UInt8], options: RecordReader.Options = RecordReader.Options(), pieces: [Int] = [.max]
  ) {
    for piece in pieces {
      let long = outcomes(text, .long, options: options, blockByteCount: piece)
      for way in [Way.portable, .wide] {
        let short = outcomes(text, way, options: options, blockByteCount: piece)
        let difference = zip(long, short).first { $0 != $1 }
        #expect(
          difference == nil && long.count == short.count,
          "\(way) \(piece) \(String(decoding: text.prefix(2000), as: UTF8.self))")
      }
    }
  }

  /// A header of 16 bytes or more: the short way starts behind it.
  private func table(_ columnCount: Int, _ rows: [String], end: String = "\n") -> [UInt8] {
    let names = (0..<columnCount).map { "column_number_\($0)" }
    return Array(([names.joined(separator: ",")] + rows).joined(separator: end).utf8)
  }

  static let cells = [
    "", "0", "-0", "0.0", "-0.0", "5", "5.", ".5", "-.5", "-5.", "-", ".", "-.", "+1", "--1", "1-",
    "1..2", "1.2.3", ".1.", "1e5", "1e-05", "-2.5E+3", "1e400", "-1e-400", "0x1p3", "inf", "-nan",
    "NaN", "NA", "null", " 1", "1 ", " ", "a", "é", "12a", "007", "00000000000000.5",
    "12345678", "123456789", "1234567.8", "12345678.9", "1.2345678", "0.12345678", "-0.891886",
    "-123456789.12345", "123456789012345", "1234567890123456", "12345678901234567890",
    "0.41471999999999998", "-0.00000000000000001", "99999999999999999999999999999999999999999",
    "3.4028235", "340282346638528859811704183484516925440", "16777217", "16777219", "-16777217",
    "8388608.5", "0.1", "1.17549435e-38", "1e-45", "7.006492321624085e-46", "0.0000000001",
    "123.", "-123.", "1,", "\"2\"", "\"2.5", "x\"y", "\"a\"\"b\"", "/", ":", "1:2", "1/2", "٣",
    "\u{0}", "1\u{0}", "\u{1}", "1\r2", "\u{FF10}",
  ]

  @Test(arguments: [1, 2, 8, 9, 17])
  func `every kind of text stands in every place of a record`(columnCount: Int) {
    let plain = (0..<columnCount).map { "\($0 - 3).25" }
    for text in Self.cells {
      var rows = [plain.joined(separator: ",")]
      for place in stride(from: columnCount - 1, through: 0, by: -(columnCount / 6 + 1)) {
        var row = plain
        row[place] = text
        rows += [row.joined(separator: ","), rows[0]]
      }
      check(table(columnCount, rows + [""]))
      check(table(columnCount, rows, end: "\r\n"))
    }
  }

  @Test func `records do not depend on where the blocks end`() {
    var options = RecordReader.Options()
    options.blockByteCount = 16
    let rows = [
      "1.5,-2.25,3", "", "-0.891886,17,1e3", "4,5", "6,\"7\",8", "9,10,11,12", "1,,NA", "x,2,3",
    ]
    for end in ["\n", "\r\n", "\r"] {
      let text = table(3, rows + rows + [""], end: end)
      check(text, options: options, pieces: Array(1...text.count) + [.max])
      check(text, pieces: Array(1...text.count))
      check(text.dropLast(end.utf8.count), options: options, pieces: Array(1...text.count))
    }
  }

  @Test func `random bytes give the same either way`() {
    var random = RandomPatterns(seed: 61)
    let alphabet =
      [
        "0", "1", "2", "5", "9", ".", "-", "+", "e", "E", " ", "\t", "\"", "\r", "\0", "a", "é",
        "1.5",
      ]
      + ["\r\n", "\n", "\n", ",", ",", ",", ",", "-12.75", "0.000123", "123456789"]
    var options = RecordReader.Options()
    options.recordByteCountLimit = 40
    options.blockByteCount = 32
    for round in 0..<400 * LongTests.factor {
      var text = Array("column_a,column_b,c\n".utf8)
      for _ in 0..<random.next() % 60 {
        text += alphabet[Int(random.next() % UInt64(alphabet.count))].utf8
      }
      let piece = Int(random.next() % 40) + 1
      check(
        text, options: round % 2 == 0 ? options : RecordReader.Options(), pieces: [piece, .max])
    }
  }

  /// Delimiters that can stand in a number, quotes' neighbours, and the usual ones.
  @Test(arguments: [";", "\t", " ", ".", "-", "5", "e", "|", "!", "#", "\u{1}"])
  func `any delimiter gives the same either way`(delimiter: String) {
    var options = RecordReader.Options(format: .delimited(delimiter.utf8.first ?? 0x2C))
    options.names = (0..<3).map { Array("column_\($0)".utf8) }
    let rows = [
      "a-long-line_with-no/numbers", "1;2;3", "1.5;-2.5;3e5", "15;25;35", "1\t2\t3", "1 2 3",
      "-1--2--3",
      "1.2.3", "2|3|4", "1!2!3", "1#2#3", "a;b;1.5",
    ]
    check(Array((rows + rows).joined(separator: "\n").utf8), options: options)
    check(Array((rows + rows).joined(separator: "\r\n").utf8), options: options)
  }

  /// Goal: more records than one search finds. Method: so many columns that a search ends in the
  /// middle of a line, and so few that it is full of lines.
  @Test(arguments: [1, 1000, 2048, 5000])
  func `a long table gives the same either way`(columnCount: Int) {
    var random = RandomPatterns(seed: 67)
    var rows: [String] = []
    for row in 0..<max(4, 4000 / columnCount) {
      let isOdd = row % 1000 == 777 || (row == 2 && columnCount > 1)
      rows.append(
        (0..<columnCount).map { _ in
          isOdd ? "\"q\"" : "\(Int64(bitPattern: random.next()) >> 44).\(row % 10)"
        }.joined(separator: ","))
    }
    check(table(columnCount, rows))
    check(table(columnCount, rows, end: "\r\n"), pieces: [4099])
  }

  /// Goal: a line is taken for one of the form before only if it is. Method: lines that differ from
  /// the first one in one place, between lines that do not.
  @Test func `lines of JSON of one form give the same either way`() {
    let form = #"{"alpha_1":V,"b":V, "other":V,"é\"x":V}"#
    let plain = form.replacing("V", with: "-12.5")
    var lines = [plain, plain]
    let values =
      Self.cells + ["true", "{}", "[1]", "\"s\"", "-0", "00", "0.5", "01", "1.", "-", "10"]
    for value in values {
      for place in 0..<4 {
        var parts = form.split(separator: "V", omittingEmptySubsequences: false).map(String.init)
        for index in parts.indices.dropLast() {
          parts[index] += index == place ? value : "0.25"
        }
        lines += [parts.joined(), plain]
      }
    }
    for index in plain.indices {
      for text in ["", " ", "\r", "\"", "x", "}", ",1"] {
        lines += [plain[..<index] + text + plain[plain.index(after: index)...], plain, plain]
          .map { String($0) }
      }
    }
    lines += [plain + " ", plain + plain, plain + "x", "", plain, #"{"b":1}"#, #"{"b":2}"#, plain]
    var options = RecordReader.Options(format: .ndjson)
    for names in [["b", "alpha_1", "other", "é\"x"], ["other"], ["zero", "b"]] {
      options.names = names.map { Array($0.utf8) }
      for end in ["\n", "\r\n"] {
        for last in ["", end] {
          let text = Array((lines.joined(separator: end) + last).utf8)
          check(text, options: options, pieces: [.max, 1009])
        }
      }
    }
    options.blockByteCount = 16
    let few = Array(lines.prefix(5).joined(separator: "\n").utf8)
    check(few, options: options, pieces: Array(1...few.count))
  }

  @Test func `tokens that are numbers are missing either way`() {
    var options = RecordReader.Options()
    options.missing = MissingTokens(["-999"])
    check(table(2, ["1,-999", "-999.0,2", "NA,3", ""]), options: options)
  }

  /// Random decimals of every length against the standard library, at and beside midpoints.
  @Test func `numbers are rounded as the standard library does`() {
    var random = RandomPatterns(seed: 71)
    var texts: [String] = []
    for _ in 0..<400 * LongTests.factor {
      let digits = "\(random.next())".prefix(Int(random.next() % 19) + 1)
      let point = Int(random.next() % UInt64(digits.count + 1))
      texts.append(
        (random.next() % 2 == 0 ? "-" : "") + digits.prefix(point) + "." + digits.dropFirst(point))
      // Midpoints of two Floats that have few digits, and their neighbours.
      let middle = UInt64(0x200_0001 + 2 * (random.next() % 0x100_0000))
      let scale = random.next() % 4
      let value = middle << scale
      texts += ["\(value)", "\(value).0", "\(value - 1).99999", "\(value).00001", "\(value)."]
    }
    for start in stride(from: 0, to: texts.count - 16, by: 16) {
      let row = texts[start..<start + 16]
      let text = table(16, [row.joined(separator: ","), ""])
      for way in Way.allCases {
        let found = outcomes(text, way, options: RecordReader.Options())
        for (cell, number) in zip(row, found.dropFirst()) {
          let bits = Float(cell).map { "\($0.bitPattern)" } ?? "none"
          #expect(number.contains("] false \(bits) "), "\(way) \(cell)")
        }
      }
    }
  }
}
