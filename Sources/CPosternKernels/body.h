// body.h: the kernels themselves, written once over a vector type that the including file names.
//
// The including file defines, before it includes this one:
//   SET                 the name of its postern_kernel_set
//   TARGET              attributes that switch the instruction set on
//   vec, LANES          a vector of LANES floats; LANES divides 16
//   LOAD, STORE         unaligned;   SPLAT(float), ADD, SUB
//   FMA(a, b, c)        a * b + c, rounded once
//   LEAKY(z, s)         z > 0 ? z : s * z, lane by lane
//   TILE_PASSES(PASS)   PASS(vectors, rows...) for a batch: how many vectors of outputs one pass
//                       over the inputs takes, and the row counts of its tiles; most vectors first
//   ROW_PASSES(PASS)    PASS(vectors, runs) for a single row: vectors, and runs side by side
//   LOOKUP_PASSES(PASS) PASS(vectors)
//   TILE_LIMIT          vectors of sums in the largest tile
//
// A lane never adds across lanes and each run is one chain, so neither the vector's width nor the
// shape of a tile can change a bit of the result.

#define PANEL 16
#define INLINE static inline __attribute__((always_inline)) TARGET
#define UNROLL _Pragma("clang loop unroll(full)")
#define ROLL _Pragma("clang loop unroll(disable)")

/// The arguments of postern_dense_f32.
struct dense {
  const float *panels, *bias, *slopes;
  size_t inputs, outputs;
  const float *x;
  size_t x_stride;
  float *y;
  size_t y_stride;
};

INLINE void finish(vec z, const float *slopes, size_t output, float *y) {
  if (slopes) z = LEAKY(z, LOAD(slopes + output));
  STORE(y + output, z);
}

/// Rows `row..<row + rows`, `vectors` vectors of outputs from `output` on, `runs` of the four runs
/// side by side. `rows`, `vectors` and `runs` are constants at every call: the loops over them
/// unroll and the sums stay in registers.
INLINE void tile(const struct dense *d, size_t output, size_t row, const int rows,
                 const int vectors, const int runs) {
  const size_t quarter = d->inputs / 4;
  const size_t panel_stride = d->inputs * PANEL;
  const float *panel = d->panels + output * d->inputs;
  const float *x = d->x + row * d->x_stride;
  float *y = d->y + row * d->y_stride;
  const int count = rows * vectors;
  vec total[4][TILE_LIMIT];  // by run
  ROLL for (int first = 0; first < 4; first += runs) {
    vec sum[4][TILE_LIMIT];
    UNROLL for (int c = 0; c < runs; c++)
      UNROLL for (int i = 0; i < count; i++) sum[c][i] = SPLAT(0.0f);
    ROLL for (size_t k = first * quarter; k < (first + 1) * quarter; k++) {
      UNROLL for (int c = 0; c < runs; c++) {
        const size_t input = c * quarter + k;
        UNROLL for (int r = 0; r < rows; r++) {
          const vec value = SPLAT(x[r * d->x_stride + input]);
          UNROLL for (int v = 0; v < vectors; v++) {
            const int lane = v * LANES;
            const vec w = LOAD(panel + lane / PANEL * panel_stride + input * PANEL + lane % PANEL);
            sum[c][r * vectors + v] = FMA(value, w, sum[c][r * vectors + v]);
          }
        }
      }
    }
    UNROLL for (int c = 0; c < runs; c++)
      UNROLL for (int i = 0; i < count; i++) total[first + c][i] = sum[c][i];
  }
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int v = 0; v < vectors; v++) {
      const int i = r * vectors + v;
      const size_t o = output + v * LANES;
      vec z = ADD(ADD(total[0][i], total[1][i]), ADD(total[2][i], total[3][i]));
      if (d->bias) z = ADD(z, LOAD(d->bias + o));
      finish(z, d->slopes, o, y + r * d->y_stride);
    }
}

/// As many outputs as `vectors` divides, for the rows of a batch: tiles of `a` rows, then of `b`,
/// then of `c`, then row by row. A rest of `b + c` rows is cut that way, and not into `a` and less.
INLINE size_t batch(const struct dense *d, size_t output, size_t rows, const int vectors,
                    const int a, const int b, const int c) {
  const size_t rest = a == b + c ? 0 : b + c;
  // Eight streams of weights at most, as for a single row.
  const int runs = vectors * LANES >= 4 * PANEL ? 2 : 4;
  for (; output + vectors * LANES <= d->outputs; output += vectors * LANES) {
    size_t row = 0;
    for (; rows - row >= (size_t)a && rows - row != rest; row += a)
      tile(d, output, row, a, vectors, 1);
    for (; rows - row >= (size_t)b; row += b) tile(d, output, row, b, vectors, 1);
    for (; rows - row >= (size_t)c; row += c) tile(d, output, row, c, vectors, 1);
    for (; row < rows; row++) tile(d, output, row, 1, vectors, runs);
  }
  return output;
}

INLINE size_t single(const struct dense *d, size_t output, const int vectors, const int runs) {
  for (; output + vectors * LANES <= d->outputs; output += vectors * LANES)
    tile(d, output, 0, 1, vectors, runs);
  return output;
}

TARGET static void dense(const float *panels, const float *bias, const float *slopes,
                         size_t inputs, size_t outputs, const float *x, size_t x_stride, float *y,
                         size_t y_stride, size_t rows) {
  const struct dense d = {panels, bias, slopes, inputs, outputs, x, x_stride, y, y_stride};
  size_t output = 0;
  if (rows == 1) {
#define PASS(vectors, runs) output = single(&d, output, vectors, runs);
    ROW_PASSES(PASS)
#undef PASS
  } else {
#define PASS(vectors, a, b, c) output = batch(&d, output, rows, vectors, a, b, c);
    TILE_PASSES(PASS)
#undef PASS
  }
}

/// The arguments of postern_lookup_f32.
struct lookup {
  const float *table, *bias, *slopes;
  size_t columns, outputs;
};

/// One row, `vectors` vectors of outputs from `output` on; `vectors` is a constant at every call.
INLINE void sum_entries(const struct lookup *l, size_t output, const uint32_t *entries,
                        const float *fractions, float *y, const int vectors) {
  vec z[TILE_LIMIT];
  UNROLL for (int v = 0; v < vectors; v++) z[v] = LOAD(l->bias + output + v * LANES);
  ROLL for (size_t column = 0; column < l->columns; column++) {
    const float fraction = fractions[column];
    const float *below = l->table + entries[column] * l->outputs + output;
    const float *above = below + (fraction > 0.0f ? l->outputs : 0);
    const vec f = SPLAT(fraction);
    UNROLL for (int v = 0; v < vectors; v++) {
      const vec a = LOAD(below + v * LANES);
      z[v] = ADD(z[v], FMA(f, SUB(LOAD(above + v * LANES), a), a));
    }
  }
  UNROLL for (int v = 0; v < vectors; v++) finish(z[v], l->slopes, output + v * LANES, y);
}

TARGET static void lookup(const float *table, const float *bias, const float *slopes,
                          size_t columns, size_t outputs, const uint32_t *entries,
                          const float *fractions, size_t column_stride, float *y, size_t y_stride,
                          size_t rows) {
  const struct lookup l = {table, bias, slopes, columns, outputs};
  for (size_t row = 0; row < rows; row++) {
    size_t output = 0;
#define PASS(vectors)                                                          \
  for (; output + vectors * LANES <= outputs; output += vectors * LANES)       \
    sum_entries(&l, output, entries, fractions, y, vectors);
    LOOKUP_PASSES(PASS)
#undef PASS
    entries += column_stride;
    fractions += column_stride;
    y += y_stride;
  }
}

const struct postern_kernel_set SET = {dense, lookup};
