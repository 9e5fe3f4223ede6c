// postern_training.h: the loops of training, computed by the instruction set that predictions use.
//
// Every function gives the same bits on every set: each sum is one chain or a fixed number of
// chains, whose order is said here. "Fused" is rounded once. Pointers need no alignment, and no two
// arguments overlap unless it is said. Nothing is checked here: the callers check.
//
// Matrices of shape (rows, width) have a width that is a multiple of 16 and rows one after the
// other.

#pragma once

#include <stddef.h>
#include <stdint.h>

/// `gradient = x^T dy` in panels `[outputs / 16][inputs][16]`. `x` has the shape (rows, inputs),
/// `dy` (rows, outputs).
///
/// The rows, as many more as make a multiple of 4, are cut into four equal runs. Each is one chain
/// of fused multiply-adds in ascending order from +0; the sum is `(c0 + c1) + (c2 + c3)`.
void postern_weight_gradient_f32(const float *x, const float *dy, size_t rows, size_t inputs,
                                 size_t outputs, float *gradient);

/// Panels `[outputs / 16][inputs][16]` to panels `[inputs / 16][outputs][16]`; both counts are
/// multiples of 16.
void postern_transpose_panels_f32(const float *panels, size_t inputs, size_t outputs,
                                  float *transposed);

/// `a = (z > 0 ? z : slopes * z) * mask`; without a mask it is not multiplied.
void postern_prelu_f32(const float *z, const float *slopes, const float *mask, size_t width,
                       size_t rows, float *a);

/// The backward pass of postern_prelu_f32 and of the bias before it: turns the gradient `d` by `a`
/// into that by `z`, and sets the gradients by slopes and biases: sums in the order of the rows.
void postern_prelu_backward_f32(float *d, const float *z, const float *slopes, const float *mask,
                                size_t width, size_t rows, float *slope_gradient,
                                float *bias_gradient);

/// The sum of each column of `d`, in the order of the rows.
void postern_column_sums_f32(const float *d, size_t width, size_t rows, float *sums);

/// The constants of a step of AdamW.
struct postern_adamw {
  /// The learning rate over the first moment's bias correction; what parameters are multiplied by
  /// before they move; what gradients are multiplied by.
  float rate, keep, gradient_scale;
  /// One over the second moment's bias correction; the share that the moving average keeps.
  float second_correction, average_keep;
  float beta1, beta2, epsilon;
};

/// Moves `count` parameters, a multiple of 8, and their moving average; nothing is fused.
void postern_adamw_f32(const struct postern_adamw *step, const float *gradient, float *parameters,
                       float *first, float *second, float *average, size_t count);

/// The sum of the squares in double precision: chain `i` of 32 takes every 32nd number from the
/// `i`-th on; the sum goes over `(c[i] + c[i + 8]) + (c[i + 16] + c[i + 24])` in order, `i < 8`.
double postern_squared_norm_f32(const float *x, size_t count);

/// `count` factors, a multiple of 4: 0 where 16 random bits are below `limit`, else `keep`. Four
/// come from each number of the SplitMix64 sequence after `state`.
void postern_dropout_mask_f32(uint64_t state, size_t count, uint32_t limit, float keep,
                              float *mask);

/// The table of a numeric column from its parameters, both of shape (nodes, width):
/// `table[i] = weight * positions[i] + sum of increments[1...i]`, where the weight stands in the
/// place of increment 0.
void postern_table_f32(const float *parameters, const float *positions, size_t nodes, size_t width,
                       float *table);

/// The transposed of postern_table_f32, in place: sums from the last node to the first.
void postern_table_backward_f32(float *gradient, const float *positions, size_t nodes,
                                size_t width);

/// Adds `(1 - fraction) d` to entry and, where the fraction is over 0, `fraction d` to the next
/// one: for each row, for each pair. `entries` and `fractions` have the shape (rows, pairs),
/// `table` (entries, width); nothing is fused.
void postern_scatter_f32(const float *d, size_t width, const uint32_t *entries,
                         const float *fractions, size_t pairs, size_t rows, float *table);

/// `count` exponentials in double precision, as section 9.6 of the specification defines them: of
/// `(x[i] - x0) / divisor`, of which the difference is rounded to float.
void postern_exponentials_f64(const float *x, float x0, double divisor, size_t count, double *y);

/// `p[i] = e[i] / sum` in double precision, of which `e[i]` is rounded to float before and `p[i]`
/// after.
void postern_shares_f32(const double *e, double sum, size_t count, float *p);

/// Copies `count` rows of a matrix whose rows are `width` numbers of four bytes. Rows that come
/// soon are asked of the memory before.
void postern_gather_rows(const void *matrix, size_t width, const int32_t *rows, size_t count,
                         void *to);
