// layers.c: single layers and the steps around them, by the set in use.

#pragma STDC FP_CONTRACT OFF

#include "selected.h"

void postern_dense_f32(const float *panels, const float *bias, const float *slopes, size_t inputs,
                       size_t outputs, const float *x, size_t x_stride, float *y, size_t y_stride,
                       size_t rows) {
  const struct postern_call call = {.weights = panels, .bias = bias, .slopes = slopes,
                                    .inputs = inputs, .outputs = outputs, .x = x,
                                    .x_stride = x_stride, .y = y, .y_stride = y_stride,
                                    .rows = rows};
  postern_selected_set()->f32(&call);
}

void postern_distance_f32(const float *panels, const float *scale, const float *bias,
                          size_t inputs, size_t outputs, const float *x, size_t x_stride, float *y,
                          size_t y_stride, size_t rows) {
  const struct postern_call call = {.weights = panels, .scale = scale, .bias = bias,
                                    .inputs = inputs, .outputs = outputs, .x = x,
                                    .x_stride = x_stride, .y = y, .y_stride = y_stride,
                                    .rows = rows};
  postern_selected_set()->distance(&call);
}

void postern_cosine_f32(const float *panels, const float *scale, const float *bias, size_t inputs,
                        size_t children, const float *x, size_t x_stride, float *y,
                        size_t y_stride, size_t rows) {
  const struct postern_call call = {.weights = panels, .scale = scale, .bias = bias,
                                    .inputs = inputs, .outputs = (children + 15) / 16 * 16,
                                    .x = x, .x_stride = x_stride, .y = y, .y_stride = y_stride,
                                    .rows = rows};
  postern_selected_set()->cosine(&call, children);
}

void postern_lookup_f32(const float *table, const float *bias, const float *slopes, size_t columns,
                        size_t outputs, const uint32_t *entries, const float *fractions,
                        size_t column_stride, float *y, size_t y_stride, size_t rows) {
  const struct postern_call call = {.weights = table, .bias = bias, .slopes = slopes,
                                    .outputs = outputs, .y = y, .y_stride = y_stride,
                                    .rows = rows};
  const struct postern_pairs pairs = {entries, fractions, columns, column_stride};
  postern_selected_set()->lookup(&call, POSTERN_F32, &pairs);
}

size_t postern_best(const float *scores, size_t stride, size_t count, size_t rows,
                    uint32_t *best) {
  return postern_selected_set()->best(scores, stride, count, rows, best);
}

void postern_transform(const struct postern_transform *transform, const float *rows, size_t count,
                       uint32_t *status) {
  postern_selected_set()->transform(transform, rows, count, status);
}

void postern_head(const float *head, size_t outputs, float *values, size_t stride, size_t rows,
                  uint32_t *status, uint32_t overflow) {
  postern_selected_set()->head(head, outputs, values, stride, rows, status, overflow);
}
