// training_body.h: the loops of training, written once over the vectors that the including file
// names.
//
// The including file defines, before it includes this one:
//   SET                 the name of its postern_training_set
//   TARGET              attributes that switch the instruction set on
//   vec, LANES          a vector of LANES floats; LANES divides 16
//   LOAD, STORE         unaligned;   SPLAT(float), ADD, SUB, MUL, DIV, SQRT
//   FMA(a, b, c)        a * b + c, rounded once
//   PICK(z, a, b)       z > 0 ? a : b, lane by lane
//   dvec, DLANES        a vector of DLANES doubles; DLANES divides 8
//   DLOAD(p)            DLANES floats as doubles;   DSTORE, DSPLAT, DADD, DSUB, DMUL, DDIV
//   DMULADD(a, b, c)    a * b + c, where the product is exact: rounded once either way
//   DPICK_LESS, DPICK_GREATER(x, bound, a, b)   x < bound, x > bound ? a : b
//   EXPONENT            DLANES whole numbers: EXPONENT_HALF (down), EXPONENT_SUB,
//                       low_halves(dvec), the low 32 bits of each; power_of_two(EXPONENT)
//   MASK(state, limit, keep, mask)   16 dropout factors
//   TRANSPOSE(from, from_stride, to, to_stride)   a block of 16 x 16
//   GRADIENT_TILES(PASS)   PASS(vectors, a, b, c): vectors of outputs, and how many inputs the
//                       tiles take, largest first
//   TILE_LIMIT          vectors of sums in the largest tile
//   SPLITMIX            what the state of SplitMix64 grows by

#define PANEL 16
#define INLINE static inline __attribute__((always_inline)) TARGET
#define UNROLL _Pragma("clang loop unroll(full)")
#define ROLL _Pragma("clang loop unroll(disable)")

/// `count` inputs from `input` on, `vectors` vectors of outputs from `output` on; both are
/// constants at every call, so that the sums stay in registers.
INLINE void gradient_tile(const float *x, const float *dy, size_t rows, size_t inputs,
                          size_t outputs, size_t input, size_t output, float *gradient,
                          const int count, const int vectors) {
  const size_t quarter = (rows + 3) / 4;
  vec total[4][TILE_LIMIT];
  x += input;
  dy += output;
  ROLL for (int run = 0; run < 4; run++) {
    vec sum[TILE_LIMIT];
    UNROLL for (int i = 0; i < count * vectors; i++) sum[i] = SPLAT(0.0f);
    const size_t first = run * quarter < rows ? run * quarter : rows;
    const size_t end = first + quarter < rows ? first + quarter : rows;
    ROLL for (size_t row = first; row < end; row++) {
      vec d[TILE_LIMIT];
      UNROLL for (int v = 0; v < vectors; v++) d[v] = LOAD(dy + row * outputs + v * LANES);
      UNROLL for (int i = 0; i < count; i++) {
        const vec value = SPLAT(x[row * inputs + i]);
        UNROLL for (int v = 0; v < vectors; v++)
          sum[i * vectors + v] = FMA(value, d[v], sum[i * vectors + v]);
      }
    }
    UNROLL for (int i = 0; i < count * vectors; i++) total[run][i] = sum[i];
  }
  UNROLL for (int i = 0; i < count; i++)
    UNROLL for (int v = 0; v < vectors; v++) {
      const int s = i * vectors + v;
      const size_t o = output + v * LANES;
      STORE(gradient + (o / PANEL * inputs + input + i) * PANEL + o % PANEL,
            ADD(ADD(total[0][s], total[1][s]), ADD(total[2][s], total[3][s])));
    }
}

/// As many inputs as `a` divides, then as `b` and `c` do, then the rest one by one.
INLINE size_t gradient_columns(const float *x, const float *dy, size_t rows, size_t inputs,
                               size_t outputs, size_t output, float *gradient, const int vectors,
                               const int a, const int b, const int c) {
  for (; output + vectors * LANES <= outputs; output += vectors * LANES) {
    size_t i = 0;
#define TILES(count)                                                           \
  for (; inputs - i >= (size_t)(count); i += (count))                          \
    gradient_tile(x, dy, rows, inputs, outputs, i, output, gradient, count, vectors);
    TILES(a) TILES(b) TILES(c) TILES(1)
#undef TILES
  }
  return output;
}

TARGET static void weight_gradient(const float *x, const float *dy, size_t rows, size_t inputs,
                                   size_t outputs, float *gradient) {
  size_t output = 0;
#define PASS(vectors, a, b, c)                                                 \
  output = gradient_columns(x, dy, rows, inputs, outputs, output, gradient, vectors, a, b, c);
  GRADIENT_TILES(PASS)
#undef PASS
}

TARGET static void transpose(const float *panels, size_t inputs, size_t outputs,
                             float *transposed) {
  for (size_t panel = 0; panel < outputs / PANEL; panel++)
    for (size_t input = 0; input < inputs; input += PANEL)
      TRANSPOSE(panels + (panel * inputs + input) * PANEL, PANEL,
                transposed + (input / PANEL * outputs + panel * PANEL) * PANEL, PANEL);
}

TARGET static void prelu(const float *z, const float *slopes, const float *mask, size_t width,
                         size_t rows, float *a) {
  for (size_t row = 0; row < rows; row++) {
    for (size_t o = 0; o < width; o += LANES) {
      const vec value = LOAD(z + o);
      vec y = PICK(value, value, MUL(LOAD(slopes + o), value));
      if (mask) y = MUL(y, LOAD(mask + o));
      STORE(a + o, y);
    }
    z += width;
    a += width;
    if (mask) mask += width;
  }
}

/// `vectors` vectors of columns: as many chains side by side hide the latency of additions.
INLINE void prelu_backward_columns(float *d, const float *z, const float *slopes,
                                   const float *mask, size_t width, size_t rows,
                                   float *slope_gradient, float *bias_gradient, size_t output,
                                   const int vectors) {
  const vec zero = SPLAT(0.0f);
  const vec one = SPLAT(1.0f);
  vec slope[4], by_slope[4], by_bias[4];
  UNROLL for (int v = 0; v < vectors; v++) {
    slope[v] = LOAD(slopes + output + v * LANES);
    by_slope[v] = zero;
    by_bias[v] = zero;
  }
  ROLL for (size_t row = 0; row < rows; row++) {
    UNROLL for (int v = 0; v < vectors; v++) {
      const size_t i = row * width + output + v * LANES;
      const vec value = LOAD(z + i);
      vec flow = LOAD(d + i);
      if (mask) flow = MUL(flow, LOAD(mask + i));
      by_slope[v] = ADD(by_slope[v], PICK(value, zero, MUL(flow, value)));
      flow = MUL(flow, PICK(value, one, slope[v]));
      by_bias[v] = ADD(by_bias[v], flow);
      STORE(d + i, flow);
    }
  }
  UNROLL for (int v = 0; v < vectors; v++) {
    STORE(slope_gradient + output + v * LANES, by_slope[v]);
    STORE(bias_gradient + output + v * LANES, by_bias[v]);
  }
}

TARGET static void prelu_backward(float *d, const float *z, const float *slopes,
                                  const float *mask, size_t width, size_t rows,
                                  float *slope_gradient, float *bias_gradient) {
  size_t o = 0;
  for (; o + 4 * LANES <= width; o += 4 * LANES)
    prelu_backward_columns(d, z, slopes, mask, width, rows, slope_gradient, bias_gradient, o, 4);
  for (; o < width; o += LANES)
    prelu_backward_columns(d, z, slopes, mask, width, rows, slope_gradient, bias_gradient, o, 1);
}

INLINE void sum_columns(const float *d, size_t width, size_t rows, float *sums, size_t output,
                        const int vectors) {
  vec sum[4];
  UNROLL for (int v = 0; v < vectors; v++) sum[v] = SPLAT(0.0f);
  ROLL for (size_t row = 0; row < rows; row++)
    UNROLL for (int v = 0; v < vectors; v++)
      sum[v] = ADD(sum[v], LOAD(d + row * width + output + v * LANES));
  UNROLL for (int v = 0; v < vectors; v++) STORE(sums + output + v * LANES, sum[v]);
}

TARGET static void column_sums(const float *d, size_t width, size_t rows, float *sums) {
  size_t o = 0;
  for (; o + 4 * LANES <= width; o += 4 * LANES) sum_columns(d, width, rows, sums, o, 4);
  for (; o < width; o += LANES) sum_columns(d, width, rows, sums, o, 1);
}

/// The constants of a step, spread over vectors.
struct adamw_vectors {
  vec scale, rate, keep, correction, epsilon, beta1, gain1, beta2, gain2, kept, gained;
};

INLINE void move(const struct adamw_vectors *s, const float *gradient, float *parameter,
                 float *first, float *second, float *average) {
  const vec g = MUL(LOAD(gradient), s->scale);
  const vec m = ADD(MUL(LOAD(first), s->beta1), MUL(g, s->gain1));
  const vec v = ADD(MUL(LOAD(second), s->beta2), MUL(MUL(g, g), s->gain2));
  STORE(first, m);
  STORE(second, v);
  const vec root = ADD(SQRT(MUL(v, s->correction)), s->epsilon);
  const vec p = SUB(MUL(LOAD(parameter), s->keep), DIV(MUL(m, s->rate), root));
  STORE(parameter, p);
  STORE(average, ADD(MUL(LOAD(average), s->kept), MUL(p, s->gained)));
}

TARGET static void adamw(const struct postern_adamw *step, const float *gradient,
                         float *parameters, float *first, float *second, float *average,
                         size_t count) {
  const struct adamw_vectors s = {
      SPLAT(step->gradient_scale), SPLAT(step->rate),    SPLAT(step->keep),
      SPLAT(step->second_correction), SPLAT(step->epsilon),
      SPLAT(step->beta1), SPLAT(1 - step->beta1), SPLAT(step->beta2), SPLAT(1 - step->beta2),
      SPLAT(step->average_keep), SPLAT(1 - step->average_keep),
  };
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    move(&s, gradient + i, parameters + i, first + i, second + i, average + i);
  if (i == count) return;
  // The rest is moved in memory that has room for a whole vector.
  float *const from[5] = {(float *)gradient + i, parameters + i, first + i, second + i, average + i};
  float rest[5][PANEL] = {{0}};
  for (int part = 0; part < 5; part++)
    for (size_t k = 0; i + k < count; k++) rest[part][k] = from[part][k];
  move(&s, rest[0], rest[1], rest[2], rest[3], rest[4]);
  for (int part = 1; part < 5; part++)
    for (size_t k = 0; i + k < count; k++) from[part][k] = rest[part][k];
}

TARGET static double squared_norm(const float *x, size_t count) {
  dvec sum[32 / DLANES];
  UNROLL for (int c = 0; c < 32 / DLANES; c++) sum[c] = DSPLAT(0.0);
  size_t i = 0;
  for (; i + 32 <= count; i += 32)
    UNROLL for (int c = 0; c < 32 / DLANES; c++) {
      const dvec wide = DLOAD(x + i + c * DLANES);
      sum[c] = DMULADD(wide, wide, sum[c]);
    }
  double chains[32];
  UNROLL for (int c = 0; c < 32 / DLANES; c++) DSTORE(chains + c * DLANES, sum[c]);
  for (size_t k = 0; i + k < count; k++) chains[k] += (double)x[i + k] * x[i + k];
  double total = 0;
  for (int k = 0; k < 8; k++)
    total += (chains[k] + chains[k + 8]) + (chains[k + 16] + chains[k + 24]);
  return total;
}

TARGET static void dropout_mask(uint64_t state, size_t count, uint32_t limit, float keep,
                                float *mask) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16, state += 4 * SPLITMIX) MASK(state, limit, keep, mask + i);
  if (i == count) return;
  float rest[16];
  MASK(state, limit, keep, rest);
  for (size_t k = 0; i + k < count; k++) mask[i + k] = rest[k];
}

INLINE void table_columns(const float *parameters, const float *positions, size_t nodes,
                          size_t width, float *table, size_t output, const int vectors) {
  vec weight[8], sum[8];
  UNROLL for (int v = 0; v < vectors; v++) {
    weight[v] = LOAD(parameters + output + v * LANES);
    sum[v] = SPLAT(0.0f);
  }
  ROLL for (size_t node = 0; node < nodes; node++) {
    const vec position = SPLAT(positions[node]);
    UNROLL for (int v = 0; v < vectors; v++) {
      const size_t i = node * width + output + v * LANES;
      if (node > 0) sum[v] = ADD(sum[v], LOAD(parameters + i));
      STORE(table + i, ADD(sum[v], MUL(weight[v], position)));
    }
  }
}

TARGET static void table(const float *parameters, const float *positions, size_t nodes,
                         size_t width, float *table) {
  size_t o = 0;
  for (; o + 4 * LANES <= width; o += 4 * LANES)
    table_columns(parameters, positions, nodes, width, table, o, 4);
  for (; o < width; o += LANES)
    table_columns(parameters, positions, nodes, width, table, o, 1);
}

INLINE void table_columns_backward(float *gradient, const float *positions, size_t nodes,
                                   size_t width, size_t output, const int vectors) {
  vec weight[4], sum[4];
  UNROLL for (int v = 0; v < vectors; v++) weight[v] = sum[v] = SPLAT(0.0f);
  ROLL for (size_t node = nodes - 1; node > 0; node--) {
    const vec position = SPLAT(positions[node]);
    UNROLL for (int v = 0; v < vectors; v++) {
      const size_t i = node * width + output + v * LANES;
      const vec value = LOAD(gradient + i);
      weight[v] = ADD(weight[v], MUL(value, position));
      sum[v] = ADD(sum[v], value);
      STORE(gradient + i, sum[v]);
    }
  }
  UNROLL for (int v = 0; v < vectors; v++) {
    float *first = gradient + output + v * LANES;
    STORE(first, ADD(weight[v], MUL(LOAD(first), SPLAT(positions[0]))));
  }
}

TARGET static void table_backward(float *gradient, const float *positions, size_t nodes,
                                  size_t width) {
  size_t o = 0;
  for (; o + 4 * LANES <= width; o += 4 * LANES)
    table_columns_backward(gradient, positions, nodes, width, o, 4);
  for (; o < width; o += LANES)
    table_columns_backward(gradient, positions, nodes, width, o, 1);
}

INLINE void add_scaled(const float *x, float scale, float *y, size_t width) {
  const vec s = SPLAT(scale);
  for (size_t o = 0; o < width; o += LANES)
    STORE(y + o, ADD(LOAD(y + o), MUL(LOAD(x + o), s)));
}

TARGET static void scatter(const float *d, size_t width, const uint32_t *entries,
                           const float *fractions, size_t pairs, size_t rows, float *table) {
  for (size_t row = 0; row < rows; row++, d += width, entries += pairs, fractions += pairs)
    for (size_t pair = 0; pair < pairs; pair++) {
      float *entry = table + entries[pair] * width;
      const float fraction = fractions[pair];
      add_scaled(d, 1 - fraction, entry, width);
      if (fraction > 0) add_scaled(d, fraction, entry + width, width);
    }
}

/// The exponential of section 9.6 of the specification, lane by lane. No operation is fused.
INLINE dvec exponential(dvec x) {
  static const double inverses[] = {
      0x1.1eed8eff8d898p-29, 0x1.ae64567f544e4p-26, 0x1.27e4fb7789f5cp-22, 0x1.71de3a556c734p-19,
      0x1.a01a01a01a01ap-16, 0x1.a01a01a01a01ap-13, 0x1.6c16c16c16c17p-10, 0x1.1111111111111p-7,
      0x1.5555555555555p-5,  0x1.5555555555555p-3,  0x1p-1,                1,
      1,
  };
  // Beyond these bounds the result does not change any more.
  x = DPICK_LESS(x, -746.0, DSPLAT(-746.0), x);
  x = DPICK_GREATER(x, 710.0, DSPLAT(710.0), x);
  const dvec shifted = DADD(DMUL(x, DSPLAT(0x1.71547652b82fep+0)), DSPLAT(0x1.8p52));
  const dvec k = DSUB(shifted, DSPLAT(0x1.8p52));
  const dvec r = DSUB(DSUB(x, DMUL(k, DSPLAT(0x1.62e42feep-1))),
                      DMUL(k, DSPLAT(0x1.a39ef35793c76p-33)));
  dvec p = DSPLAT(0x1.6124613a86d09p-33);
  UNROLL for (int i = 0; i < 13; i++) p = DADD(DMUL(p, r), DSPLAT(inverses[i]));
  const EXPONENT exponent = low_halves(shifted);
  const EXPONENT half = EXPONENT_HALF(exponent);
  p = DMUL(DMUL(p, power_of_two(half)), power_of_two(EXPONENT_SUB(exponent, half)));
  p = DPICK_LESS(x, -0x1.74910d52d3052p+9, DSPLAT(0.0), p);
  return DPICK_GREATER(x, 0x1.62e42fefa39efp+9, DSPLAT(__builtin_inf()), p);
}

TARGET static void exponentials(const float *x, float x0, double divisor, size_t count,
                                double *y) {
  const dvec by = DSPLAT(divisor);
  size_t i = 0;
  float difference[8];
  for (; i < count; i += 8) {
    double values[8];
    const size_t n = count - i < 8 ? count - i : 8;
    for (size_t k = 0; k < 8; k++) difference[k] = (k < n ? x[i + k] : x0) - x0;
    UNROLL for (int k = 0; k < 8; k += DLANES)
      DSTORE(values + k, exponential(DDIV(DLOAD(difference + k), by)));
    for (size_t k = 0; k < n; k++) y[i + k] = values[k];
  }
}

const struct postern_training_set SET = {
    weight_gradient, transpose,    prelu, prelu_backward, column_sums, adamw,
    squared_norm,    dropout_mask, table, table_backward, scatter,     exponentials,
};
