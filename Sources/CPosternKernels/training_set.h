// training_set.h: what an instruction set offers to training.

#pragma once

#include "kernel_set.h"
#include "postern_training.h"

/// The loops of one instruction set; the parameters are those of postern_training.h.
struct postern_training_set {
  void (*weight_gradient)(const float *x, const float *dy, size_t rows, size_t inputs,
                          size_t outputs, float *gradient);
  void (*transpose)(const float *panels, size_t inputs, size_t outputs, float *transposed);
  void (*prelu)(const float *z, const float *slopes, const float *mask, size_t width, size_t rows,
                float *a);
  void (*prelu_backward)(float *d, const float *z, const float *slopes, const float *mask,
                         size_t width, size_t rows, float *slope_gradient, float *bias_gradient);
  void (*column_sums)(const float *d, size_t width, size_t rows, float *sums);
  void (*adamw)(const struct postern_adamw *step, const float *gradient, float *parameters,
                float *first, float *second, float *average, size_t count);
  double (*squared_norm)(const float *x, size_t count);
  void (*dropout_mask)(uint64_t state, size_t count, uint32_t limit, float keep, float *mask);
  void (*table)(const float *parameters, const float *positions, size_t nodes, size_t width,
                float *table);
  void (*table_backward)(float *gradient, const float *positions, size_t nodes, size_t width);
  void (*scatter)(const float *d, size_t width, const uint32_t *entries, const float *fractions,
                  size_t pairs, size_t rows, float *table);
  void (*exponentials)(const float *x, float x0, double divisor, size_t count, double *y);
  void (*shares)(const double *e, double sum, size_t count, float *p);
};

extern const struct postern_training_set postern_training_set_portable;
#if defined(__x86_64__)
extern const struct postern_training_set postern_training_set_avx2;
extern const struct postern_training_set postern_training_set_avx512;
#endif
