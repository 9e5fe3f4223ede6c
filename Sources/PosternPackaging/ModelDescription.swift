// ModelDescription.swift: a whole model as a value, before it is bytes.
//
// Step: trainer → [model value] → encoder → file.
// Specification: formats/model.md, sections 6 and 7.

/// Everything that a model file says, as plain values without padding or layout.
///
/// The trainer makes one, ``encode(_:profile:)`` turns it into the bytes of a file. Equal values
/// give equal bytes.
public struct ModelDescription: Equatable, Sendable {
  /// What is predicted.
  public enum Task: UInt8, Equatable, Sendable {
    case regression = 0
    case binary = 1
    case multiclass = 2
  }

  /// What happens to the routed expert's outputs before the head. Section 9.4.
  public enum GateScale: UInt8, Equatable, Sendable {
    case none = 0
    case probability = 1
    /// The chosen expert's score as it is; two levels: the product of both scores.
    case score = 2
  }

  /// What is predicted.
  public var task: Task
  /// What the routed expert's outputs are multiplied by.
  public var gateScale: GateScale
  /// The inputs, in row order.
  public var columns: [Column]
  /// The names of the targets: one for each output of a regression, else one.
  public var targetNames: [[UInt8]]
  /// The classes by index; empty for a regression.
  public var classNames: [[UInt8]]
  /// What chooses the expert.
  public var router: Router
  /// The routed experts, at least one.
  public var experts: [Expert]
  /// An expert whose outputs are added for every row.
  public var sharedExpert: Expert?
  /// One record for each output.
  public var head: [HeadOutput]
  /// How texts become the numbers of a row and values become answers; nil for numbers as they
  /// stand in the text.
  public var input: InputDescription?
  /// Sections that change no prediction.
  public var ancillary: Ancillary

  /// Creates a description from its parts.
  public init(
    task: Task, gateScale: GateScale = .none, columns: [Column], targetNames: [[UInt8]],
    classNames: [[UInt8]], router: Router, experts: [Expert], sharedExpert: Expert? = nil,
    head: [HeadOutput], input: InputDescription? = nil, ancillary: Ancillary = Ancillary()
  ) {
    self.task = task
    self.gateScale = gateScale
    self.columns = columns
    self.targetNames = targetNames
    self.classNames = classNames
    self.router = router
    self.experts = experts
    self.sharedExpert = sharedExpert
    self.head = head
    self.input = input
    self.ancillary = ancillary
  }

  /// Outputs that each expert gives.
  public var outputCount: Int { head.count }
  /// Features that the transform makes of a row.
  public var featureCount: Int { columns.reduce(0) { $0 + $1.featureCount } }
  /// Entries of a look-up layer, over all columns.
  public var entryCount: Int { columns.reduce(0) { $0 + $1.entryCount } }
}

/// One input and how it becomes features and an entry. Sections 6.1, 6.2 and 9.1.
public struct Column: Equatable, Sendable {
  /// What a missing value does.
  public enum MissingPolicy: UInt8, Equatable, Sendable {
    /// The row is refused.
    case refuse = 0
    /// Numeric: `fill` stands in. Categorical: as an unknown category.
    case fill = 1
    /// An entry of its own, and for a numeric column an indicator feature.
    case own = 2
  }

  /// How the values become features.
  public enum Kind: Equatable, Sendable {
    /// A number. `edges` ascend strictly, at least two; values are clamped to them.
    case numeric(edges: [Float], fill: Float, center: Float, scale: Float)
    /// One of `categories`, which ascend strictly by their bytes. `codes` has the shape
    /// `(entries, featureCount)`: known categories, then unknown if it has an entry, then missing.
    case categorical(
      categories: [[UInt8]], unknownHasEntry: Bool, codes: [Float], featureCount: Int)
    /// A place in the row that is not looked at.
    case ignored
  }

  /// The column's name as it stood in the data.
  public var name: [UInt8]
  /// How the values become features.
  public var kind: Kind
  /// What a missing value does. ``MissingPolicy/refuse`` for ignored columns.
  public var missing: MissingPolicy

  /// Creates a column.
  public init(name: [UInt8], kind: Kind, missing: MissingPolicy) {
    self.name = name
    self.kind = kind
    self.missing = missing
  }

  /// Features that the column makes.
  public var featureCount: Int {
    switch kind {
    case .numeric: missing == .own ? 2 : 1
    case .categorical(_, _, _, let featureCount): featureCount
    case .ignored: 0
    }
  }

  /// Entries that the column has in a look-up table.
  public var entryCount: Int {
    let own = missing == .own ? 1 : 0
    return switch kind {
    case .numeric(let edges, _, _, _): edges.count + own
    case .categorical(let categories, let unknownHasEntry, _, _):
      categories.count + (unknownHasEntry ? 1 : 0) + own
    case .ignored: 0
    }
  }
}

/// The serving router. Sections 6.3 and 9.3.
public enum Router: Equatable, Sendable {
  /// One node whose children are the experts.
  case flat(RouterNode)
  /// Group first, then the expert in it; `inner[g]` has the experts of group `g`, in order.
  case twoLevel(outer: RouterNode, inner: [RouterNode])
}

/// One choice among children. Section 9.3.
public struct RouterNode: Equatable, Sendable {
  /// How a child is scored.
  public enum Kind: UInt8, Equatable, Sendable {
    case affine = 0
    case distance = 1
    case cosine = 2

    /// Whether ``RouterNode/scale`` has a number for each child.
    public var hasScale: Bool { self != .affine }
  }

  /// How a child is scored.
  public var kind: Kind
  /// Weights, prototypes or directions, shape `(children, features)`, row-major.
  public var weights: [Float]
  /// One for each child.
  public var bias: [Float]
  /// One for each child: of a distance node what multiplies the distance, of a cosine node what is
  /// added to the norm of the features, over 0; empty for an affine node.
  public var scale: [Float]

  /// Creates a node.
  public init(kind: Kind, weights: [Float], bias: [Float], scale: [Float] = []) {
    self.kind = kind
    self.weights = weights
    self.bias = bias
    self.scale = scale
  }
}

/// A multilayer perceptron. Section 7.
public struct Expert: Equatable, Sendable {
  /// What the first layer reads.
  public enum FirstLayer: UInt8, Equatable, Sendable {
    case dense = 0
    case lookup = 1
  }

  /// How weights are stored.
  public enum ElementType: UInt8, Equatable, Sendable {
    case f32 = 0
    case f16 = 1
    case int8 = 2
    case int4 = 3
  }

  /// What hidden layers do to their sums.
  public enum Activation: UInt8, Equatable, Sendable {
    /// `z > 0 ? z : slope × z`.
    case prelu = 0
    /// `(z × z) × z`; slopes are 0.
    case cube = 1
  }

  /// One layer.
  public struct Layer: Equatable, Sendable {
    /// Shape `(inputs, outputs)`, row-major; for a look-up layer `(entries, outputs)`.
    public var weights: [Float]
    /// One for each output.
    public var bias: [Float]
    /// PReLU slopes, one for each output, 0 for a cube; empty for the last layer.
    public var slopes: [Float]

    /// Creates a layer.
    public init(weights: [Float], bias: [Float], slopes: [Float]) {
      self.weights = weights
      self.bias = bias
      self.slopes = slopes
    }
  }

  /// What the first layer reads.
  public var firstLayer: FirstLayer
  /// How weights are stored in the file.
  public var elementType: ElementType
  /// What hidden layers do to their sums; of no meaning without hidden layers.
  public var activation: Activation
  /// Hidden layers, then the output layer.
  public var layers: [Layer]

  /// Creates an expert.
  public init(
    firstLayer: FirstLayer, elementType: ElementType = .f32, activation: Activation = .prelu,
    layers: [Layer]
  ) {
    self.firstLayer = firstLayer
    self.elementType = elementType
    self.activation = activation
    self.layers = layers
  }
}

/// What turns an output into a value: `clamp(out * scale + offset, low, high)`. Section 9.5.
public struct HeadOutput: Equatable, Sendable {
  /// Multiplies the output.
  public var scale: Float
  /// Is added.
  public var offset: Float
  /// The least value.
  public var low: Float
  /// The largest value.
  public var high: Float

  /// Creates a record; without limits the value is not clamped.
  public init(
    scale: Float = 1, offset: Float = 0, low: Float = -.greatestFiniteMagnitude,
    high: Float = .greatestFiniteMagnitude
  ) {
    self.scale = scale
    self.offset = offset
    self.low = low
    self.high = high
  }
}

/// Sections that change no prediction. Section 8. An empty one is left out of the file.
public struct Ancillary: Equatable, Sendable {
  /// What the router was trained as.
  public var routerParameters: RouterParameters?
  /// A JSON object, UTF-8.
  public var modelCard: [UInt8] = []
  /// A JSON object, UTF-8: command, seed, digest of the data, scores.
  public var provenance: [UInt8] = []
  /// Training rows that each expert answered for.
  public var routingHistogram: [UInt64] = []
  /// The bytes of section 8.5.
  public var selfTest: [UInt8] = []
  /// Regression: the standard deviation of each expert's errors on held-out rows, shape
  /// `(experts, outputs)`, row-major, in the unit of the target, not negative.
  public var deviations: [Float] = []

  /// Creates an empty set.
  public init() {}
}
