// RouterParameters.swift: the router as it was trained, to and from the bytes of a file.
//
// Step: trainer → [router parameters] ⇄ section.   Specification: formats/model.md, section 8.1.

public import PosternFormat

/// What the router was trained as. Section 8.1.
///
/// The serving router, ``Router``, is what routes; this is what training goes on from, and what
/// explains the serving numbers. The formulas of the kinds are those of the papers.
public struct RouterParameters: Equatable, Sendable {
  /// A published router. The number is the one in the file.
  public enum Kind: UInt8, Equatable, Sendable, CaseIterable {
    /// `w·x + b`.
    case linear = 1
    /// `-scale·‖x - w‖ + b`.
    case laplace = 2
    /// `scale·(w·x) / (‖w‖·‖x‖) + b`.
    case cosine = 3
    /// `scale·(w·x) / ((‖w‖ + tau1)·(‖x‖ + tau2)) + b`.
    case perturbedCosine = 4
    /// `-scale·‖x - w‖`.
    case prototype = 5
  }

  /// One choice among children.
  public struct Node: Equatable, Sendable {
    /// Shape `(children, features)`, row-major: weights, prototypes or directions.
    public var weight: [Float]
    /// One for each child; 0 for a prototype.
    public var bias: [Float]
    /// One for each child: multiplies distance or cosine; 1 for linear.
    public var scale: [Float]

    /// Creates a node.
    public init(weight: [Float], bias: [Float], scale: [Float]) {
      self.weight = weight
      self.bias = bias
      self.scale = scale
    }
  }

  /// The kind of node 0.
  public var outerKind: Kind
  /// The kind of the groups' nodes; nil for a flat router.
  public var innerKind: Kind?
  /// The softmax temperature at which gate probabilities were trained last; 1 for logits as they
  /// are. No unit, over 0.
  public var temperature: Float
  /// Perturbed cosine: added to the norm of the weight, not negative; else 0.
  public var tau1: Float
  /// Perturbed cosine: added to the norm of the features, not negative; else 0.
  public var tau2: Float
  /// Node 0, then one for each group.
  public var nodes: [Node]

  /// Creates parameters from their parts.
  public init(
    outerKind: Kind, innerKind: Kind? = nil, temperature: Float = 1, tau1: Float = 0,
    tau2: Float = 0, nodes: [Node]
  ) {
    self.outerKind = outerKind
    self.innerKind = innerKind
    self.temperature = temperature
    self.tau1 = tau1
    self.tau2 = tau2
    self.nodes = nodes
  }

  /// Reads what a model's router was trained as; nil if the file does not say so in a raw section.
  ///
  /// - Parameter model: A validated model.
  /// - Throws: Rule R18 for a damaged section; R32 for one of the wrong size, with an unknown kind
  ///   or an unlawful number.
  /// - Complexity: O(*children* · *features*).
  public init?(decoding model: borrowing ModelView) throws(FormatError) {
    guard let view = try model.routerParameters(),
      let outer = Kind(rawValue: view.outerKind.rawValue)
    else { return nil }
    outerKind = outer
    innerKind = view.innerKind.flatMap { Kind(rawValue: $0.rawValue) }
    temperature = view.temperature
    tau1 = view.tau1
    tau2 = view.tau2
    nodes = []
    let featureCount = model.header.featureCount
    var offset = view.offset(ofNode: 0)
    for node in 0..<view.nodeCount {
      let children = view.childCount(ofNode: node)
      let counts = [children * featureCount, children, children]
      var parts: [[Float]] = []
      for count in counts {
        var part: [Float] = []
        for index in 0..<count { part.append(view.float(at: offset + 4 * index)) }
        parts.append(part)
        offset += 4 * count
      }
      nodes.append(Node(weight: parts[0], bias: parts[1], scale: parts[2]))
    }
  }
}

extension ModelDescription {
  /// The bytes of section 8.1. Its shape is that of the serving router.
  func section(_ parameters: RouterParameters) throws(PackagingError) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(parameters.outerKind.rawValue)
    writer.append(parameters.innerKind?.rawValue ?? 0)
    writer.append(zeros: 2)
    writer.append([parameters.temperature, parameters.tau1, parameters.tau2])
    let children = router.nodes.map(\.bias.count)
    try expect(.routerParameters, 0, parameters.nodes.count, children.count)
    for (number, node) in parameters.nodes.enumerated() {
      try expect(.routerParameters, number, node.weight.count, children[number] * featureCount)
      try expect(.routerParameters, number, node.bias.count, children[number])
      try expect(.routerParameters, number, node.scale.count, children[number])
      writer.append(node.weight)
      writer.append(node.bias)
      writer.append(node.scale)
    }
    return writer.bytes
  }
}
