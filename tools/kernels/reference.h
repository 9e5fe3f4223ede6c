// reference.h: the arithmetic of formats/model.md, one number after the other.

#pragma once

#include "check.h"

/// A layer of any element type with its numbers laid open. `weights` has the shape [N][K], both
/// padded; for int8 it holds the integers.
struct plain_layer {
  size_t inputs, outputs;
  const float *weights;
  const float *weight_scale;  ///< int8 alone
  const float *bias, *slopes;
  int cube, is_int8;
};

void reference_dense(const struct plain_layer *layer, const float *x, float *y);
void reference_distance(const struct plain_layer *layer, const float *scale, const float *x,
                        float *y);
void reference_cosine(const struct plain_layer *layer, const float *scale, size_t children,
                      const float *x, float *y);
/// The table is [entries][N].
void reference_lookup(const struct plain_layer *layer, const uint32_t *entries,
                      const float *fractions, size_t columns, float *y);
uint32_t reference_best(const float *scores, size_t count);
/// Returns whether the row is refused.
int reference_transform(const struct postern_transform *t, const float *row, float *features,
                        uint32_t *entries, float *fractions);
/// Returns whether the row is refused.
int reference_head(const float *head, size_t outputs, const float *out, float *values);

float half_to_float(uint16_t half);
/// [N/16][K][16] to [N][K].
void open_panels(const float *panels, size_t inputs, size_t outputs, float *weights);

/// One row through an expert's bytes. `out` takes the padded outputs. Returns the expert's size.
size_t reference_expert(const struct postern_shape *shape, const struct postern_sizes *sizes,
                        const uint8_t *bytes, const float *features, const uint32_t *entries,
                        const float *fractions, size_t columns, size_t rows, size_t x_stride,
                        size_t pair_stride, float *out);
