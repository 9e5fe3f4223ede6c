// experts.c: checks of whole experts of every element type, first layer and activation.

#include <math.h>
#include <string.h>

#include "models.h"
#include "reference.h"

/// What stands for every number that is not finite: after a hidden layer an infinity may have met
/// the padding's zeros and become a NaN. Either refuses the row.
static void join_broken(float *values, size_t stride, size_t count, size_t rows) {
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < count; i++)
      if (!isfinite(values[row * stride + i])) values[row * stride + i] = NAN;
}

static void run(const struct postern_shape *shape, const struct postern_sizes *sizes,
                size_t columns, size_t rows, enum kind of_x) {
  static const char *const elements[] = {"f32", "f16", "int8", "int4"};
  if (!begin("expert of %s, first layer %d, activation %d, %d hidden layers (%u, %u, …), %zu "
             "features, %zu entries, %zu outputs, group %u, %zu rows, values of kind %d",
             elements[shape->element], shape->first_layer, shape->activation, shape->hidden_count,
             shape->widths[0], shape->widths[1], sizes->features, sizes->entries, sizes->outputs,
             shape->group, rows, of_x))
    return;
  const size_t size = postern_expert_size(shape, sizes), all_features = pad(sizes->features, 4);
  uint8_t *bytes = place(WEIGHTS, size);
  fill_expert(shape, sizes, bytes);
  const size_t x_stride = all_features + random_below(9);
  float *x = PLACE(float, INPUT, (rows - 1) * x_stride + all_features);
  for (size_t row = 0; row < rows; row++) {
    fill(x + row * x_stride, sizes->features, of_x);
    memset(x + row * x_stride + sizes->features, 0, (all_features - sizes->features) * 4);
  }
  struct postern_pairs pairs = {.columns = columns, .stride = columns + random_below(5)};
  const size_t pair_words = columns ? (rows - 1) * pairs.stride + columns : 0;
  uint32_t *entries = PLACE(uint32_t, ENTRIES, pair_words);
  float *fractions = PLACE(float, FRACTIONS, pair_words);
  fill_pairs(entries, fractions, pair_words, sizes->entries);
  pairs.entries = entries;
  pairs.fractions = fractions;

  size_t widths[2];
  layer_widths(shape, sizes->outputs, widths);
  const size_t outputs = pad(sizes->outputs, 16);
  float *want = PLACE(float, WANT, rows * outputs);
  const size_t read = reference_expert(shape, sizes, bytes, x, entries, fractions, columns, rows,
                                       x_stride, pairs.stride, want);
  if (read != size) fail("an expert of %zu bytes, not %zu", size, read);
  if (shape->hidden_count) join_broken(want, outputs, outputs, rows);

  const size_t wider = widths[0] > widths[1] ? widths[0] : widths[1];
  const size_t stride = wider + random_below(20);
  const int last = shape->hidden_count % 2;
  EACH_SET(set) {
    float *sides[2];
    for (int side = 0; side < 2; side++) {
      const size_t words = widths[side] ? (rows - 1) * stride + widths[side] : 0;
      sides[side] = PLACE(float, side ? ODD : EVEN, words);
      guard(sides[side], words);
    }
    postern_expert(shape, sizes, bytes, x, x_stride, &pairs, sides[0], sides[1], stride, rows);
    if (shape->hidden_count) join_broken(sides[last], stride, outputs, rows);
    for (size_t row = 0; row < rows; row++) {
      if (!same(want + row * outputs, sides[last] + row * stride, sizes->outputs)) return;
      for (int side = 0; side < 2 && row + 1 < rows && widths[side]; side++)
        if (!guarded(sides[side] + row * stride + widths[side], stride - widths[side])) return;
    }
  }
}

static void check_expert(int element, int is_lookup, size_t hidden_count, size_t features,
                         size_t outputs, size_t rows) {
  const struct postern_shape shape = random_shape(element, is_lookup, hidden_count);
  const size_t columns = is_lookup ? random_in(1, 70) : random_below(3);
  const struct postern_sizes sizes = {features, random_in(1, 90), outputs, random_in(0, 1)};
  // With a hidden layer, fewer of the numbers that only end in infinities.
  const enum kind kind = hidden_count && random_below(2) ? PLAIN : random_kind();
  run(&shape, &sizes, columns, rows, kind);
}

/// Inputs so wide that few rounded rows, or only one, have room; sums as large as they get.
static void check_wide(size_t features, size_t outputs, size_t rows) {
  for (int element = POSTERN_F32; element <= POSTERN_INT4; element++) {
    struct postern_shape shape = random_shape(element, 0, 0);
    if (element == POSTERN_INT4) shape.group = 65536;
    const struct postern_sizes sizes = {features, 1, outputs, 1};
    run(&shape, &sizes, 0, rows, random_below(2) ? TIES : PLAIN);
  }
}

void check_experts(void) {
  for (int element = POSTERN_F32; element <= POSTERN_INT4; element++) {
    for (size_t features = 1; features <= 70; features++)
      for (size_t outputs = 1; outputs <= 70; outputs++)
        check_expert(element, 0, 0, features, outputs, random_in(1, 70));
    for (size_t features = 1; features <= 70; features++)
      for (size_t rows = 1; rows <= 70; rows += 1)
        check_expert(element, 0, 0, features, random_in(1, 70), rows);
    for (int i = 0; i < 1500; i++) {
      const size_t rows = random_below(3) ? random_in(1, 70) : 1;
      check_expert(element, i % 2, random_in(1, 4), random_in(1, 70), random_in(1, 70), rows);
      check_expert(element, 1, random_below(2), random_in(1, 70), random_in(1, 70), rows);
    }
    for (int i = 0; i < 12; i++)
      check_expert(element, 0, i % 13, random_in(60, 600), random_in(60, 300), random_in(1, 200));
  }
  check_wide(1000, 20, 67);
  check_wide(4100, 33, 40);
  check_wide(30000, 17, 3);
  check_wide(65536, 16, 2);
  check_wide(65533, 18, 1);
  check_wide(2048, 48, 1);
}
