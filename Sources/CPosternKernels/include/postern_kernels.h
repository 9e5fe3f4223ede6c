// postern_kernels.h: the canonical arithmetic, once per instruction set.
//
// Specification: formats/model.md, "Meaning of a prediction". Every set gives the same bits.

#pragma once

#include <stddef.h>
#include <stdint.h>

/// The instruction sets, worst to best. A set that the machine lacks is never selected.
enum {
  POSTERN_KERNELS_PORTABLE = 0,  ///< plain C, fused multiply-add in software
  POSTERN_KERNELS_AVX2 = 1,      ///< AVX2 and FMA
  POSTERN_KERNELS_AVX512 = 2,    ///< AVX-512F
};

/// The set in use. Chosen once, before main, as the best that the machine has; the environment's
/// POSTERN_KERNELS (portable, avx2, avx512) may name a lesser one.
int postern_kernels_selected(void);

/// Uses `set` from now on, if the machine has it. Returns the set in use afterwards. For tests;
/// not to be called while another thread computes.
int postern_kernels_select(int set);

/// A dense layer over `rows` rows.
///
/// `panels` has the shape [outputs / 16][inputs][16]; `inputs` is a multiple of 4 and `outputs` of
/// 16. For each row and output: the inputs are cut into four runs of inputs / 4; each run is one
/// chain of fused multiply-adds from +0 in ascending order; z = ((c0 + c1) + (c2 + c3)), then
/// + bias[o] where `bias` is not NULL. Where `slopes` is not NULL, y = z > 0 ? z : slopes[o] * z.
/// `rows` is any number; strides count floats. `x` and `y` do not overlap.
void postern_dense_f32(const float *panels, const float *bias, const float *slopes, size_t inputs,
                       size_t outputs, const float *x, size_t x_stride, float *y, size_t y_stride,
                       size_t rows);

/// A look-up layer over `rows` rows.
///
/// `table` has the shape [entries][outputs]; `outputs` is a multiple of 16. For each row and
/// output: z = bias[o]; then for each column c in ascending order, with a = entry[c], r =
/// fraction[c] and b = a + (r > 0 ? 1 : 0):  z = z + fma(r, table[b][o] - table[a][o],
/// table[a][o]). `slopes` as above. `entries` and `fractions` of a row stand at `row *
/// column_stride`. Every entry is inside the table, and so is the next one where the fraction is
/// over 0.
void postern_lookup_f32(const float *table, const float *bias, const float *slopes, size_t columns,
                        size_t outputs, const uint32_t *entries, const float *fractions,
                        size_t column_stride, float *y, size_t y_stride, size_t rows);
