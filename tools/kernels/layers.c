// layers.c: checks of single layers: dense, distance, cosine, look-up.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "reference.h"

enum layer_kind { DENSE, DISTANCE, COSINE };
static const char *const layer_names[] = {"dense", "distance", "cosine"};

/// One call's memory.
struct layer_case {
  size_t inputs, outputs, children, rows, x_stride, y_stride;
  const float *panels, *scale, *bias, *slopes, *x;
  float *y, *want;
};

/// The stride of rows of `count` words: often just that, sometimes more.
static size_t stride_for(size_t count) {
  return random_below(2) ? count : count + random_below(21);
}

static void call(enum layer_kind kind, const struct layer_case *c) {
  switch (kind) {
    case DENSE:
      postern_dense_f32(c->panels, c->bias, c->slopes, c->inputs, c->outputs, c->x, c->x_stride,
                        c->y, c->y_stride, c->rows);
      break;
    case DISTANCE:
      postern_distance_f32(c->panels, c->scale, c->bias, c->inputs, c->outputs, c->x, c->x_stride,
                           c->y, c->y_stride, c->rows);
      break;
    case COSINE:
      postern_cosine_f32(c->panels, c->scale, c->bias, c->inputs, c->children, c->x, c->x_stride,
                         c->y, c->y_stride, c->rows);
  }
}

static void reference(enum layer_kind kind, const struct layer_case *c) {
  float *weights = PLACE(float, SPARE, c->inputs * c->outputs);
  open_panels(c->panels, c->inputs, c->outputs, weights);
  const struct plain_layer layer = {.inputs = c->inputs, .outputs = c->outputs,
                                    .weights = weights, .bias = c->bias, .slopes = c->slopes};
  for (size_t row = 0; row < c->rows; row++) {
    const float *x = c->x + row * c->x_stride;
    float *y = c->want + row * c->outputs;
    switch (kind) {
      case DENSE: reference_dense(&layer, x, y); break;
      case DISTANCE: reference_distance(&layer, c->scale, x, y); break;
      case COSINE: reference_cosine(&layer, c->scale, c->children, x, y);
    }
  }
}

static void run(enum layer_kind kind, struct layer_case *c) {
  const size_t words = (c->rows - 1) * c->y_stride + c->outputs;
  c->want = PLACE(float, WANT, c->rows * c->outputs);
  reference(kind, c);
  EACH_SET(set) {
    c->y = PLACE(float, OUTPUT, words);
    guard(c->y, words);
    call(kind, c);
    compare(c->want, c->y, c->y_stride, c->outputs, c->rows);
  }
}

static void check_layer(enum layer_kind kind, size_t inputs, size_t children, size_t rows) {
  const size_t outputs = pad(children, 16);
  const enum kind of_x = random_kind(), of_weights = random_finite_kind();
  const enum kind of_bias = random_finite_kind();
  if (!begin("%s, %zu inputs, %zu outputs, %zu rows, values of kind %d by %d and %d",
             layer_names[kind], inputs, children, rows, of_x, of_weights, of_bias))
    return;
  struct layer_case c = {.inputs = inputs, .outputs = outputs, .children = children, .rows = rows};
  c.x_stride = stride_for(inputs);
  c.y_stride = stride_for(outputs);
  c.panels = fill(PLACE(float, WEIGHTS, inputs * outputs), inputs * outputs, of_weights);
  if (kind != DENSE || random_below(3))
    c.bias = fill(PLACE(float, BIAS, outputs), outputs, of_bias);
  if (kind == DENSE && random_below(2))
    c.slopes = fill(PLACE(float, SLOPES, outputs), outputs, of_bias);
  if (kind != DENSE) {
    float *scale = fill(PLACE(float, SCALE, outputs), outputs, of_bias);
    for (size_t o = 0; kind == COSINE && o < outputs; o++) scale[o] = fabsf(scale[o]);
    c.scale = scale;
  }
  const size_t words = (rows - 1) * c.x_stride + inputs;
  float *x = fill(PLACE(float, INPUT, words), words, of_x);
  // Rows of zeros, and rows that are a column of weights: distance 0.
  if (random_below(8) == 0) memset(x, 0, inputs * sizeof *x);
  if (random_below(8) == 0)
    for (size_t k = 0; k < inputs; k++) x[k] = c.panels[16 * k + 5];
  c.x = x;
  run(kind, &c);
}

/// Sums that lie next to the middle of two floats: the addend is half a unit of the last place of
/// the product, more or less a little. One run of two products; the other three are zero.
static void check_middles(size_t rows) {
  if (!begin("dense, sums near the middle of two floats, %zu rows", rows)) return;
  const size_t outputs = 16 * random_in(1, 5);
  float *panels = PLACE(float, WEIGHTS, 8 * outputs), *x = PLACE(float, INPUT, 8 * rows);
  memset(panels, 0, 8 * outputs * sizeof *panels);
  const int little = (int)random_below(1 << 12);
  for (size_t i = 0; i < 8 * rows; i++)
    x[i] = i % 2 ? 1.0f + ldexpf((float)little, -23) : 1.0f;
  const int least = random_below(4) ? -100 : -149;
  for (size_t o = 0; o < outputs; o++) {
    const int exponent = (int)random_in(0, 200) + least;
    const int off = little + (int)random_below(3) - 1;
    const float first = ldexpf(1.0f + (float)random_below(1 << 23) * 0x1p-23f, exponent);
    const float second = ldexpf(1.0f - ldexpf((float)off, -23), exponent - 24);
    float *w = panels + (o / 16 * 8 + 2 * (o % 4)) * 16 + o % 16;
    w[0] = random_below(2) ? first : -first;
    w[16] = random_below(2) ? second : -second;
  }
  struct layer_case c = {.inputs = 8, .outputs = outputs, .rows = rows, .x_stride = 8,
                         .y_stride = outputs, .panels = panels, .x = x};
  run(DENSE, &c);
}

static void check_lookup(size_t columns, size_t outputs, size_t rows) {
  const enum kind of_table = random_finite_kind();
  if (!begin("look-up, %zu columns, %zu outputs, %zu rows, values of kind %d", columns, outputs,
             rows, of_table))
    return;
  const size_t count = random_in(1, 3 * columns), stride = stride_for(columns);
  const size_t words = (rows - 1) * stride + columns, y_stride = stride_for(outputs);
  const float *table = fill(PLACE(float, WEIGHTS, count * outputs), count * outputs, of_table);
  const float *bias = fill(PLACE(float, BIAS, outputs), outputs, of_table);
  const float *slopes = NULL;
  if (random_below(2)) slopes = fill(PLACE(float, SLOPES, outputs), outputs, PLAIN);
  uint32_t *entries = PLACE(uint32_t, ENTRIES, words);
  float *fractions = PLACE(float, FRACTIONS, words);
  fill_pairs(entries, fractions, words, count);
  float *want = PLACE(float, WANT, rows * outputs);
  const struct plain_layer layer = {.outputs = outputs, .weights = table, .bias = bias,
                                    .slopes = slopes};
  for (size_t row = 0; row < rows; row++)
    reference_lookup(&layer, entries + row * stride, fractions + row * stride, columns,
                     want + row * outputs);
  const size_t y_words = (rows - 1) * y_stride + outputs;
  EACH_SET(set) {
    float *y = PLACE(float, OUTPUT, y_words);
    guard(y, y_words);
    postern_lookup_f32(table, bias, slopes, columns, outputs, entries, fractions, stride, y,
                       y_stride, rows);
    compare(want, y, y_stride, outputs, rows);
  }
}

void check_layers(void) {
  for (size_t inputs = 4; inputs <= 72; inputs += 4)
    for (size_t outputs = 16; outputs <= 80; outputs += 16)
      for (size_t rows = 1; rows <= 70; rows++) {
        check_layer(DENSE, inputs, outputs, rows);
        check_layer(DISTANCE, inputs, outputs, rows);
      }
  for (size_t children = 1; children <= 70; children++)
    for (size_t inputs = 4; inputs <= 72; inputs += 4) {
      check_layer(COSINE, inputs, children, random_in(1, 70));
      check_layer(COSINE, inputs, children, 1);
    }
  for (size_t columns = 1; columns <= 70; columns++)
    for (size_t rows = 1; rows <= 70; rows++)
      check_lookup(columns, 16 * random_in(1, 5), rows);
  for (int i = 0; i < 3000; i++) check_middles(random_in(1, 20));
  for (int i = 0; i < 60; i++) {
    const size_t inputs = 4 * random_in(1, 200), outputs = 16 * random_in(1, 20);
    check_layer((enum layer_kind)(i % 3), inputs, outputs, i % 2 ? random_in(1, 150) : 1);
    check_lookup(random_in(1, 300), outputs, random_in(1, 100));
  }
}
