// row_body.h: what happens to a row around its layers. Part of body.h.

/// The lowest index whose score no other exceeds, or UINT32_MAX if a score is not finite.
///
/// What a full vector reads beyond the scores is replaced by the first one: that wins nowhere else
/// than where it is.
INLINE uint32_t best_of(const float *scores, size_t count) {
  const vec first = SPLAT(scores[0]);
  vec largest = first, rest = SPLAT(0.0f);
  for (size_t i = 0; i < count; i += LANES) {
    const vec v = FIRST_OF(LOAD(scores + i), count - i, first);
    rest = ADD(rest, SUB(v, v));
    largest = MAX(v, largest);
  }
  // Numbers less themselves are 0; NaN and infinities are not.
  if (EQUAL_LANES(rest, SPLAT(0.0f)) != ALL_LANES) return UINT32_MAX;
  const vec top = SPLAT(LARGEST_LANE(largest));
  for (size_t i = 0;; i += LANES) {
    const unsigned equal = EQUAL_LANES(FIRST_OF(LOAD(scores + i), count - i, first), top);
    if (equal) return (uint32_t)i + (uint32_t)__builtin_ctz(equal);
  }
}

TARGET static size_t best(const float *scores, size_t stride, size_t count, size_t rows,
                          uint32_t *found) {
  size_t broken = 0;
  for (size_t row = 0; row < rows; row++) {
    found[row] = best_of(scores + row * stride, count);
    broken += found[row] == UINT32_MAX;
  }
  return broken;
}

/// Columns whose constants are laid side by side for a batch.
#define COLUMN_RUN 256
/// Rows that go through all columns before the next ones.
#define ROW_RUN 256

/// Whether a column makes one feature of one number, whatever the number is.
INLINE int is_plain(const struct postern_column *c) { return c->kind == 0 && c->missing != 2; }

/// How many of `count` ascending edges are not above a number. Without a branch that the number
/// decides: it would be guessed wrong every other time.
INLINE size_t edges_below(const float *edges, size_t count, float v) {
  size_t below = 0;
#if defined(LOAD_FIRST)
  for (; count > LANES; count -= LANES, edges += LANES)
    below += (size_t)__builtin_popcount(NOT_ABOVE(LOAD(edges), v));
  // Behind the last edge there may be no memory.
  const unsigned inside = count < LANES ? (1u << count) - 1 : ALL_LANES;
  return below + (size_t)__builtin_popcount(NOT_ABOVE(LOAD_FIRST(edges, inside), v) & inside);
#else
  while (count > 0) {
    const size_t half = (count + 1) / 2;
    below += half & -(size_t)(edges[below + half - 1] <= v);
    count -= half;
  }
  return below;
#endif
}

/// A number's entry and fraction: the largest edge that is not above it, the last one excepted.
INLINE void place(const struct postern_transform *t, const struct postern_column *c, float v,
                  uint32_t *entry, float *fraction) {
  const float *edges = t->values + c->first_value;
  const size_t below = edges_below(edges + 1, c->value_count - 2, v);
  *entry = c->first_entry + (uint32_t)below;
  *fraction = (v - edges[below]) / (edges[below + 1] - edges[below]);
}

/// One column of one row. Returns 1 if the row is refused.
INLINE uint32_t transform_value(const struct postern_transform *t, const struct postern_column *c,
                                float v, float *features, uint32_t *entry, float *fraction) {
  if (c->kind == 0) {
    const int missing = v != v;
    if (missing ? c->missing == 0 : !(v - v == 0.0f)) return 1;
    const float *edges = t->values + c->first_value;
    const float low = edges[0], high = edges[c->value_count - 1];
    v = missing ? c->fill : v;
    v = v < low ? low : v;
    v = v > high ? high : v;
    features[c->first_feature] = (v - c->center) * c->scale;
    if (c->missing == 2) features[c->first_feature + 1] = missing ? 1.0f : 0.0f;
    if (!entry) return 0;
    if (missing && c->missing == 2) {
      *entry = c->first_entry + c->value_count;
      *fraction = 0.0f;
    } else {
      place(t, c, v, entry, fraction);
    }
    return 0;
  }
  const uint32_t categories = c->entry_count - (c->missing == 2) - c->unknown;
  uint32_t local;
  if (v != v) {
    if (c->missing == 0) return 1;
    local = c->missing == 1 ? categories : c->entry_count - 1;
  } else {
    if (!(v >= 0.0f && v <= (float)categories)) return 1;
    local = (uint32_t)v;
    if ((float)local != v || (local == categories && c->unknown == 0)) return 1;
  }
  const float *code = t->values + c->first_value + (size_t)local * c->feature_count;
  for (uint32_t i = 0; i < c->feature_count; i++) features[c->first_feature + i] = code[i];
  if (entry) {
    *entry = c->first_entry + local;
    *fraction = 0.0f;
  }
  return 0;
}

/// `count` plain columns from `first` on, for all rows: constants side by side, then row by row.
INLINE void transform_run(const struct postern_transform *t, size_t first, size_t count,
                          size_t used, const float *rows, size_t row_count, uint32_t *status) {
  const struct postern_column *c = t->columns + first;
  float low[COLUMN_RUN], high[COLUMN_RUN], center[COLUMN_RUN], scale[COLUMN_RUN];
  float fill[COLUMN_RUN];
  for (size_t i = 0; i < count; i++) {
    low[i] = t->values[c[i].first_value];
    high[i] = t->values[c[i].first_value + c[i].value_count - 1];
    center[i] = c[i].center;
    scale[i] = c[i].scale;
    // A missing value that the column refuses stays a NaN and is seen.
    fill[i] = c[i].missing == 1 ? c[i].fill : __builtin_nanf("");
  }
  for (size_t row = 0; row < row_count; row++) {
    const float *x = rows + row * t->column_count + first;
    float *y = t->features + row * t->feature_stride + c->first_feature;
    float values[COLUMN_RUN];
    int32_t refused = 0;
    for (size_t i = 0; i < count; i++) {
      float v = x[i];
      v = v != v ? fill[i] : v;
      refused |= !(v - v == 0.0f);
      v = v < low[i] ? low[i] : v;
      v = v > high[i] ? high[i] : v;
      values[i] = v;
      y[i] = (v - center[i]) * scale[i];
    }
    status[row] |= (uint32_t)refused;
    if (!t->entries || refused) continue;
    uint32_t *entries = t->entries + row * t->column_stride + used;
    float *fractions = t->fractions + row * t->column_stride + used;
    float from[COLUMN_RUN], to[COLUMN_RUN];
    for (size_t i = 0; i < count; i++) {
      const float *edges = t->values + c[i].first_value;
      const size_t below = edges_below(edges + 1, c[i].value_count - 2, values[i]);
      entries[i] = c[i].first_entry + (uint32_t)below;
      from[i] = edges[below];
      to[i] = edges[below + 1];
    }
    // Divisions side by side.
    for (size_t i = 0; i < count; i++) fractions[i] = (values[i] - from[i]) / (to[i] - from[i]);
  }
}

/// One row: column by column.
SEPARATE static void transform_one(const struct postern_transform *t, const float *row,
                                 uint32_t *status) {
  // Names of its own for what stores to the features could change otherwise.
  const struct postern_column *c = t->columns, *const end = c + t->column_count;
  const float *const values = t->values;
  float *const features = t->features;
  uint32_t *entry = t->entries;
  float *fraction = t->fractions;
  float rest = 0.0f;
  uint32_t refused = 0;
  for (; c < end; c++, row++) {
    if (c->kind == 2) continue;
#if defined(LOAD_COLUMNS)
    if (t->is_uniform && end - c >= LANES) {
      vec v = LOAD(row), low, high, fill, center, scale;
      LOAD_COLUMNS(c, values, low, high, fill, center, scale);
      (void)fill;
      const vec moved = MUL(SUB(CLAMP(v, low, high), center), scale);
      if (ALL_NUMBERS(v)) {
        STORE(features + c->first_feature, moved);
        c += LANES - 1;
        row += LANES - 1;
        continue;
      }
    }
#endif
    if (!entry && is_plain(c)) {
      const float *edges = values + c->first_value;
      const float low = edges[0], high = edges[c->value_count - 1];
      float v = *row;
      if (__builtin_expect(v != v, 0) && c->missing == 1) v = c->fill;
      rest += v - v;
      v = v < low ? low : v;
      v = v > high ? high : v;
      features[c->first_feature] = (v - c->center) * c->scale;
    } else {
      refused |= transform_value(t, c, *row, features, entry, fraction);
      if (entry) entry++, fraction++;
    }
  }
  const struct postern_column *last = end - 1;
  for (size_t word = last->first_feature + last->feature_count; word < t->feature_words; word++)
    features[word] = 0.0f;
  *status = refused | (rest != 0.0f);
}

SEPARATE static void transform_many(const struct postern_transform *t, const float *rows,
                                  size_t count, uint32_t *status) {
  for (size_t row = 0; row < count; row++) status[row] = 0;
  size_t used = 0, written = 0;
  for (size_t first = 0; first < t->column_count;) {
    const struct postern_column *c = t->columns + first;
    if (c->kind == 2) {
      first++;
      continue;
    }
    size_t run = 0;
    while (run < COLUMN_RUN && first + run < t->column_count && is_plain(c + run)) run++;
#if defined(TRANSFORM_LANES)
    const size_t lanes = run < LANES ? run : LANES;
    if (t->entries && lanes > 1 &&
        TRANSFORM_LANES(t, first, lanes, used, rows, count, status)) {
      run = lanes;
    } else
#endif
    if (run > 1) {
      transform_run(t, first, run, used, rows, count, status);
    } else {
      run = 1;
      for (size_t row = 0; row < count; row++) {
        uint32_t *entry = t->entries ? t->entries + row * t->column_stride + used : NULL;
        float *fraction = t->entries ? t->fractions + row * t->column_stride + used : NULL;
        status[row] |= transform_value(t, c, rows[row * t->column_count + first],
                                       t->features + row * t->feature_stride, entry, fraction);
      }
    }
    first += run;
    used += run;
    written = c[run - 1].first_feature + c[run - 1].feature_count;
  }
  for (size_t row = 0; row < count; row++)
    for (size_t word = written; word < t->feature_words; word++)
      t->features[row * t->feature_stride + word] = 0.0f;
}

TARGET static void transform(const struct postern_transform *t, const float *rows, size_t count,
                             uint32_t *status) {
  if (count == 1) {
    transform_one(t, rows, status);
    return;
  }
  struct postern_transform block = *t;
  for (size_t row = 0; row < count; row += ROW_RUN) {
    const size_t some = count - row < ROW_RUN ? count - row : ROW_RUN;
    transform_many(&block, rows + row * t->column_count, some, status + row);
    block.features += ROW_RUN * t->feature_stride;
    if (!t->entries) continue;
    block.entries += ROW_RUN * t->column_stride;
    block.fractions += ROW_RUN * t->column_stride;
  }
}

TARGET static void head(const float *head, size_t outputs, float *values, size_t stride,
                        size_t rows, uint32_t *status, uint32_t overflow) {
  for (size_t row = 0; row < rows; row++) {
    if (status[row]) continue;
    float *y = values + row * stride;
    int refused = 0;
    for (size_t o = 0; o < outputs; o++) {
      const float *part = head + 4 * o;
      const float v = SCALAR_FMA(y[o], part[0], part[1]);
      refused |= !(y[o] - y[o] == 0.0f) | !(v - v == 0.0f);
      y[o] = v < part[2] ? part[2] : v > part[3] ? part[3] : v;
    }
    if (refused) status[row] = overflow;
  }
}

/// Products divided by the norm of the input plus the scale: NaN where the divisor is not finite,
/// as a product over infinity would be a zero that looks like a score.
TARGET static void cosine(const struct postern_call *d, size_t children) {
  struct postern_call products = *d;
  products.bias = NULL;
  sum_f32(&products);
  const size_t quarter = d->inputs / 4;
  for (size_t row = 0; row < d->rows; row++) {
    const float *x = d->x + row * d->x_stride;
    float *y = d->y + row * d->y_stride;
    float c[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (size_t k = 0; k < quarter; k++)
      UNROLL for (int run = 0; run < 4; run++) {
        const float value = x[run * quarter + k];
        c[run] = SCALAR_FMA(value, value, c[run]);
      }
    const float norm = SQRT(SPLAT((c[0] + c[1]) + (c[2] + c[3])))[0];
    for (size_t o = 0; o < children; o++) {
      const float divisor = norm + d->scale[o];
      const float quotient = divisor - divisor == 0.0f ? y[o] / divisor : __builtin_nanf("");
      y[o] = quotient + d->bias[o];
    }
  }
}
