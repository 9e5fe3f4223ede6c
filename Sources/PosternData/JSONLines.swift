// JSONLines.swift
struct JSONLines {
  var keys = TextTable()
  var isDiscovering = false
}
extension RecordReader {
  mutating func advanceJSON(waiting: Bool) throws(DataError) -> Advance { .end }
}
