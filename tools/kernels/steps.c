// steps.c: checks of what happens to a row around its layers.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "reference.h"

static void check_best(size_t count, size_t rows) {
  const enum kind kind = random_kind();
  if (!begin("best of %zu scores, %zu rows, values of kind %d", count, rows, kind)) return;
  const size_t stride = count + random_below(18), words = (rows - 1) * stride + pad(count, 16);
  float *scores = fill(PLACE(float, INPUT, words), words, kind);
  for (size_t row = 0; row < rows; row++) {
    float *s = scores + row * stride;
    if (random_below(3) == 0)  // a tie
      for (size_t i = 0; i < count; i++)
        s[i] = random_below(4) ? random_below(2) ? 0.0f : -0.0f : -1.0f;
    if (random_below(20) == 0) s[random_below(count)] = random_below(2) ? NAN : -INFINITY;
  }
  for (size_t i = (rows - 1) * stride + count; i < words; i++) scores[i] = i % 2 ? NAN : INFINITY;
  uint32_t *want = PLACE(uint32_t, WANT, rows), broken = 0;
  for (size_t row = 0; row < rows; row++) {
    want[row] = reference_best(scores + row * stride, count);
    broken += want[row] == UINT32_MAX;
  }
  EACH_SET(set) {
    uint32_t *found = PLACE(uint32_t, OUTPUT, rows);
    guard(found, rows);
    const uint32_t counted = (uint32_t)postern_best(scores, stride, count, rows, found);
    compare_words("index of row", want, found, rows);
    compare_words("the number of rows without an index", &broken, &counted, 1);
  }
}

static int ascending(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/// Values of a column at most.
enum { MOST_EDGES = 80 };

/// Columns of all kinds; their values go to `values`. Returns how many values there are.
static size_t make_columns(struct postern_column *columns, size_t count, float *values) {
  uint32_t feature = 0, entry = 0, value = 0;
  const int mostly_plain = random_below(2) != 0;
  for (size_t i = 0; i < count; i++) {
    struct postern_column c = {.first_feature = feature, .first_entry = entry,
                               .first_value = value};
    c.kind = mostly_plain && random_below(8) ? 0 : (uint8_t)random_below(3);
    if (c.kind == 0) {
      c.missing = mostly_plain ? (uint8_t)random_below(2) : (uint8_t)random_below(3);
      c.feature_count = c.missing == 2 ? 2 : 1;
      float *edges = values + value;
      // More than one vector of edges, and more than are laid side by side, now and then.
      const uint32_t made = (uint32_t)random_in(2, random_below(10) ? 8 : MOST_EDGES);
      for (uint32_t e = 0; e < made; e++)
        edges[e] = random_below(2) ? (float)e : random_float(random_below(4) ? PLAIN : NEAR);
      edges[0] = random_below(3) ? -3.0f : random_below(2) ? -0x1p100f : -0x1p-149f;
      edges[1] = random_below(2) ? 0.0f : -0.0f;
      qsort(edges, made, sizeof *edges, ascending);
      uint32_t kept = 1;  // strictly ascending; the first two differ
      for (uint32_t e = 1; e < made; e++)
        if (edges[e] > edges[kept - 1]) edges[kept++] = edges[e];
      c.value_count = kept;
      c.entry_count = kept + (c.missing == 2);
      c.fill = edges[random_below(kept)];
      c.center = random_float(random_below(4) ? PLAIN : NEAR);
      c.scale = random_float(random_below(4) ? PLAIN : WIDE);
    } else if (c.kind == 1) {
      c.unknown = (uint8_t)random_below(2);
      c.missing = (uint8_t)(c.unknown ? random_below(3) : 2 * random_below(2));
      c.entry_count = (uint32_t)random_below(5) + (c.missing == 2) + c.unknown;
      if (c.entry_count == 0) c.entry_count = 1;
      c.feature_count = (uint32_t)random_below(4);
      c.value_count = c.entry_count * c.feature_count;
      fill(values + value, c.value_count, PLAIN);
    }
    feature += c.feature_count;
    entry += c.entry_count;
    value += c.value_count;
    columns[i] = c;
  }
  return value;
}

/// A value for a column; mostly one that the row is not refused for.
static float row_value(const struct postern_column *c, const float *values, size_t strange) {
  if (random_below(strange) == 0) {
    static const float odd[] = {NAN, INFINITY, -INFINITY, -1.0f, 0.5f, 0x1p32f, -0x1p-149f, 6.0f};
    return odd[random_below(sizeof odd / sizeof *odd)];
  }
  if (c->kind == 0) {
    if (random_below(12) == 0 && c->missing) return NAN;
    if (random_below(3) == 0) return values[c->first_value + random_below(c->value_count)];
    return random_float((enum kind)random_below(BROKEN));
  }
  if (random_below(8) == 0 && c->missing) return NAN;
  const size_t categories = c->entry_count - (c->missing == 2) - c->unknown;
  const size_t code = random_below(categories + (c->unknown ? 1 : 0) + !categories);
  return code == 0 && random_below(2) ? -0.0f : (float)code;
}

static void check_transform(size_t count, size_t rows) {
  if (!begin("transform, %zu columns, %zu rows", count, rows)) return;
  struct postern_column *columns = PLACE(struct postern_column, SCALE, count);
  float *values = PLACE(float, SPARE, MOST_EDGES * count);
  const size_t value_count = make_columns(columns, count, values);
  float *kept = PLACE(float, WEIGHTS, value_count);
  memcpy(kept, values, value_count * sizeof *kept);
  const struct postern_column *last = columns + count - 1;
  const size_t features = last->first_feature + last->feature_count;
  const size_t entry_count = last->first_entry + last->entry_count;
  struct postern_transform t = {.columns = columns, .column_count = count, .values = kept,
                                .feature_words = pad(features, 4)};
  t.feature_stride = t.feature_words + random_below(8);
  size_t used = 0;
  for (size_t i = 0; i < count; i++) used += columns[i].kind != 2;
  t.column_stride = used + random_below(4);
  float *x = PLACE(float, INPUT, rows * count);
  const size_t strange = 1 + random_below(100) * count;
  for (size_t i = 0; i < rows * count; i++) x[i] = row_value(columns + i % count, kept, strange);

  const size_t words = (rows - 1) * t.feature_stride + t.feature_words;
  const size_t pairs = (rows - 1) * t.column_stride + used;
  float *want = PLACE(float, WANT, rows * t.feature_words);
  uint32_t *refused = PLACE(uint32_t, BIAS, rows), *entries = PLACE(uint32_t, MORE, rows * count);
  float *fractions = PLACE(float, SLOPES, rows * count);
  for (size_t row = 0; row < rows; row++)
    refused[row] = (uint32_t)reference_transform(&t, x + row * count, want + row * t.feature_words,
                                                 entries + row * count, fractions + row * count);
  const int wants_pairs = random_below(2) != 0;
  EACH_SET(set) {
    t.features = PLACE(float, OUTPUT, words);
    t.entries = wants_pairs ? PLACE(uint32_t, ENTRIES, pairs) : NULL;
    t.fractions = wants_pairs ? PLACE(float, FRACTIONS, pairs) : NULL;
    uint32_t *status = PLACE(uint32_t, EVEN, rows);
    guard(t.features, words);
    guard(status, rows);
    if (wants_pairs) guard(t.entries, pairs), guard(t.fractions, pairs);
    // What is not written for a refused row is what a fresh workspace has.
    for (size_t row = 0; wants_pairs && row < rows; row++)
      if (refused[row]) memset(t.entries + row * t.column_stride, 0, used * sizeof *t.entries);
    postern_transform(&t, x, rows, status);
    compare_words("status of row", refused, status, rows);
    for (size_t row = 0; row < rows; row++) {
      const float *made = t.features + row * t.feature_stride;
      if (row + 1 < rows) guarded(made + t.feature_words, t.feature_stride - t.feature_words);
      if (refused[row]) {
        // Nobody uses its answer, but its entries are looked up: they lie in the table.
        for (size_t i = 0; wants_pairs && i < used; i++) {
          const uint32_t yes = 1, inside = t.entries[row * t.column_stride + i] < entry_count;
          compare_words("whether a refused row's entries are in the table", &yes, &inside, 1);
        }
        continue;
      }
      same(want + row * t.feature_words, made, t.feature_words);
      if (!wants_pairs) continue;
      const size_t first = row * t.column_stride, gap = row + 1 < rows ? t.column_stride - used : 0;
      compare_words("entry", entries + row * count, t.entries + first, used);
      same(fractions + row * count, t.fractions + first, used);
      guarded(t.entries + first + used, gap);
      guarded(t.fractions + first + used, gap);
    }
  }
}

static void check_head(size_t outputs, size_t rows) {
  const enum kind kind = random_below(2) ? PLAIN : random_kind();
  if (!begin("head, %zu outputs, %zu rows, values of kind %d", outputs, rows, kind)) return;
  const size_t stride = outputs + random_below(9), words = (rows - 1) * stride + outputs;
  float *head = PLACE(float, WEIGHTS, 4 * outputs);
  fill(head, 4 * outputs, random_below(2) ? PLAIN : WIDE);
  for (size_t o = 0; o < outputs; o++)
    if (head[4 * o + 2] > head[4 * o + 3]) head[4 * o + 2] = -fabsf(head[4 * o + 3]);
  const float *out = fill(PLACE(float, INPUT, words), words, kind);
  uint32_t *before = PLACE(uint32_t, BIAS, rows), *after = PLACE(uint32_t, SLOPES, rows);
  float *want = PLACE(float, WANT, rows * outputs);
  for (size_t row = 0; row < rows; row++) {
    after[row] = before[row] = random_below(4) ? 0 : (uint32_t)random_in(1, 5);
    float *values = want + row * outputs;
    if (before[row])
      memcpy(values, out + row * stride, outputs * sizeof *values);
    else if (reference_head(head, outputs, out + row * stride, values))
      after[row] = 77;
  }
  EACH_SET(set) {
    float *values = PLACE(float, OUTPUT, words);
    uint32_t *status = PLACE(uint32_t, EVEN, rows);
    guard(values, words);
    memcpy(status, before, rows * sizeof *status);
    for (size_t row = 0; row < rows; row++)
      memcpy(values + row * stride, out + row * stride, outputs * sizeof *values);
    postern_head(head, outputs, values, stride, rows, status, 77);
    compare_words("status of row", after, status, rows);
    for (size_t row = 0; row < rows; row++) {
      const float *made = values + row * stride;
      if (after[row] != 77) same(want + row * outputs, made, outputs);  // else they mean nothing
      if (row + 1 < rows) guarded(made + outputs, stride - outputs);
    }
  }
}

void check_steps(void) {
  for (size_t count = 1; count <= 70; count++) {
    for (size_t rows = 1; rows <= 70; rows++) {
      check_best(count, rows);
      check_transform(count, rows);
      check_head(count, rows);
    }
  }
  for (int i = 0; i < 60; i++) {
    check_best(random_in(70, 5000), random_in(1, 20));
    check_transform(random_in(70, 400), random_in(1, 100));
    check_transform(random_in(70, 400), 1);
    check_head(random_in(70, 2000), random_in(1, 10));
  }
}
