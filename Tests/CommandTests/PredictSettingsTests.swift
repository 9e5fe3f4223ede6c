// PredictSettingsTests.swift: the short way through the arguments is the parser's.

import ArgumentParser
import Testing

@testable import postern

/// Goal: what is read without the argument parser is what the parser would have read. Method: both
/// read the same lines.
@Suite struct PredictSettingsTests {
  private func plain(_ line: String) -> PredictSettings? {
    PredictSettings(plain: line.split(separator: " ").map(String.init)[...])
  }

  private func parsed(_ line: String) throws -> PredictSettings {
    try PredictCommand.parse(line.split(separator: " ").map(String.init)).settings
  }

  @Test(arguments: [
    "m.moe", "m.moe rows.csv", "m.moe -", "- rows.csv", "m.moe -o out.csv rows.csv",
    "--output out.ndjson m.moe rows.csv", "m.moe --output=out.csv", "m.moe -o -",
    "m.moe --in f32 --out f32", "m.moe --in=tsv --out=ndjson",
    "m.moe --id name --keep a,b --keep c",
    "m.moe --proba --deviation -q", "m.moe --quiet rows.csv", "m.moe --explain=route",
    "m.moe --explain=3", "m.moe --explain 3", "m.moe --threads 2 --batch 16 --cache 64M",
    "m.moe --no-header --delimiter ;", "m.moe --delimiter=\\t", "m.moe --missing NA,-9",
    "m.moe --missing=-9", "m.moe --on-error null --unknown-category error", "m.moe --on-error=skip",
    "m.moe --keep=a=b", "a b", "m.moe --quote none --absent missing --encoding latin1",
  ])
  func `plain arguments are read as the parser reads them`(line: String) throws {
    let settings = try parsed(line)
    if let short = plain(line) { #expect(short == settings) }
    // Values that start with a hyphen are left to the parser; all else here is plain.
    #expect((plain(line) != nil) == !line.contains("=-"))
  }

  @Test(arguments: [
    "", "m.moe a b", "--help", "m.moe -h", "m.moe --version", "m.moe --nonsense", "m.moe -x",
    "m.moe -oout", "m.moe -qo out", "m.moe --threads", "m.moe --threads 0", "m.moe --threads two",
    "m.moe --threads 1 --threads 2", "m.moe --threads -1", "m.moe --in json", "m.moe --batch 0",
    "m.moe --no-header --in ndjson", "m.moe --delimiter ;; ", "m.moe --delimiter ; --in f32", "-",
    "- -", "m.moe --explain", "m.moe --explain=0", "m.moe --explain=many", "m.moe -- rows.csv",
    "m.moe --proba=yes", "m.moe --output", "m.moe --output=", "m.moe --cache much", "m.moe -o=x",
    "m.moe --out f32 --id a", "m.moe --out f32 --explain=route", "m.moe -o x.f32 --keep a",
    "m.moe --keep -a", "m.moe --quiet --quiet",
  ])
  func `everything else is left to the parser`(line: String) {
    #expect(plain(line) == nil)
  }
}
