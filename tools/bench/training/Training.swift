// Training.swift: times one pass of training over the rows of a file; `run` compares it.
//
// Arguments: FEATURES (float32, rows x 64), LABELS (uint32), work, batch size, threads, dropout,
// rows. Prints a line of JSON: seconds of wall and processor time, rows, the mean loss.

import Foundation
import PosternTrainer

@main enum Training {
  struct Usage: Error {}

  static func main() throws {
    let words = CommandLine.arguments
    guard words.count == 8, let work = TrainingLoad.Work(rawValue: words[3]),
      let batchSize = Int(words[4]), let threads = Int(words[5]), let dropout = Float(words[6]),
      let rowCount = Int(words[7])
    else { throw Usage() }
    let featureCount = 64
    let features: [Float] = try numbers(words[1], rowCount * featureCount) {
      Float(bitPattern: $0)
    }
    let labels: [UInt32] = try numbers(words[2], rowCount) { $0 }
    let load = TrainingLoad(
      features: features, featureCount: featureCount, labels: labels, classCount: 10,
      expertCount: 32, widths: [128, 128], seed: 1, threads: threads)
    let (start, startOfProcessor) = (ContinuousClock.now, clock())
    let loss = load.run(work, batchSize: batchSize, dropout: dropout)
    let wall = (ContinuousClock.now - start) / .seconds(1)
    let processor = Double(clock() - startOfProcessor) / Double(CLOCKS_PER_SEC)
    print(
      "{\"rows\": \(rowCount), \"seconds\": \(wall), \"cpu_seconds\": \(processor), "
        + "\"loss\": \(loss)}")
  }

  private static func numbers<T>(
    _ path: String, _ count: Int, _ make: (UInt32) -> T
  ) throws -> [T] {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    guard bytes.count >= 4 * count else { throw Usage() }
    return (0..<count).map { index in
      var bits: UInt32 = 0
      for byte in 0..<4 { bits |= UInt32(bytes[4 * index + byte]) << (8 * byte) }
      return make(bits)
    }
  }
}
