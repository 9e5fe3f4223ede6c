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
//   DDIFFERENCE(p, s)   DLANES floats less the float s, rounded to float, as doubles
//   DROUND_SHARE(p, e, s)   stores as floats: the doubles at e, rounded to float, over s
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
  float *const state[4] = {parameters + i, first + i, second + i, average + i};
  float rest[4][PANEL] = {{0}}, flow[PANEL] = {0};
  for (size_t k = 0; i + k < count; k++) {
    flow[k] = gradient[i + k];
    for (int part = 0; part < 4; part++) rest[part][k] = state[part][k];
  }
  move(&s, flow, rest[0], rest[1], rest[2], rest[3]);
  for (size_t k = 0; i + k < count; k++)
    for (int part = 0; part < 4; part++) state[part][k] = rest[part][k];
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

#include "training_table.h"

const struct postern_training_set SET = {
    weight_gradient, transpose,    prelu, prelu_backward, column_sums, adamw,
    squared_norm,    dropout_mask, table, table_backward, scatter,     exponentials, shares,
};
