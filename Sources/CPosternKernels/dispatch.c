// dispatch.c: which instruction set computes.

#pragma STDC FP_CONTRACT OFF

#include <stdatomic.h>
#if __STDC_HOSTED__
#include <stdlib.h>
#include <string.h>
#endif

#include "kernel_set.h"

/// Best last; the index is the constant of postern_kernels.h.
static const struct postern_kernel_set *const sets[] = {
    &postern_kernel_set_portable,
#if defined(__x86_64__)
    &postern_kernel_set_avx2,
    &postern_kernel_set_avx512,
#endif
};

// Atomic, relaxed: an ordinary load where it is read, and no data race where a test changes it.
static _Atomic int selected = POSTERN_KERNELS_PORTABLE;

/// Whether the processor has the set and the operating system keeps its registers.
static int machine_has(int set) {
  switch (set) {
    case POSTERN_KERNELS_PORTABLE:
      return 1;
#if defined(__x86_64__)
    // __builtin_cpu_supports reads cpuid and, for the wide registers, XGETBV.
    case POSTERN_KERNELS_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case POSTERN_KERNELS_AVX512:
      return __builtin_cpu_supports("avx512f") != 0;
#endif
    default:
      return 0;
  }
}

int postern_kernels_selected(void) {
  return atomic_load_explicit(&selected, memory_order_relaxed);
}

int postern_kernels_select(int set) {
  if (machine_has(set)) atomic_store_explicit(&selected, set, memory_order_relaxed);
  return postern_kernels_selected();
}

__attribute__((constructor)) static void select_best(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  for (int set = POSTERN_KERNELS_PORTABLE; set <= POSTERN_KERNELS_AVX512; set++)
    postern_kernels_select(set);
#if __STDC_HOSTED__
  static const char *const names[] = {"portable", "avx2", "avx512"};
  const char *wanted = getenv("POSTERN_KERNELS");
  for (int set = POSTERN_KERNELS_PORTABLE; wanted && set <= POSTERN_KERNELS_AVX512; set++)
    if (strcmp(wanted, names[set]) == 0) postern_kernels_select(set);
#endif
}

static const struct postern_kernel_set *current(void) { return sets[postern_kernels_selected()]; }

void postern_dense_f32(const float *panels, const float *bias, const float *slopes, size_t inputs,
                       size_t outputs, const float *x, size_t x_stride, float *y, size_t y_stride,
                       size_t rows) {
  current()->dense(panels, bias, slopes, inputs, outputs, x, x_stride, y, y_stride, rows);
}

void postern_lookup_f32(const float *table, const float *bias, const float *slopes, size_t columns,
                        size_t outputs, const uint32_t *entries, const float *fractions,
                        size_t column_stride, float *y, size_t y_stride, size_t rows) {
  current()->lookup(table, bias, slopes, columns, outputs, entries, fractions, column_stride, y,
                    y_stride, rows);
}
