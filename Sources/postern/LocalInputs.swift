// LocalInputs.swift: a row as the experts see it, column by column.
//
// Step: row → [inputs] → local slopes.   Specification: formats/model.md, section 9.1.

internal import PosternFormat

/// One column of a row.
struct LocalColumn {
  /// What stands in the row.
  enum Content: Equatable {
    /// A number; its slope is 0 where the model cuts it off.
    case number(Float, isCutOff: Bool)
    case category(Int)
    case unknown
    case missing
  }

  /// The column's place in the row.
  let index: Int
  let record: TransformColumn
  /// Known categories; 0 for a number.
  let categoryCount: Int
  /// Upper less lower edge of the bin that the number is in.
  fileprivate(set) var binWidth = 0.0
  fileprivate(set) var content = Content.missing
  fileprivate(set) var entry = 0
  fileprivate(set) var fraction = 0.0

  /// A column's deviation in training, by which slopes of different columns can be compared.
  var deviation: Double { record.scale == 0 ? 0 : 1 / Double(record.scale).magnitude }
}

/// A row's features and entries, in double precision, and those that effects are measured from.
struct LocalInputs {
  /// The columns that are not ignored, in order.
  private(set) var columns: [LocalColumn] = []
  /// What a dense first layer reads.
  private(set) var features: [Double]
  /// Features at the centre of a numeric column, and their mean over a column's categories.
  private(set) var centralFeatures: [Double]

  init(_ model: ModelView) {
    let transform = model.transform
    features = [Double](repeating: 0, count: model.header.featureCount)
    centralFeatures = features
    for index in 0..<model.header.columnCount {
      let record = transform.column(index)
      if record.kind == .ignored { continue }
      let categories = model.schema.categoryCount(ofColumn: index)
      columns.append(LocalColumn(index: index, record: record, categoryCount: categories))
      guard record.kind == .categorical else { continue }
      for feature in 0..<record.featureCount {
        var sum = 0.0
        for code in 0..<categories {
          sum += Double(transform.value(record.firstValue + code * record.featureCount + feature))
        }
        centralFeatures[record.firstFeature + feature] = sum / Double(max(categories, 1))
      }
    }
  }

  /// Looks at a row that the model has an answer for.
  ///
  /// - Complexity: O(*columns* · log *edges* + *features*), no allocation.
  mutating func load(_ row: Span<Float>, _ model: ModelView) {
    let transform = model.transform
    for place in columns.indices {
      if columns[place].record.kind == .numeric {
        loadNumber(row[columns[place].index], place, transform)
      } else {
        loadCode(row[columns[place].index], place, transform)
      }
    }
  }

  private mutating func loadNumber(_ value: Float, _ place: Int, _ transform: TransformView) {
    let record = columns[place].record
    let last = record.firstValue + record.valueCount - 1
    let low = transform.value(record.firstValue)
    let high = transform.value(last)
    let number = value.isNaN ? record.fill : value
    let inside = min(max(number, low), high)
    columns[place].content =
      value.isNaN ? .missing : .number(value, isCutOff: value < low || value > high)
    // Rounded as in the runtime, because the router and the experts see no other number.
    features[record.firstFeature] = Double((inside - record.center) * record.scale)
    if record.missingPolicy == 2 { features[record.firstFeature + 1] = value.isNaN ? 1 : 0 }
    if value.isNaN && record.missingPolicy == 2 {
      columns[place].entry = record.firstEntry + record.valueCount
      columns[place].fraction = 0
      return
    }
    (columns[place].entry, columns[place].fraction, columns[place].binWidth) =
      LocalInputs.bin(of: inside, record, transform)
  }

  /// The entry below a number inside the edges, how far it is on the way to the next one, and how
  /// far apart the two are.
  static func bin(
    of number: Float, _ record: TransformColumn, _ transform: borrowing TransformView
  ) -> (entry: Int, fraction: Double, width: Double) {
    var below = record.firstValue
    var above = record.firstValue + record.valueCount - 1
    while above - below > 1 {
      let middle = (below + above) / 2
      if transform.value(middle) <= number { below = middle } else { above = middle }
    }
    let edge = Double(transform.value(below))
    let width = Double(transform.value(below + 1)) - edge
    return (record.firstEntry + below - record.firstValue, (Double(number) - edge) / width, width)
  }

  private mutating func loadCode(_ value: Float, _ place: Int, _ transform: TransformView) {
    let record = columns[place].record
    let count = columns[place].categoryCount
    let local: Int
    if value.isNaN {
      columns[place].content = .missing
      local = record.missingPolicy == 1 ? count : record.entryCount - 1
    } else {
      local = Int(value)
      columns[place].content = local == count ? .unknown : .category(local)
    }
    columns[place].entry = record.firstEntry + local
    columns[place].fraction = 0
    for feature in 0..<record.featureCount {
      features[record.firstFeature + feature] = Double(
        transform.value(record.firstValue + local * record.featureCount + feature))
    }
  }
}
