// int8_body.h: layers of signed bytes, with input that is rounded to bytes too.
//
// The including file has included body.h's macros or what they need, and defines:
//   INT8_KERNEL          the name of the function, INT8_LINKAGE `static` or nothing
//   SUM                  16 sums, one for each output of a panel;   SUM_ZERO
//   SUM_ADD(sum, q, w)   adds q[0] w[4 o] + … + q[3] w[4 o + 3] for each output o; q is a pointer
//                        to four bytes, w to the 64 of a panel
//   SUM_FLOATS(sum, v)   the sums of vector v of the panel as floats, rounded to nearest
//   SUM_LESS(a, b)       a - b
//   INT8_PASSES(PASS)    PASS(panels, rows), most panels first; rows is what a batch's tile takes
//   BIAS                 0x80 if q holds unsigned bytes, 128 more than the numbers; else 0
//
// Integers are exact in any order, so that every way to sum gives the same bits; unsigned bytes
// overflow nothing that does not come out of the sum again: it is modulo 2^32.

/// Bytes of rounded input that lie on the stack: little, where that is enough for all rows; else
/// one row of the most inputs that a layer has.
#define INT8_LITTLE_ROOM 8192
#define INT8_ROOM 65536
#define INT8_ROWS 64

/// The rounded input of some rows.
struct int8_rows {
  uint8_t *bytes;
  /// What a unit of a row's sums stands for; NaN where an input is not finite.
  float unit[INT8_ROWS];
  size_t stride;
};

/// x * 127 / largest |x|, to the nearest integer, ties to even; `stride` bytes, zeros at the end.
INLINE float int8_round(const float *x, size_t count, uint8_t *q, size_t stride, const int bias) {
  int32_t largest = 0;
  for (size_t k = 0; k < count; k++) {
    int32_t bits;
    __builtin_memcpy(&bits, x + k, 4);
    bits &= 0x7FFFFFFF;
    largest = bits > largest ? bits : largest;
  }
  if (largest >= 0x7F800000) return __builtin_nanf("");
  float size;
  __builtin_memcpy(&size, &largest, 4);
  const float inverse = 127.0f / size;
  // A row of zeros, or so small that the inverse overflows: all zeros.
  const float factor = inverse - inverse == 0.0f ? inverse : 0.0f;
  for (size_t k = 0; k < count; k++) {
    float v = x[k] * factor;
    v = v < 127.0f ? v : 127.0f;
    v = v > -127.0f ? v : -127.0f;
    // At 1.5 * 2^23 a float has no digits behind the point: adding rounds, the low bits count.
    v = v + 0x1.8p23f;
    int32_t bits;
    __builtin_memcpy(&bits, &v, 4);
    q[k] = (uint8_t)((uint8_t)bits ^ bias);
  }
  for (size_t k = count; k < stride; k++) q[k] = (uint8_t)bias;
  return size / 127.0f;
}

/// Rounds rows `first..<first + rows`.
INLINE void int8_fill(const struct postern_call *d, size_t first, size_t rows,
                      struct int8_rows *q, const int bias) {
  for (size_t row = 0; row < rows; row++)
    q->unit[row] = int8_round(d->x + (first + row) * d->x_stride, d->inputs,
                              q->bytes + row * q->stride, q->stride, bias);
}

/// What becomes of the sums of `output..<output + LANES`.
INLINE void int8_finish(const struct postern_call *d, vec sums, float unit, size_t output,
                        float *y) {
  const vec z = FMA(MUL(sums, SPLAT(unit)), LOAD(d->scale + output), LOAD(d->bias + output));
  finish(d, unit == unit ? z : SPLAT(unit), output, y);
}

#if defined(INT8_KERNEL)

/// What 128 more in every byte of input adds to the sums of `panels` panels.
INLINE void int8_offsets(const struct postern_call *d, size_t output, const int panels,
                         SUM offsets[4]) {
  const size_t quads = d->inputs / 4;
  const uint8_t *weights = (const uint8_t *)d->weights + output * d->inputs;
  static const uint8_t ones[4] = {BIAS, BIAS, BIAS, BIAS};
  UNROLL for (int p = 0; p < panels; p++) offsets[p] = SUM_ZERO;
  ROLL for (size_t k = 0; k < quads; k++)
    UNROLL for (int p = 0; p < panels; p++)
      SUM_ADD(offsets[p], ones, weights + (p * quads + k) * 64);
}

/// Rows `row..<row + rows` of the rounded ones, `panels` panels; both are constants at every call.
/// Offsets are those of the panels or NULL: then they are summed on the way.
INLINE void int8_tile(const struct postern_call *d, const struct int8_rows *q, size_t first,
                      size_t row, size_t output, const SUM *offsets, const int rows,
                      const int panels, const int fetches) {
  const size_t quads = d->inputs / 4;
  const uint8_t *weights = (const uint8_t *)d->weights + output * d->inputs;
  static const uint8_t ones[4] = {BIAS, BIAS, BIAS, BIAS};
  SUM sums[16], own[4];
  UNROLL for (int i = 0; i < rows * panels; i++) sums[i] = SUM_ZERO;
  UNROLL for (int p = 0; p < panels; p++) own[p] = SUM_ZERO;
  ROLL for (size_t k = 0; k < quads; k++) {
    UNROLL for (int p = 0; p < panels; p++) {
      const uint8_t *w = weights + (p * quads + k) * 64;
      if (fetches) __builtin_prefetch(w + panels * quads * 64, 0, 2);
      if (BIAS && !offsets) SUM_ADD(own[p], ones, w);
      UNROLL for (int r = 0; r < rows; r++)
        SUM_ADD(sums[r * panels + p], q->bytes + (row + r) * q->stride + 4 * k, w);
    }
  }
  UNROLL for (int r = 0; r < rows; r++) {
    float *y = d->y + (first + row + r) * d->y_stride;
    UNROLL for (int p = 0; p < panels; p++) {
      SUM sum = sums[r * panels + p];
      if (BIAS) sum = SUM_LESS(sum, offsets ? offsets[p] : own[p]);
      UNROLL for (int v = 0; v < PANEL / LANES; v++)
        int8_finish(d, SUM_FLOATS(sum, v), q->unit[row + r], output + p * PANEL + v * LANES, y);
    }
  }
}

/// As many outputs as `panels` panels divide, for `rows` rounded rows, `tall` at a time.
INLINE size_t int8_panels(const struct postern_call *d, const struct int8_rows *q, size_t first,
                          size_t rows, size_t output, const int panels, const int tall) {
  for (; output + panels * PANEL <= d->outputs; output += panels * PANEL) {
    if (rows == 1) {
      if (d->fetches)
        int8_tile(d, q, first, 0, output, NULL, 1, panels, 1);
      else
        int8_tile(d, q, first, 0, output, NULL, 1, panels, 0);
      continue;
    }
    SUM offsets[4];
    if (BIAS) int8_offsets(d, output, panels, offsets);
    size_t row = 0;
    for (; rows - row >= (size_t)tall; row += tall)
      int8_tile(d, q, first, row, output, offsets, tall, panels, 0);
    for (; row < rows; row++) int8_tile(d, q, first, row, output, offsets, 1, panels, 0);
  }
  return output;
}

/// All rows, as many at a time as fit the room.
INLINE void int8_layer(const struct postern_call *d, uint8_t *bytes, size_t size) {
  struct int8_rows q = {.bytes = bytes, .stride = d->inputs};
  const size_t room = d->inputs ? size / d->inputs : INT8_ROWS;
  const size_t step = room < INT8_ROWS ? room : INT8_ROWS;
  for (size_t first = 0; first < d->rows; first += step) {
    const size_t rows = d->rows - first < step ? d->rows - first : step;
    int8_fill(d, first, rows, &q, BIAS);
    size_t output = 0;
#define PASS(panels, tall) output = int8_panels(d, &q, first, rows, output, panels, tall);
    INT8_PASSES(PASS)
#undef PASS
  }
}

SEPARATE static void int8_little(const struct postern_call *d) {
  _Alignas(64) uint8_t bytes[INT8_LITTLE_ROOM];
  int8_layer(d, bytes, sizeof bytes);
}

SEPARATE static void int8_large(const struct postern_call *d) {
  _Alignas(64) uint8_t bytes[INT8_ROOM];
  int8_layer(d, bytes, sizeof bytes);
}

INT8_LINKAGE void INT8_KERNEL(const struct postern_call *d) {
  const size_t rows = d->rows < INT8_ROWS ? d->rows : INT8_ROWS;
  if (rows * d->inputs <= INT8_LITTLE_ROOM)
    int8_little(d);
  else
    int8_large(d);
}

#endif
