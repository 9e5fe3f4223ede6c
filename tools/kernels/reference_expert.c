// reference_expert.c: an expert's bytes as formats/model.md, section 7, lays them out.

#pragma STDC FP_CONTRACT OFF

#include <stdlib.h>
#include <string.h>

#include "reference.h"

/// One weight of a dense layer; the integer for int8.
static float dense_weight(const struct postern_shape *shape, const uint8_t *bytes,
                          const float *scales, size_t inputs, size_t outputs, size_t k, size_t o) {
  const size_t element = ((o / 16) * inputs + k) * 16 + o % 16;
  float value;
  uint16_t half;
  int nibble;
  switch (shape->element) {
    case POSTERN_F32: memcpy(&value, bytes + 4 * element, 4); return value;
    case POSTERN_F16: memcpy(&half, bytes + 2 * element, 2); return half_to_float(half);
    case POSTERN_INT8:
      return (int8_t)bytes[(((o / 16) * (inputs / 4) + k / 4) * 16 + o % 16) * 4 + k % 4];
    default:
      nibble = bytes[((o / 16) * (inputs / 2) + k / 2) * 16 + o % 16] >> (k % 2 ? 4 : 0) & 15;
      value = (float)(nibble < 8 ? nibble : nibble - 16);
      return value * scales[k / shape->group * outputs + o];
  }
}

static float table_weight(const struct postern_shape *shape, const uint8_t *bytes,
                          const float *scales, size_t outputs, size_t entry, size_t o) {
  const size_t element = entry * outputs + o;
  float value;
  uint16_t half;
  switch (shape->element) {
    case POSTERN_F32: memcpy(&value, bytes + 4 * element, 4); return value;
    case POSTERN_F16: memcpy(&half, bytes + 2 * element, 2); return half_to_float(half);
    default: return (float)(int8_t)bytes[element] * scales[o];
  }
}

/// The bytes of the weights before they are padded to 64.
static size_t weight_bytes(int element, int is_lookup, size_t count) {
  switch (element) {
    case POSTERN_F32: return 4 * count;
    case POSTERN_F16: return 2 * count;
    case POSTERN_INT8: return count;
    default: return is_lookup ? count : count / 2;
  }
}

static void *memory(size_t bytes) {
  void *all = calloc(bytes ? bytes : 1, 1);
  if (!all) abort();
  return all;
}

size_t reference_expert(const struct postern_shape *shape, const struct postern_sizes *sizes,
                        const uint8_t *bytes, const float *features, const uint32_t *entries,
                        const float *fractions, size_t columns, size_t rows, size_t x_stride,
                        size_t pair_stride, float *out) {
  size_t at = 0, width = sizes->features, outputs = 0;
  float *x = NULL, *y = NULL;
  for (size_t number = 0; number <= shape->hidden_count; number++) {
    const int is_last = number == shape->hidden_count;
    const int is_lookup = number == 0 && shape->first_layer == 1;
    const size_t inputs = is_lookup ? sizes->entries : pad(width, 4);
    width = is_last ? sizes->outputs : shape->widths[number];
    outputs = pad(width, 16);
    size_t scale_rows = 0;
    if (shape->element == POSTERN_INT8 || (shape->element == POSTERN_INT4 && is_lookup))
      scale_rows = 1;
    else if (shape->element == POSTERN_INT4)
      scale_rows = (inputs + shape->group - 1) / shape->group;
    const uint8_t *weights = bytes + at;
    at += pad(weight_bytes(shape->element, is_lookup, inputs * outputs), 64);
    float *vectors = memory((scale_rows + 2) * outputs * 4);  // aligned, as the bytes need not be
    memcpy(vectors, bytes + at, (scale_rows + 1 + !is_last) * outputs * 4);
    at += (scale_rows + 1 + !is_last) * outputs * 4;
    const float *bias = vectors + scale_rows * outputs;

    float *plain = memory(inputs * outputs * 4);
    for (size_t o = 0; o < outputs; o++)
      for (size_t k = 0; k < inputs; k++) {
        if (is_lookup)
          plain[k * outputs + o] = table_weight(shape, weights, vectors, outputs, k, o);
        else
          plain[o * inputs + k] = dense_weight(shape, weights, vectors, inputs, outputs, k, o);
      }
    const struct plain_layer layer = {
        .inputs = inputs, .outputs = outputs, .weights = plain, .weight_scale = vectors,
        .bias = bias, .slopes = is_last || shape->activation ? NULL : bias + outputs,
        .cube = shape->activation == 1 && !is_last, .is_int8 = shape->element == POSTERN_INT8,
    };
    y = is_last ? out : memory(rows * outputs * 4);
    for (size_t row = 0; row < rows; row++) {
      if (is_lookup)
        reference_lookup(&layer, entries + row * pair_stride, fractions + row * pair_stride,
                         columns, y + row * outputs);
      else
        reference_dense(&layer, x ? x + row * inputs : features + row * x_stride,
                        y + row * outputs);
    }
    free(vectors);
    free(plain);
    free(x);
    x = NULL;
    if (is_last) break;
    // The next layer's input: the outputs, zeros up to a multiple of 4.
    const size_t next = pad(width, 4);
    x = memory(rows * next * 4);
    for (size_t row = 0; row < rows; row++)
      memcpy(x + row * next, y + row * outputs, width * 4);
    free(y);
  }
  return at;
}
