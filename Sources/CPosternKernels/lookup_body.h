// lookup_body.h: a first layer that adds rows of a table. Part of body.h.

/// Elements of a table as floats; `element` is a constant at every call. Both integer types store
/// a table as bytes, and the caller multiplies them by the scale.
INLINE vec table_entry(const struct postern_call *d, size_t place, const int element) {
  if (element == POSTERN_F16) return LOAD_HALF((const uint16_t *)d->weights + place);
  if (element == POSTERN_INT8) return LOAD_BYTES((const int8_t *)d->weights + place);
  return LOAD((const float *)d->weights + place);
}

/// One row, `vectors` vectors of outputs from `output` on; `vectors` is a constant at every call.
INLINE void sum_entries(const struct postern_call *d, size_t columns, size_t output,
                        const uint32_t *entries, const float *fractions, float *y,
                        const int vectors, const int element) {
  vec z[TILE_LIMIT];
  UNROLL for (int v = 0; v < vectors; v++) z[v] = LOAD(d->bias + output + v * LANES);
  ROLL for (size_t column = 0; column < columns; column++) {
    const float fraction = fractions[column];
    const size_t below = entries[column] * d->outputs + output;
    const size_t above = below + (fraction > 0.0f ? d->outputs : 0);
    const vec f = SPLAT(fraction);
    UNROLL for (int v = 0; v < vectors; v++) {
      vec a = table_entry(d, below + v * LANES, element);
      vec b = table_entry(d, above + v * LANES, element);
      if (element == POSTERN_INT8) {
        const vec scale = LOAD(d->scale + output + v * LANES);
        a = MUL(a, scale);
        b = MUL(b, scale);
      }
      z[v] = ADD(z[v], FMA(f, SUB(b, a), a));
    }
  }
  UNROLL for (int v = 0; v < vectors; v++) finish(d, z[v], output + v * LANES, y);
}

INLINE void lookup(const struct postern_call *d, const struct postern_pairs *pairs,
                   const int element) {
  for (size_t row = 0; row < d->rows; row++) {
    const uint32_t *entries = pairs->entries + row * pairs->stride;
    const float *fractions = pairs->fractions + row * pairs->stride;
    float *y = d->y + row * d->y_stride;
    size_t output = 0;
#define PASS(vectors)                                                                  \
  for (; output + vectors * LANES <= d->outputs; output += vectors * LANES)            \
    sum_entries(d, pairs->columns, output, entries, fractions, y, vectors, element);
    LOOKUP_PASSES(PASS)
#undef PASS
  }
}

TARGET static void lookup_kernels(const struct postern_call *d, int element,
                                  const struct postern_pairs *pairs) {
  switch (element) {
    case POSTERN_F32: lookup(d, pairs, POSTERN_F32); break;
    case POSTERN_F16: lookup(d, pairs, POSTERN_F16); break;
    default: lookup(d, pairs, POSTERN_INT8);
  }
}
