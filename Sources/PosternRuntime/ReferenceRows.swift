// ReferenceRows.swift: the steps around a row's layers, slowly and in order. The definition.
//
// Step: scores → [choice] → order → outputs → [head] → values.   Specification: formats/model.md,
// sections 9.3 and 9.5.

internal import PosternFormat

/// Writes the lowest index of the largest of `count` scores of each row from `experts` on, `.max`
/// where a score is not finite. Returns how many have none.
func referenceBest(
  _ scores: Int, stride: Int, of count: Int, rows: Int, experts: Int,
  memory: inout MutableSpan<UInt32>
) -> Int {
  var refused = 0
  for row in 0..<rows {
    let first = scores + row * stride
    var best = 0
    var isFinite = true
    for child in 0..<count {
      let score = memory[float: first + child]
      if !score.isFinite { isFinite = false }
      // Strictly greater: an equal score further right must not win.
      if score > memory[float: first + best] { best = child }
    }
    memory[experts + row] = isFinite ? UInt32(best) : .max
    if !isFinite { refused += 1 }
  }
  return refused
}

/// Orders the answered of the first `rows` slots by expert, experts in the order in which rows
/// first chose them. Returns the number of distinct experts, whose numbers are noted; the groups'
/// words say where each one's rows end in the order.
///
/// Counting sort that forgets only the `before` experts of the last call, so that a batch costs
/// O(*rows*) and not O(*experts*).
func referenceGroup(
  rows: Int, before: Int, layout: SessionLayout, memory: inout MutableSpan<UInt32>
) -> Int {
  for number in 0..<before {
    memory[layout.groups + Int(memory[layout.scalar(.distinct, number)])] = 0
  }
  var distinct = 0
  for slot in 0..<rows where memory[layout.scalar(.status, slot)] == 0 {
    let expert = memory[layout.scalar(.expert, slot)]
    let counter = layout.groups + Int(expert)
    if memory[counter] == 0 {
      memory[layout.scalar(.distinct, distinct)] = expert
      distinct += 1
    }
    memory[counter] += 1
  }
  var next: UInt32 = 0
  for number in 0..<distinct {
    let counter = layout.groups + Int(memory[layout.scalar(.distinct, number)])
    let rows = memory[counter]
    memory[counter] = next
    next += rows
  }
  for slot in 0..<rows where memory[layout.scalar(.status, slot)] == 0 {
    let counter = layout.groups + Int(memory[layout.scalar(.expert, slot)])
    memory[layout.scalar(.order, Int(memory[counter]))] = UInt32(slot)
    memory[counter] += 1
  }
  return distinct
}

/// Turns the outputs of the answered of the first `rows` slots into values.
func referenceHead(
  _ head: borrowing HeadView, outputs: Int, rows: Int, layout: SessionLayout, overflow: RowStatus,
  memory: inout MutableSpan<UInt32>
) {
  for slot in 0..<rows where memory[layout.scalar(.status, slot)] == 0 {
    let row = layout.outputs + slot * layout.words.outputWordCount
    for output in 0..<outputs {
      let out = memory[float: row + output]
      let raw = fusedMultiplyAdd(out, head.scale(output), head.offset(output))
      guard out.isFinite && raw.isFinite else {
        memory[layout.scalar(.status, slot)] = overflow.word
        break
      }
      var value = raw
      if value < head.low(output) { value = head.low(output) }
      if value > head.high(output) { value = head.high(output) }
      memory[float: row + output] = value
    }
  }
}
