// kernel_set.h: what an instruction set offers, and what the compiler must not do to it.

#pragma once

#include "postern_kernels.h"

#if defined(__FAST_MATH__)
#error "the kernels define the bits of every answer: compile them without -ffast-math"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "the kernels need float arithmetic in float precision (on i386: -mfpmath=sse -msse2)"
#endif

/// The kernels of one instruction set; the parameters are those of postern_kernels.h.
struct postern_kernel_set {
  void (*dense)(const float *panels, const float *bias, const float *slopes, size_t inputs,
                size_t outputs, const float *x, size_t x_stride, float *y, size_t y_stride,
                size_t rows);
  void (*lookup)(const float *table, const float *bias, const float *slopes, size_t columns,
                 size_t outputs, const uint32_t *entries, const float *fractions,
                 size_t column_stride, float *y, size_t y_stride, size_t rows);
};

extern const struct postern_kernel_set postern_kernel_set_portable;
#if defined(__x86_64__)
extern const struct postern_kernel_set postern_kernel_set_avx2;
extern const struct postern_kernel_set postern_kernel_set_avx512;
#endif
