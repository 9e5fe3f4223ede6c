// training_dispatch.c: which instruction set trains: the one that predicts.

#pragma STDC FP_CONTRACT OFF

#include "training_set.h"

static const struct postern_training_set *current(void) {
  switch (postern_kernels_selected()) {
#if defined(__x86_64__)
    case POSTERN_KERNELS_AVX2:
      return &postern_training_set_avx2;
    case POSTERN_KERNELS_AVX512:
    case POSTERN_KERNELS_AMX:
      return &postern_training_set_avx512;
#endif
    default:
      return &postern_training_set_portable;
  }
}

void postern_weight_gradient_f32(const float *x, const float *dy, size_t rows, size_t inputs,
                                 size_t outputs, float *gradient) {
  current()->weight_gradient(x, dy, rows, inputs, outputs, gradient);
}

void postern_transpose_panels_f32(const float *panels, size_t inputs, size_t outputs,
                                  float *transposed) {
  current()->transpose(panels, inputs, outputs, transposed);
}

void postern_prelu_f32(const float *z, const float *slopes, const float *mask, size_t width,
                       size_t rows, float *a) {
  current()->prelu(z, slopes, mask, width, rows, a);
}

void postern_prelu_backward_f32(float *d, const float *z, const float *slopes, const float *mask,
                                size_t width, size_t rows, float *slope_gradient,
                                float *bias_gradient) {
  current()->prelu_backward(d, z, slopes, mask, width, rows, slope_gradient, bias_gradient);
}

void postern_column_sums_f32(const float *d, size_t width, size_t rows, float *sums) {
  current()->column_sums(d, width, rows, sums);
}

void postern_adamw_f32(const struct postern_adamw *step, const float *gradient, float *parameters,
                       float *first, float *second, float *average, size_t count) {
  current()->adamw(step, gradient, parameters, first, second, average, count);
}

double postern_squared_norm_f32(const float *x, size_t count) {
  return current()->squared_norm(x, count);
}

void postern_dropout_mask_f32(uint64_t state, size_t count, uint32_t limit, float keep,
                              float *mask) {
  current()->dropout_mask(state, count, limit, keep, mask);
}

void postern_table_f32(const float *parameters, const float *positions, size_t nodes, size_t width,
                       float *table) {
  current()->table(parameters, positions, nodes, width, table);
}

void postern_table_backward_f32(float *gradient, const float *positions, size_t nodes,
                                size_t width) {
  current()->table_backward(gradient, positions, nodes, width);
}

void postern_scatter_f32(const float *d, size_t width, const uint32_t *entries,
                         const float *fractions, size_t pairs, size_t rows, float *table) {
  current()->scatter(d, width, entries, fractions, pairs, rows, table);
}

void postern_exponentials_f64(const float *x, float x0, double divisor, size_t count, double *y) {
  current()->exponentials(x, x0, divisor, count, y);
}

void postern_shares_f32(const double *e, double sum, size_t count, float *p) {
  current()->shares(e, sum, count, p);
}

void postern_gather_rows(const void *matrix, size_t width, const int32_t *rows, size_t count,
                         void *to) {
  const uint32_t *numbers = matrix;
  uint32_t *next = to;
  for (size_t i = 0; i < count; i++) {
    const size_t ahead = i + 12 < count ? i + 12 : count - 1;
    for (size_t k = 0; k < width; k += 16)
      __builtin_prefetch(numbers + (size_t)rows[ahead] * width + k);
    const uint32_t *row = numbers + (size_t)rows[i] * width;
    for (size_t k = 0; k < width; k++) *next++ = row[k];
  }
}
