// row_body.h: what happens to a row around its layers. Part of body.h.

typedef int32_t lanes __attribute__((vector_size(4 * LANES)));

INLINE lanes load_lanes(const void *p) {
  lanes a;
  __builtin_memcpy(&a, p, sizeof a);
  return a;
}

/// Up to this many scores are compared one by one.
#define FEW_SCORES 24

/// A float as an integer of the same order: a negative one with its other bits flipped. Both zeros
/// are +0, as they are equal.
INLINE int32_t score_key(float score) {
  const float plain = score + 0.0f;
  int32_t bits;
  __builtin_memcpy(&bits, &plain, 4);
  return bits ^ ((bits >> 31) & 0x7FFFFFFF);
}

/// The key over the place's complement: the largest is the first of the largest.
INLINE int64_t over_place(int32_t key, uint32_t place) {
  return (int64_t)((uint64_t)(uint32_t)key << 32 | (uint32_t)~place);
}

/// The lowest index whose score no other exceeds, or UINT32_MAX if a score is not finite.
INLINE uint32_t best_of_few(const float *scores, size_t count) {
  int64_t largest = INT64_MIN;
  float rest = 0.0f;
  for (size_t i = 0; i < count; i++) {
    rest += scores[i] - scores[i];
    const int64_t pair = over_place(score_key(scores[i]), (uint32_t)i);
    largest = pair > largest ? pair : largest;
  }
  return rest == 0.0f ? ~(uint32_t)largest : UINT32_MAX;
}

/// The same, LANES scores at a time.
INLINE uint32_t best_of_many(const float *scores, size_t count) {
  const lanes exponent = (lanes){} + 0x7F800000;
  lanes number, largest = (lanes){} + INT32_MIN, where = {}, broken = {};
  for (int lane = 0; lane < LANES; lane++) number[lane] = lane;
  for (size_t i = 0; i < count; i += LANES) {
    const lanes inside = number < (int32_t)count;
    const vec plain = ADD(LOAD(scores + i), SPLAT(0.0f));
    lanes bits;
    __builtin_memcpy(&bits, &plain, sizeof bits);
    broken |= ((bits & exponent) == exponent) & inside;
    const lanes key = bits ^ ((bits >> 31) & 0x7FFFFFFF);
    const lanes above = (key > largest) & inside;
    largest = (key & above) | (largest & ~above);
    where = (number & above) | (where & ~above);
    number += LANES;
  }
  int64_t top = INT64_MIN;
  int32_t any = 0;
  UNROLL for (int lane = 0; lane < LANES; lane++) {
    any |= broken[lane];
    const int64_t pair = over_place(largest[lane], (uint32_t)where[lane]);
    top = pair > top ? pair : top;
  }
  return any ? UINT32_MAX : ~(uint32_t)top;
}

TARGET static size_t best(const float *scores, size_t stride, size_t count, size_t rows,
                          uint32_t *found) {
  size_t broken = 0;
  for (size_t row = 0; row < rows; row++) {
    const float *s = scores + row * stride;
    found[row] = count <= FEW_SCORES ? best_of_few(s, count) : best_of_many(s, count);
    broken += found[row] == UINT32_MAX;
  }
  return broken;
}

/// Columns whose constants are laid side by side for a batch.
#define COLUMN_RUN 64
/// Rows that go through all columns before the next ones.
#define ROW_RUN 64

/// Whether a column makes one feature of one number, whatever the number is.
INLINE int is_plain(const struct postern_column *c) { return c->kind == 0 && c->missing != 2; }

/// A number's entry and fraction: the largest edge that is not above it, the last one excepted.
INLINE void place(const struct postern_transform *t, const struct postern_column *c, float v,
                  uint32_t *entry, float *fraction) {
  const float *edges = t->values + c->first_value;
  size_t below = 0;
  for (size_t length = c->value_count - 1; length > 1;) {
    const size_t half = length / 2;
    below = edges[below + half] <= v ? below + half : below;
    length -= half;
  }
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
    for (size_t i = 0; i < count; i++) place(t, c + i, values[i], entries + i, fractions + i);
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
    const float norm = __builtin_sqrtf((c[0] + c[1]) + (c[2] + c[3]));
    for (size_t o = 0; o < children; o++) {
      const float divisor = norm + d->scale[o];
      const float quotient = divisor - divisor == 0.0f ? y[o] / divisor : __builtin_nanf("");
      y[o] = quotient + d->bias[o];
    }
  }
}
