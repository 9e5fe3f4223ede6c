// UpdateTests.swift: `postern update` from table to file, section by section.

import Foundation
import PosternFormat
import Testing

@Suite struct UpdateTests {
  /// The model of each profile, trained once.
  private static let models: [String: [UInt8]] = {
    guard let scratch = try? Scratch(), (try? scratch.write(rows, to: "rows.csv")) != nil,
      let result = try? scratch.run(
        "postern train rows.csv --target y --experts 4 --epochs 8 --teachers 1 --hidden 16,16 "
          + "--threads 2 -q -o ship.moe && postern pack ship.moe --profile map -q -o map.moe"),
      result.status == 0, let ship = try? scratch.read("ship.moe"),
      let map = try? scratch.read("map.moe")
    else { return [:] }
    return ["ship": ship, "map": map]
  }()

  private static let rows = table(rowCount: 1200, seed: 1, shift: 0)

  /// A folder with a model of four experts, rows of another law, and rows to predict.
  private static func scratch(profile: String) throws -> Scratch {
    let scratch = try Scratch()
    try scratch.write(try #require(models[profile]), to: "m.moe")
    try scratch.write(rows, to: "rows.csv")
    try scratch.write(table(rowCount: 1600, seed: 2, shift: 5), to: "new.csv")
    try scratch.write(table(rowCount: 10_000, seed: 3, shift: 5), to: "other.csv")
    return scratch
  }

  /// Rows with a law that is `shift` higher where x is over 0.
  private static func table(rowCount: Int, seed: UInt64, shift: Double) -> [UInt8] {
    var state = seed
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 40) / Double(1 << 24) * 2 - 1
    }
    var text = "x,z,c,y\n"
    for _ in 0..<rowCount {
      let (x, z) = (uniform(), uniform())
      let c = ["blue", "red", "green"][Int((uniform() + 1) * 1.4999)]
      let y = x * z + (c == "red" ? 1 : 0) + (x > 0 ? shift + z : -2 * z)
      text += "\(Float(x)),\(Float(z)),\(c),\(Float(y))\n"
    }
    return Array(text.utf8)
  }

  /// The kinds and indices of sections that differ between two files, and of those that only one
  /// has.
  private func changed(_ before: [UInt8], _ after: [UInt8]) throws -> Set<[UInt32]> {
    func sections(_ file: [UInt8]) throws -> [[UInt32]: [UInt8]] {
      let model = try ModelView(validating: file.span)
      var sections: [[UInt32]: [UInt8]] = [:]
      for number in 0..<model.header.sectionCount {
        let entry = model.entry(number)
        sections[[entry.rawKind, entry.index]] =
          [entry.flags, entry.rawEncoding] + Array(file[entry.range])
      }
      return sections
    }
    let (old, new) = (try sections(before), try sections(after))
    return Set(Set(old.keys).union(new.keys).filter { old[$0] != new[$0] })
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  /// Goal: an update changes one expert, the scores and that expert's self-test rows, and nothing
  /// else. Method: all sections compared, and all answers to 10,000 rows.
  @Test(arguments: ["map", "ship"])
  func `an update changes one expert and says so`(profile: String) throws {
    let scratch = try UpdateTests.scratch(profile: profile)
    let before = try scratch.read("m.moe")
    let result = try scratch.run(
      "postern update m.moe new.csv --experts worst --epochs 30 --json -o new.moe")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try scratch.read("m.moe") == before)
    let report = try json(result.output)
    #expect(report["updated"] as? Bool == true)
    let trials = try #require(report["experts"] as? [[String: Any]])
    let expert = try #require(trials.first?["expert"] as? Int)
    let (old, new) = (
      try #require(trials.first?["before"] as? Double),
      try #require(trials.first?["after"] as? Double)
    )
    #expect(trials.count == 1 && new < 0.7 * old)
    let after = try scratch.read("new.moe")
    var expected: Set<[UInt32]> = [
      [SectionKind.expert.rawValue, UInt32(expert)], [SectionKind.provenance.rawValue, 0],
      [SectionKind.deviations.rawValue, 0],
    ]
    let newAnswers = try #require(report["changedSelfTestRowCount"] as? Int)
    if newAnswers > 0 { expected.insert([SectionKind.selfTest.rawValue, 0]) }
    #expect(try changed(before, after) == expected)
    #expect(try scratch.run("postern verify new.moe").status == 0)
    #expect(result.errors.contains("expert \(expert)"))

    let answers = try ["m.moe", "new.moe"].map { model in
      try scratch.run("postern predict \(model) other.csv --explain").output
        .split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    }
    var (same, other) = (0, 0)
    for (first, second) in zip(answers[0], answers[1]) {
      #expect(first[1...] == second[1...])
      if first[1] == "\(expert)" { other += 1 } else { same += first == second ? 1 : 0 }
    }
    #expect(other > 500 && same + other == 10_000)
  }

  /// Only rows of the updated experts change in the self-test.
  @Test func `self-test rows of other experts keep their bytes`() throws {
    let scratch = try UpdateTests.scratch(profile: "ship")
    let before = try scratch.read("m.moe")
    for expert in 0..<4 {
      let result = try scratch.run(
        "postern update m.moe new.csv --experts \(expert) --epochs 15 --json -q -o new.moe")
      #expect(result.status == 0, "\(result.errors)")
      guard try json(result.output)["updated"] as? Bool == true else {
        #expect(try scratch.read("new.moe") == before)
        continue
      }
      let files = [before, try scratch.read("new.moe")]
      let tests = try files.map { file in
        let entry = try ModelView(validating: file.span).entry(.selfTest)
        return Array(file[try #require(entry).range])
      }
      #expect(tests[0].count == tests[1].count)
      let size = (tests[0].count - 16) / Int(tests[0][0])
      for row in 0..<Int(tests[0][0]) {
        let place = 16 + row * size..<16 + (row + 1) * size
        let own = Int(tests[0][place.upperBound - 8])
        #expect((tests[0][place] == tests[1][place]) == (own != expert), "row \(row)")
      }
    }
  }

  @Test func `the same update gives the same file, in place or elsewhere`() throws {
    let scratch = try UpdateTests.scratch(profile: "ship")
    let command = "postern update m.moe new.csv --experts 0-3 --epochs 12 -q"
    #expect(try scratch.run("\(command) --threads 1 -o a.moe").status == 0)
    #expect(try scratch.run("\(command) --threads 2 -o - > b.moe").status == 0)
    #expect(try scratch.run(command).status == 0)
    #expect(try scratch.read("a.moe") == scratch.read("b.moe"))
    #expect(try scratch.read("a.moe") == scratch.read("m.moe"))
    // What was learned is not learned again.
    let again = try scratch.run("postern update m.moe new.csv --experts 0-3 --epochs 12 --json")
    let inspected = try scratch.run("postern inspect m.moe --json")
    let provenance = try #require(try json(inspected.output)["provenance"] as? [String: Any])
    let updates = try #require(provenance["updates"] as? [[String: Any]])
    let isUpdated = try json(again.output)["updated"] as? Bool
    #expect(updates.count == (isUpdated == true ? 2 : 1))
    #expect(updates[0]["command"] as? String == "postern update")
  }

  @Test func `nothing better leaves the file as it was`() throws {
    let scratch = try UpdateTests.scratch(profile: "map")
    let before = try scratch.read("m.moe")
    // Judged by what the model itself says, no other answer can be better.
    let own = try scratch.run(
      "head -401 rows.csv | cut -d, -f1-3 | postern predict m.moe --keep x,z,c "
        + "| sed '1s/prediction/y/' > own.csv")
    #expect(own.status == 0, "\(own.errors)")
    let result = try scratch.run(
      "postern update m.moe rows.csv --valid own.csv --experts 0-3 --epochs 1 --json")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try json(result.output)["updated"] as? Bool == false)
    #expect(result.errors.contains("kept, no improvement ("))
    #expect(result.errors.contains("as it was"))
    #expect(try scratch.read("m.moe") == before)
    let copy = try scratch.run(
      "postern update m.moe rows.csv --valid own.csv --router -q -o copy.moe && cmp m.moe copy.moe")
    #expect(copy.status == 0, "\(copy.errors)")
  }

  /// Goal: an update is no laundry. Method: a byte of each other expert is turned before; verify
  /// finds it after.
  @Test(arguments: ["map", "ship"])
  func `a damaged expert elsewhere is still damaged`(profile: String) throws {
    let scratch = try UpdateTests.scratch(profile: profile)
    let worst = try json(
      scratch.run("postern update m.moe new.csv --experts worst --epochs 15 --json -q -o x.moe")
        .output)
    let trials = try #require(worst["experts"] as? [[String: Any]])
    let expert = try #require(trials.first?["expert"] as? Int)
    let file = try scratch.read("m.moe")
    for other in 0..<4 where other != expert {
      var damaged = file
      let range = try ModelView(validating: file.span).expertEntry(other).range
      damaged[range.lowerBound + range.count / 2] ^= 1
      try scratch.write(damaged, to: "damaged.moe")
      let update = try scratch.run(
        "postern update damaged.moe new.csv --experts \(expert) --epochs 15 -q")
      #expect(update.status == 0, "\(update.errors)")
      #expect(try scratch.read("damaged.moe") != damaged)
      let check = try scratch.run("postern verify damaged.moe")
      #expect(check.status == 76)
      #expect(check.errors.contains("R30: damage in expert \(other)"))
    }
  }

  @Test func `a router that is updated brings histogram and self-test along`() throws {
    let scratch = try UpdateTests.scratch(profile: "map")
    let before = try scratch.read("m.moe")
    let result = try scratch.run(
      "postern update m.moe new.csv --router --epochs 20 --json -o new.moe")
    #expect(result.status == 0, "\(result.errors)")
    let report = try json(result.output)
    let changed = try changed(before, try scratch.read("new.moe"))
    if report["updated"] as? Bool == true {
      let always = [
        SectionKind.router, .provenance, .routingHistogram, .routerParameters, .deviations,
      ].map { [$0.rawValue, 0] }
      #expect(changed.isSuperset(of: always))
      #expect(changed.subtracting(always).isSubset(of: [[SectionKind.selfTest.rawValue, 0]]))
    } else {
      #expect(changed.isEmpty)
    }
    #expect(try scratch.run("postern verify new.moe").status == 0)
  }

  /// Goal: an expert comes and goes again without a trace in what the others say. Method: sections
  /// compared, and all answers to 10,000 rows.
  @Test(arguments: ["map", "ship"])
  func `a file grows and shrinks, the other experts stay as stored`(profile: String) throws {
    let scratch = try UpdateTests.scratch(profile: profile)
    let before = try scratch.read("m.moe")
    let grown = try scratch.run(
      "postern update m.moe new.csv --grow 1 --epochs 10 --json -o grown.moe")
    #expect(grown.status == 0, "\(grown.errors)")
    let growth = try #require(try json(grown.output)["growth"] as? [[String: Any]])
    #expect(growth.first?["outcome"] as? String == "updated" && growth.count == 1)
    let changed = try changed(before, try scratch.read("grown.moe"))
    let always = [
      SectionKind.router, .expertShapes, .provenance, .routingHistogram, .routerParameters,
      .deviations,
    ].map { [$0.rawValue, 0] }
    let new = [SectionKind.expert.rawValue, 4]
    #expect(changed.isSuperset(of: always + [new]))
    #expect(changed.subtracting(always + [new]).isSubset(of: [[SectionKind.selfTest.rawValue, 0]]))
    #expect(try scratch.run("postern verify grown.moe").status == 0)
    let kept = try scratch.run("postern update grown.moe new.csv --retire 4 -q -o kept.moe")
    #expect(kept.status == 1)
    #expect(try scratch.read("kept.moe") == scratch.read("grown.moe"))
    let back = try scratch.run("postern update grown.moe new.csv --retire 4 --force -q -o back.moe")
    #expect(back.status == 0, "\(back.errors)")
    #expect(try scratch.run("postern verify back.moe").status == 0)
    let answers = try ["m.moe", "grown.moe", "back.moe"].map { model in
      try scratch.run("postern predict \(model) other.csv --explain").output
        .split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    }
    #expect(answers[0] == answers[2])
    let lost = zip(answers[0], answers[1]).filter { $1[1] != "4" && $0[0...1] != $1[0...1] }
    #expect(lost.isEmpty && answers[1].count == 10_000)
    #expect(answers[1].count { $0[1] == "4" } > 500)
  }
}
