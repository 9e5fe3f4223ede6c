// VectorMath.swift: the loops over whole vectors: activation, dropout, sums.
//
// Step: encoded rows → [networks] → model value.
// This file says `unsafe`: these loops take most of the time of training and must become vector
// code.

extension UnsafePointer<Float> {
  /// The eight floats from `index` on: two registers of the least x86-64 machine. Lanes never meet,
  /// so their number does not change a bit.
  @inline(__always)
  func lanes(_ index: Int) -> SIMD8<Float> {
    unsafe UnsafeRawPointer(self + index).loadUnaligned(as: SIMD8<Float>.self)
  }
}

extension UnsafeMutablePointer<Float> {
  /// The eight floats from `index` on.
  @inline(__always)
  func lanes(_ index: Int) -> SIMD8<Float> {
    unsafe UnsafeRawPointer(self + index).loadUnaligned(as: SIMD8<Float>.self)
  }

  /// Writes eight floats from `index` on.
  @inline(__always)
  func set(_ index: Int, _ value: SIMD8<Float>) {
    unsafe UnsafeMutableRawPointer(self + index).storeBytes(of: value, as: SIMD8<Float>.self)
  }
}

/// Loops over vectors in one order on every machine. No fused operation, no reassociation.
///
/// Matrices of shape `(rows, width)` have a width that is a multiple of 8.
enum VectorMath {
  /// PReLU, then dropout: `a = (z > 0 ? z : slope · z) · mask`.
  ///
  /// `z` and `a` have the shape `(rows, width)`, and so have the factors in `mask`, which is empty
  /// for none; `slopes` is where the slopes stand in `parameters`.
  static func activate(
    _ z: [Float], parameters: [Float], slopes: Int, width: Int, rowCount: Int, mask: [Float],
    into a: inout [Float]
  ) {
    let count = rowCount * width
    precondition(width % 8 == 0)
    precondition(z.count >= count && a.count >= count && (mask.isEmpty || mask.count >= count))
    precondition(slopes >= 0 && parameters.count >= slopes + width)
    // SAFETY: the preconditions cover every index.
    unsafe a.withUnsafeMutableBufferPointer { a in
      unsafe z.withUnsafeBufferPointer { z in
        unsafe parameters.withUnsafeBufferPointer { p in
          guard let a = a.baseAddress, let z = z.baseAddress, let p = p.baseAddress else { return }
          var base = 0
          while base < count {
            var output = 0
            while output < width {
              let value = unsafe z.lanes(base &+ output)
              let negative = unsafe p.lanes(slopes &+ output) * value
              unsafe a.set(base &+ output, negative.replacing(with: value, where: value .> 0))
              output &+= 8
            }
            base &+= width
          }
        }
      }
    }
    if !mask.isEmpty { multiply(&a, by: mask, count: count) }
  }

  /// Multiplies the first `count` numbers, a multiple of 8, by those of `factors`.
  private static func multiply(_ x: inout [Float], by factors: [Float], count: Int) {
    precondition(count % 8 == 0 && x.count >= count && factors.count >= count)
    // SAFETY: the precondition covers every index.
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe factors.withUnsafeBufferPointer { factors in
        guard let x = x.baseAddress, let factors = factors.baseAddress else { return }
        var index = 0
        while index < count {
          unsafe x.set(index, x.lanes(index) * factors.lanes(index))
          index &+= 8
        }
      }
    }
  }

  /// The backward pass of ``activate(_:parameters:slopes:width:rowCount:mask:into:)``: turns the
  /// gradient of `a`, in place, into that of `z`, and writes the slopes' gradient.
  static func activateBackward(
    _ d: inout [Float], z: [Float], parameters: [Float], slopes: Int, width: Int, rowCount: Int,
    mask: [Float], gradient: inout [Float]
  ) {
    let count = rowCount * width
    precondition(width % 8 == 0)
    precondition(z.count >= count && d.count >= count)
    precondition(slopes >= 0 && parameters.count >= slopes + width)
    precondition(gradient.count >= slopes + width)
    if !mask.isEmpty { multiply(&d, by: mask, count: count) }
    // SAFETY: the preconditions cover every index.
    unsafe d.withUnsafeMutableBufferPointer { d in
      unsafe gradient.withUnsafeMutableBufferPointer { g in
        unsafe z.withUnsafeBufferPointer { z in
          unsafe parameters.withUnsafeBufferPointer { p in
            guard let d = d.baseAddress, let g = g.baseAddress, let z = z.baseAddress,
              let p = p.baseAddress
            else { return }
            let zero = SIMD8<Float>(repeating: 0)
            let one = SIMD8<Float>(repeating: 1)
            var output = 0
            while output < width {
              let slope = unsafe p.lanes(slopes &+ output)
              var sum = zero
              var index = output
              while index < count {
                let value = unsafe z.lanes(index)
                let flow = unsafe d.lanes(index)
                let positive = value .> 0
                sum += (flow * value).replacing(with: zero, where: positive)
                unsafe d.set(index, flow * slope.replacing(with: one, where: positive))
                index &+= width
              }
              unsafe g.set(slopes &+ output, sum)
              output &+= 8
            }
          }
        }
      }
    }
  }

  /// `(z³ - linear · z) · scale` of the first `count` sums, a multiple of 8, then dropout.
  static func activate(
    _ z: [Float], _ polynomial: (linear: Float, scale: Float), count: Int, mask: [Float],
    into a: inout [Float]
  ) {
    precondition(count % 8 == 0 && z.count >= count && a.count >= count)
    let linear = SIMD8<Float>(repeating: polynomial.linear)
    // SAFETY: the precondition covers every index.
    unsafe a.withUnsafeMutableBufferPointer { a in
      unsafe z.withUnsafeBufferPointer { z in
        guard let a = a.baseAddress, let z = z.baseAddress else { return }
        var index = 0
        while index < count {
          let value = unsafe z.lanes(index)
          unsafe a.set(index, (value * value * value - linear * value) * polynomial.scale)
          index &+= 8
        }
      }
    }
    if !mask.isEmpty { multiply(&a, by: mask, count: count) }
  }

  /// The backward pass of ``activate(_:_:count:mask:into:)``: turns the gradient of `a`, in place,
  /// into that of `z`.
  static func activateBackward(
    _ d: inout [Float], _ polynomial: (linear: Float, scale: Float), z: [Float], count: Int,
    mask: [Float]
  ) {
    precondition(count % 8 == 0 && z.count >= count && d.count >= count)
    if !mask.isEmpty { multiply(&d, by: mask, count: count) }
    let linear = SIMD8<Float>(repeating: polynomial.linear)
    // SAFETY: the precondition covers every index.
    unsafe d.withUnsafeMutableBufferPointer { d in
      unsafe z.withUnsafeBufferPointer { z in
        guard let d = d.baseAddress, let z = z.baseAddress else { return }
        var index = 0
        while index < count {
          let value = unsafe z.lanes(index)
          let slope = (value * value * 3 - linear) * polynomial.scale
          unsafe d.set(index, d.lanes(index) * slope)
          index &+= 8
        }
      }
    }
  }

  /// Sets the first `count` factors to 0 with probability `dropout`, in steps of 1/65536, else to
  /// `1 / (1 - dropout)`. `count` is a multiple of 4.
  static func drawMask(
    _ mask: inout [Float], count: Int, dropout: Float, random: inout RandomStream
  ) {
    precondition(dropout >= 0 && dropout < 1 && mask.count >= count && count % 4 == 0)
    let limit = SIMD4<UInt32>(repeating: UInt32(dropout * 65536))
    let keep = SIMD4<Float>(repeating: 1 / (1 - dropout))
    // SAFETY: the index stays below `count`, which the precondition covers.
    unsafe mask.withUnsafeMutableBytes { mask in
      var index = 0
      while index < count {
        let bits = random.next()
        let (low, high) = (UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32))
        let parts = SIMD4<UInt32>(low & 0xFFFF, low >> 16, high & 0xFFFF, high >> 16)
        let factors = keep.replacing(with: 0, where: parts .< limit)
        unsafe mask.storeBytes(of: factors, toByteOffset: index &* 4, as: SIMD4<Float>.self)
        index &+= 4
      }
    }
  }

  /// Writes the sum of each column of `d`, shape `(rows, width)`, to `gradient[offset...]`.
  static func columnSums(
    _ d: [Float], width: Int, rowCount: Int, into gradient: inout [Float], at offset: Int
  ) {
    precondition(width % 8 == 0 && d.count >= rowCount * width)
    precondition(offset >= 0 && gradient.count >= offset + width)
    // SAFETY: the preconditions cover every index.
    unsafe gradient.withUnsafeMutableBufferPointer { g in
      unsafe d.withUnsafeBufferPointer { d in
        guard let g = g.baseAddress, let d = d.baseAddress else { return }
        var output = 0
        while output < width {
          var sum = SIMD8<Float>(repeating: 0)
          var index = output
          while index < rowCount &* width {
            unsafe sum += d.lanes(index)
            index &+= width
          }
          unsafe g.set(offset &+ output, sum)
          output &+= 8
        }
      }
    }
  }

  /// The sum of the squares, in double precision: eight chains, then the chains from the left.
  static func squaredNorm(_ x: [Float]) -> Double {
    var chains = SIMD8<Double>(repeating: 0)
    let whole = x.count / 8 * 8
    // SAFETY: indices stay below the count.
    unsafe x.withUnsafeBufferPointer { x in
      guard let x = x.baseAddress else { return }
      var index = 0
      while index < whole {
        let wide = unsafe SIMD8<Double>(x.lanes(index))
        chains += wide * wide
        index &+= 8
      }
    }
    var sum = 0.0
    for lane in 0..<8 { sum += chains[lane] }
    for value in x[whole...] { sum += Double(value) * Double(value) }
    return sum
  }

  /// The Euclidean distances of rows to the weights of a layer; shape `(rows, outputs)`.
  ///
  /// Squares are added in the order of the inputs.
  static func distances(
    to layer: LayerPlace, parameters: [Float], x: [Float], rowCount: Int, y: inout [Float]
  ) {
    let (inputs, outputs) = (layer.inputCount, layer.outputCount)
    precondition(outputs % 16 == 0 && layer.weights >= 0)
    precondition(parameters.count >= layer.weights + layer.weightCount)
    precondition(x.count >= rowCount * inputs && y.count >= rowCount * outputs)
    // SAFETY: the preconditions cover every index.
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe parameters.withUnsafeBufferPointer { p in
          guard let y = y.baseAddress, let x = x.baseAddress, let p = p.baseAddress else { return }
          for row in 0..<rowCount {
            for panel in 0..<outputs / 16 {
              let weights = unsafe p + layer.weights + panel * inputs * 16
              var low = SIMD8<Float>(repeating: 0)
              var high = low
              var input = 0
              while input < inputs {
                let value = unsafe SIMD8<Float>(repeating: x[row &* inputs &+ input])
                let first = unsafe value - weights.lanes(input &* 16)
                let second = unsafe value - weights.lanes(input &* 16 &+ 8)
                low += first * first
                high += second * second
                input &+= 1
              }
              unsafe y.set(row &* outputs &+ panel &* 16, low.squareRoot())
              unsafe y.set(row &* outputs &+ panel &* 16 &+ 8, high.squareRoot())
            }
          }
        }
      }
    }
  }
}
