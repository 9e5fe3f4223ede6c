// body.h: the kernels themselves, written once over a vector type that the including file names.
//
// The including file defines, before it includes this one:
//   TARGET              attributes that switch the instruction set on
//   vec, LANES          a vector of LANES floats; LANES divides 16
//   LOAD, STORE         unaligned;   SPLAT(float), ADD, SUB, MUL, SQRT
//   LOAD_HALF(p)        LANES binary16 numbers as floats
//   LOAD_BYTES(p)       LANES signed bytes as floats
//   LOAD_NIBBLES(p, n)  the low (n = 0) or high (n = 1) halves of LANES bytes, signed, as floats
//   FMA(a, b, c)        a * b + c, rounded once
//   SCALAR_FMA(a, b, c) the same for floats
//   LEAKY(z, s)         z > 0 ? z : s * z, lane by lane
//   MAX(a, b)           lane by lane, of numbers;   LARGEST_LANE(a) the largest of all lanes
//   EQUAL_LANES(a, b)   a bit for each lane where they are equal;   ALL_LANES all of these
//   FIRST_OF(v, n, w)   v, from lane n on w
//   TILE_PASSES(PASS)   PASS(vectors, rows...) for a batch: how many vectors of outputs one pass
//                       over the inputs takes, and the row counts of its tiles; most vectors first
//   ROW_PASSES(PASS)    PASS(vectors, runs) for a single row: vectors, and runs side by side
//   COLD_PASSES(PASS)   the same for calls that fetch
//   FEW_PASSES(PASS)    the same for 16 or 32 inputs
//   LOOKUP_PASSES(PASS) PASS(vectors)
//   TILE_LIMIT          vectors of sums in the largest tile
//
// A lane never adds across lanes and each run is one chain, so neither the vector's width nor the
// shape of a tile can change a bit of the result.

#include "kernel_macros.h"

/// What a tile sums: products with weights of a type, or squares of differences.
enum { SUM_F32 = POSTERN_F32, SUM_F16 = POSTERN_F16, SUM_INT4 = POSTERN_INT4, SUM_SQUARES };

/// The weights from `input` to the outputs from `output` on, of which `lane` is in 0..<PANEL's
/// multiples.
INLINE vec weight(const struct postern_call *d, size_t output, size_t input, const int sum) {
  const size_t panel = output / PANEL, lane = output % PANEL;
  const size_t element = (panel * d->inputs + input) * PANEL + lane;
  if (sum == SUM_F16) return LOAD_HALF((const uint16_t *)d->weights + element);
  if (sum == SUM_INT4) {
    const size_t pair = (panel * (d->inputs / 2) + input / 2) * PANEL + lane;
    const vec scale = LOAD(d->scale + input / d->group * d->outputs + output);
    return MUL(LOAD_NIBBLES((const uint8_t *)d->weights + pair, input % 2), scale);
  }
  return LOAD((const float *)d->weights + element);
}

/// Asks for the cache line that the next pass over the inputs reads where this one reads
/// `weight(output, input)`. Eight streams at once read memory a tenth faster that way; weights that
/// are in a cache are read a quarter slower, so that only models that fit none ask.
INLINE void fetch(const struct postern_call *d, size_t output, size_t input, const int vectors,
                  const int sum) {
  const size_t size = sum == SUM_F16 ? 2 : 4;
  const size_t element = (output / PANEL * d->inputs + input) * PANEL + output % PANEL;
  const size_t next = (size_t)vectors * LANES * d->inputs;
  __builtin_prefetch((const char *)d->weights + (element + next) * size, 0, 2);
}

/// Adds input `k` of a run, and those `quarter` further of the runs beside it, to the sums.
INLINE void add_inputs(const struct postern_call *d, vec sums[4][TILE_LIMIT], size_t output,
                       const float *x, size_t k, size_t quarter, const int rows,
                       const int vectors, const int runs, const int sum, const int fetches) {
  UNROLL for (int c = 0; c < runs; c++) {
    const size_t input = c * quarter + k;
    vec w[TILE_LIMIT];
    UNROLL for (int v = 0; v < vectors; v++) {
      w[v] = weight(d, output + v * LANES, input, sum);
      if (fetches && v * LANES % PANEL == 0) fetch(d, output + v * LANES, input, vectors, sum);
    }
    UNROLL for (int r = 0; r < rows; r++) {
      const vec value = SPLAT(x[r * d->x_stride + input]);
      UNROLL for (int v = 0; v < vectors; v++) {
        vec *z = &sums[c][r * vectors + v];
        const vec factor = sum == SUM_SQUARES ? SUB(value, w[v]) : value;
        *z = FMA(factor, sum == SUM_SQUARES ? factor : w[v], *z);
      }
    }
  }
}

/// Rows `row..<row + rows`, `vectors` vectors of outputs from `output` on, `runs` of the four runs
/// side by side. `rows`, `vectors`, `runs`, `sum` and `fetches` are constants at every call: the
/// loops over them unroll and the sums stay in registers. So is `few`: the inputs, if there are so
/// few that the loop over them unrolls too, else 0.
INLINE void tile(const struct postern_call *d, size_t output, size_t row, const int rows,
                 const int vectors, const int runs, const int sum, const int fetches,
                 const int few) {
  struct postern_call call = *d;
  if (few) call.inputs = few;
  const size_t quarter = call.inputs / 4;
  const float *x = d->x + row * d->x_stride;
  float *y = d->y + row * d->y_stride;
  const int count = rows * vectors;
  vec total[TILE_LIMIT], third[TILE_LIMIT];
  UNROLL for (int first = 0; first < 4; first += runs) {
    vec sums[4][TILE_LIMIT];
    UNROLL for (int c = 0; c < runs; c++)
      UNROLL for (int i = 0; i < count; i++) sums[c][i] = SPLAT(0.0f);
    const size_t start = first * quarter;
    if (few) {
      UNROLL for (int k = 0; k < few / 4; k++)
        add_inputs(&call, sums, output, x, start + k, quarter, rows, vectors, runs, sum, fetches);
    } else {
      ROLL for (size_t k = start; k < start + quarter; k++)
        add_inputs(&call, sums, output, x, k, quarter, rows, vectors, runs, sum, fetches);
    }
    // (c0 + c1) + (c2 + c3), as the runs come.
    UNROLL for (int i = 0; i < count; i++) {
      if (runs == 4)
        total[i] = ADD(ADD(sums[0][i], sums[1][i]), ADD(sums[2][i], sums[3][i]));
      else if (runs == 2)
        total[i] = first == 0 ? ADD(sums[0][i], sums[1][i])
                              : ADD(total[i], ADD(sums[0][i], sums[1][i]));
      else if (first == 2)
        third[i] = sums[0][i];
      else
        total[i] = first == 0   ? sums[0][i]
                   : first == 1 ? ADD(total[i], sums[0][i])
                                : ADD(total[i], ADD(third[i], sums[0][i]));
    }
  }
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int v = 0; v < vectors; v++) {
      const int i = r * vectors + v;
      const size_t o = output + v * LANES;
      vec z = total[i];
      if (sum == SUM_SQUARES) {
        z = FMA(SUB(SPLAT(-0.0f), LOAD(d->scale + o)), SQRT(z), LOAD(d->bias + o));
      } else if (d->bias) {
        z = ADD(z, LOAD(d->bias + o));
      }
      finish(d, z, o, y + r * d->y_stride);
    }
}

/// As many outputs as `vectors` divides, for the rows of a batch: tiles of `a` rows, then of `b`,
/// then of `c`, then row by row. A rest of `b + c` rows is cut that way, and not into `a` and less.
INLINE size_t batch(const struct postern_call *d, size_t output, const int vectors, const int a,
                    const int b, const int c, const int sum) {
  const size_t rows = d->rows, rest = a == b + c ? 0 : b + c;
  // Eight streams of weights at most, as for a single row.
  const int runs = vectors * LANES >= 4 * PANEL ? 2 : 4;
  for (; output + vectors * LANES <= d->outputs; output += vectors * LANES) {
    size_t row = 0;
    for (; rows - row >= (size_t)a && rows - row != rest; row += a)
      tile(d, output, row, a, vectors, 1, sum, 0, 0);
    for (; rows - row >= (size_t)b; row += b) tile(d, output, row, b, vectors, 1, sum, 0, 0);
    for (; rows - row >= (size_t)c; row += c) tile(d, output, row, c, vectors, 1, sum, 0, 0);
    for (; row < rows; row++) tile(d, output, row, 1, vectors, runs, sum, 0, 0);
  }
  return output;
}

INLINE size_t single(const struct postern_call *d, size_t output, const int vectors,
                     const int runs, const int sum, const int fetches, const int few) {
  for (; output + vectors * LANES <= d->outputs; output += vectors * LANES)
    tile(d, output, 0, 1, vectors, runs, sum, fetches, few);
  return output;
}

INLINE void sum_row(const struct postern_call *d, const int sum, const int fetches,
                    const int few) {
  size_t output = 0;
#define PASS(vectors, runs) output = single(d, output, vectors, runs, sum, fetches, few);
  if (few) {
    FEW_PASSES(PASS)
  } else if (fetches) {
    COLD_PASSES(PASS)
  } else {
    ROW_PASSES(PASS)
  }
#undef PASS
}

INLINE void sum_rows(const struct postern_call *d, const int sum) {
  size_t output = 0;
#define PASS(vectors, a, b, c) output = batch(d, output, vectors, a, b, c, sum);
  TILE_PASSES(PASS)
#undef PASS
}

/// Kernels for several rows, for one row, and for one whose weights are fetched ahead.
#define SUM_KERNELS(name, sum)                                                             \
  SEPARATE static void name##_rows(const struct postern_call *d) { sum_rows(d, sum); }     \
  SEPARATE static void name##_row(const struct postern_call *d) { sum_row(d, sum, 0, 0); } \
  SEPARATE static void name##_cold(const struct postern_call *d) { sum_row(d, sum, 1, 0); } \
  static void name(const struct postern_call *d) {                                         \
    if (d->rows != 1)                                                                      \
      name##_rows(d);                                                                      \
    else if (d->fetches)                                                                   \
      name##_cold(d);                                                                      \
    else                                                                                   \
      name##_row(d);                                                                       \
  }

SUM_KERNELS(sum_any_f32, SUM_F32)
SUM_KERNELS(sum_f16, SUM_F16)
SUM_KERNELS(sum_int4, SUM_INT4)
SUM_KERNELS(sum_distance, SUM_SQUARES)

// The layers of the smallest models: half of the time would go into counting.
SEPARATE static void sum_16(const struct postern_call *d) { sum_row(d, SUM_F32, 0, 16); }
SEPARATE static void sum_32(const struct postern_call *d) { sum_row(d, SUM_F32, 0, 32); }

static void sum_f32(const struct postern_call *d) {
  if (d->rows == 1 && d->inputs == 16)
    sum_16(d);
  else if (d->rows == 1 && d->inputs == 32)
    sum_32(d);
  else
    sum_any_f32(d);
}

#include "lookup_body.h"
#include "row_body.h"

/// The kernels of this file as a set; `int8` is the set's function for layers of bytes.
#define KERNELS(int8) \
  {sum_f32, sum_f16, int8, sum_int4, sum_distance, cosine, lookup_kernels, best, transform, \
   head}
