// training_table.h: look-up tables and exponentials; a part of training_body.h.

INLINE void table_columns(const float *parameters, const float *positions, size_t nodes,
                          size_t width, float *table, size_t output, const int vectors) {
  vec weight[4], sum[4];
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
  for (; i + DLANES <= count; i += DLANES) {
    dvec difference = DDIFFERENCE(x + i, x0);
    if (divisor != 1) difference = DDIV(difference, by);
    DSTORE(y + i, exponential(difference));
  }
  if (i == count) return;
  // The rest is computed in memory that has room for a whole vector.
  float rest[DLANES] = {0};
  double values[DLANES];
  for (size_t k = 0; i + k < count; k++) rest[k] = x[i + k];
  DSTORE(values, exponential(DDIV(DDIFFERENCE(rest, x0), by)));
  for (size_t k = 0; i + k < count; k++) y[i + k] = values[k];
}

TARGET static void shares(const double *e, double sum, size_t count, float *p) {
  const dvec by = DSPLAT(sum);
  size_t i = 0;
  for (; i + DLANES <= count; i += DLANES) DROUND_SHARE(p + i, e + i, by);
  for (; i < count; i++) p[i] = (float)((double)(float)e[i] / sum);
}
