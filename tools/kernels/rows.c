// rows.c: checks of one row from features to values, and of how rows are put in order.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "reference.h"

#define EXPERTS 70

/// A model with one affine node in memory, as postern_predict_row wants it.
struct model {
  struct postern_shape shapes[EXPERTS];
  struct postern_entry entries[EXPERTS];
  uint32_t checked[(EXPERTS + 31) / 32];
  struct postern_row row;
};

static void make_model(struct model *m, size_t children, size_t columns) {
  const struct postern_sizes sizes = {random_in(1, 70), random_in(1, 90), random_in(1, 70),
                                      random_in(0, 1)};
  size_t bytes = 64 * random_below(3);
  for (size_t e = 0; e < children; e++) {
    m->shapes[e] = random_shape((int)random_below(4), random_below(2) != 0, random_below(4));
    m->entries[e].offset = bytes;
    bytes += postern_expert_size(m->shapes + e, &sizes) + 64 * random_below(2);
    if (random_below(8)) m->checked[e / 32] |= 1u << e % 32;
  }
  uint8_t *file = place(WEIGHTS, bytes);
  for (size_t e = 0; e < children; e++)
    fill_expert(m->shapes + e, &sizes, file + m->entries[e].offset);

  const size_t inputs = pad(sizes.features, 4), scores = pad(children, 16);
  float *panels = PLACE(float, SCALE, inputs * scores), *bias = PLACE(float, BIAS, scores);
  memset(panels, 0, inputs * scores * sizeof *panels);
  memset(bias, 0, scores * sizeof *bias);
  const int ties = random_below(3) == 0;
  for (size_t e = 0; e < children; e++) {
    bias[e] = ties ? 1.0f : random_float(PLAIN);
    for (size_t k = 0; k < sizes.features && !ties; k++)
      panels[(e / 16 * inputs + k) * 16 + e % 16] = random_float(PLAIN);
  }
  float *head = PLACE(float, SLOPES, 4 * sizes.outputs);
  for (size_t o = 0; o < sizes.outputs; o++) {
    head[4 * o] = random_float(PLAIN);
    head[4 * o + 1] = random_float(PLAIN);
    head[4 * o + 2] = -0x1p100f;
    head[4 * o + 3] = random_below(2) ? 0x1p100f : 1.0f;
  }
  float *x = PLACE(float, INPUT, inputs);
  memset(x, 0, inputs * sizeof *x);
  fill(x, sizes.features, random_below(2) ? PLAIN : random_kind());
  uint32_t *entries = PLACE(uint32_t, ENTRIES, columns);
  float *fractions = PLACE(float, FRACTIONS, columns);
  fill_pairs(entries, fractions, columns, sizes.entries);
  m->row = (struct postern_row){
      .file = file, .experts = m->entries, .shapes = m->shapes, .router = panels,
      .router_bias = bias, .head = head, .sizes = sizes, .children = children,
      .checked = m->checked, .features = x, .pairs = {entries, fractions, columns, columns},
  };
}

/// What the row's values should be, and which expert.
static uint32_t reference_row(const struct postern_row *row, float *values) {
  const size_t inputs = pad(row->sizes.features, 4), scores = pad(row->children, 16);
  float *weights = PLACE(float, SPARE, inputs * scores);
  open_panels(row->router, inputs, scores, weights);
  float all[EXPERTS + 15], out[80];
  const struct plain_layer router = {.inputs = inputs, .outputs = scores, .weights = weights,
                                     .bias = row->router_bias};
  reference_dense(&router, row->features, all);
  const uint32_t expert = reference_best(all, row->children);
  if (expert == UINT32_MAX) return POSTERN_OVERFLOW;
  if (!(row->checked[expert / 32] >> expert % 32 & 1)) return POSTERN_UNCHECKED;
  reference_expert(row->shapes + expert, &row->sizes, row->file + row->experts[expert].offset,
                   row->features, row->pairs.entries, row->pairs.fractions, row->pairs.columns, 1,
                   inputs, row->pairs.columns, out);
  return reference_head(row->head, row->sizes.outputs, out, values) ? POSTERN_OVERFLOW : expert;
}

static void check_row(size_t children) {
  if (!begin("one row, %zu experts", children)) return;
  struct model *m = calloc(1, sizeof *m);
  if (!m) abort();
  make_model(m, children, random_in(1, 70));
  const size_t outputs = m->row.sizes.outputs;
  float *want = PLACE(float, WANT, outputs);
  const uint32_t expert = reference_row(&m->row, want);
  size_t widths[2] = {0, 0};
  for (size_t e = 0; e < children; e++) {
    size_t w[2];
    layer_widths(m->shapes + e, outputs, w);
    for (int side = 0; side < 2; side++)
      if (w[side] > widths[side]) widths[side] = w[side];
  }
  EACH_SET(set) {
    m->row.scores = PLACE(float, MORE, pad(children, 16));
    m->row.even = PLACE(float, EVEN, widths[0]);
    m->row.odd = PLACE(float, ODD, widths[1]);
    m->row.outputs = PLACE(float, OUTPUT, outputs);
    guard(m->row.outputs, outputs);
    const uint32_t found = postern_predict_row(&m->row);
    compare_words("expert", &expert, &found, 1);
    if (expert < POSTERN_UNCHECKED) same(want, m->row.outputs, outputs);
    if (expert == POSTERN_UNCHECKED) guarded(m->row.outputs, outputs);
  }
  free(m);
}

/// Groups rows twice on the same memory; then gathers and scatters them.
static void check_order(size_t rows, size_t experts, size_t count) {
  if (!begin("order of %zu rows of %zu words, %zu experts", rows, count, experts)) return;
  const size_t stride = count + random_below(9), words = (rows - 1) * stride + count;
  uint32_t *status = PLACE(uint32_t, SCALE, rows), *chosen = PLACE(uint32_t, BIAS, rows);
  uint32_t *ends = PLACE(uint32_t, SLOPES, experts), *distinct = PLACE(uint32_t, MORE, experts);
  float *values = fill(PLACE(float, INPUT, words), words, BROKEN);
  const float *factors = NULL;
  if (random_below(2)) factors = fill(PLACE(float, FRACTIONS, rows), rows, WIDE);
  memset(ends, 0, experts * sizeof *ends);
  size_t before = 0;
  for (int again = 0; again < 2; again++) {
    size_t lawful = 0;
    for (size_t row = 0; row < rows; row++) {
      status[row] = random_below(4) == 0;
      chosen[row] = status[row] ? UINT32_MAX : (uint32_t)random_below(experts);
      lawful += !status[row];
    }
    uint32_t *order = PLACE(uint32_t, ENTRIES, lawful);
    guard(order, lawful);
    const size_t found = postern_group(status, chosen, rows, ends, distinct, before, order);
    // Experts in the order of their first rows, the rows of each in ascending order.
    size_t next = 0, seen = 0;
    for (size_t row = 0; row < rows; row++) {
      size_t first = 0;
      while (first < row && (status[first] || chosen[first] != chosen[row])) first++;
      if (status[row] || first < row) continue;
      if (seen < found && distinct[seen] != chosen[row]) fail("expert %zu is another", seen);
      seen++;
      for (size_t other = row; other < rows; other++) {
        if (status[other] || chosen[other] != chosen[row]) continue;
        if (order[next] != other) fail("place %zu holds row %u, not %zu", next, order[next], other);
        next++;
      }
      if (ends[chosen[row]] != next) fail("expert %u ends at %u", chosen[row], ends[chosen[row]]);
    }
    if (seen != found) fail("%zu experts, not %zu", found, seen);
    before = found;

    float *gathered = PLACE(float, OUTPUT, lawful * count), *back = PLACE(float, WANT, words);
    guard(gathered, lawful * count);
    guard(back, words);
    postern_gather((const uint32_t *)values, stride, count, order, lawful, (uint32_t *)gathered);
    for (size_t i = 0; i < lawful; i++)
      same(values + order[i] * stride, gathered + i * count, count);
    postern_scatter(gathered, count, count, order, factors, lawful, back, stride);
    for (size_t row = 0; row < rows; row++) {
      const float *at = back + row * stride;
      if (row + 1 < rows) guarded(at + count, stride - count);
      if (status[row]) guarded(at, count);
      for (size_t i = 0; i < count && !status[row]; i++) {
        const float v = values[row * stride + i], wanted = factors ? factors[row] * v : v;
        same(&wanted, at + i, 1);
      }
    }
  }
}

void check_rows(void) {
  for (int i = 0; i < 30; i++)
    for (size_t children = 1; children <= EXPERTS; children++) check_row(children);
  for (size_t rows = 1; rows <= 70; rows++)
    for (size_t count = 1; count <= 70; count++) check_order(rows, random_in(1, 70), count);
  for (int i = 0; i < 5; i++) check_order(random_in(200, 2000), random_in(1, 300), random_in(1, 9));
}
