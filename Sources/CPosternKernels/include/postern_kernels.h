// postern_kernels.h: the canonical arithmetic, once per instruction set.
//
// Specification: formats/model.md, "Meaning of a prediction". Every set gives the same bits.
// Nothing here allocates, locks or keeps a pointer. Kernels take at most 16 KiB of stack; those of
// int8 80 KiB where 64 rows, or all if there are fewer, have more than 8,192 inputs.

#pragma once

#include <stddef.h>
#include <stdint.h>

/// The instruction sets, worst to best. A set that the machine lacks is never selected.
enum {
  POSTERN_KERNELS_PORTABLE = 0,  ///< plain C; fused multiply-add in software where need be
  POSTERN_KERNELS_DOT = 1,       ///< arm64 with products of bytes (SDOT)
  POSTERN_KERNELS_AVX2 = 2,      ///< AVX2, FMA and F16C
  POSTERN_KERNELS_AVX512 = 3,    ///< AVX-512F, and VNNI where there is VNNI
  POSTERN_KERNELS_AMX = 4,       ///< the same, and tiles of bytes for batches
  POSTERN_KERNELS_COUNT = 5,
};

/// The set in use. Chosen once, before main, as the best that the machine has; the environment's
/// POSTERN_KERNELS (portable, dot, avx2, avx512, amx) may name a lesser one.
int postern_kernels_selected(void);

/// Uses `set` from now on, if the machine has it. Returns the set in use afterwards. For tests;
/// not to be called while another thread computes.
int postern_kernels_select(int set);

/// How weights are stored.
enum { POSTERN_F32 = 0, POSTERN_F16 = 1, POSTERN_INT8 = 2, POSTERN_INT4 = 3 };

/// An expert's shape, as the file has it.
struct postern_shape {
  uint8_t first_layer, element, hidden_count, activation;
  uint32_t group;
  uint32_t widths[12];
  uint32_t reserved[2];
};

/// What the sizes of experts depend on besides.
struct postern_sizes {
  size_t features, entries, outputs;
  /// 1 if the experts are larger than a cache: weights are fetched ahead.
  size_t fetches;
};

/// The bytes of an expert of this shape.
size_t postern_expert_size(const struct postern_shape *shape, const struct postern_sizes *sizes);

/// The pairs of entry and fraction of some rows; those of a row stand `stride` behind the last's.
/// Every entry is inside the table, and so is the next one where the fraction is over 0.
struct postern_pairs {
  const uint32_t *entries;
  const float *fractions;
  size_t columns, stride;
};

/// Runs all layers of an expert over `rows` rows.
///
/// `bytes` are the expert's as the file has them, at a multiple of 4. The first layer reads `x` or,
/// if it is a look-up, `pairs`; layers write to `even` and `odd` in turn, rows `stride` apart; the
/// last one to `even` if there are an even number of hidden layers.
void postern_expert(const struct postern_shape *shape, const struct postern_sizes *sizes,
                    const void *bytes, const float *x, size_t x_stride,
                    const struct postern_pairs *pairs, float *even, float *odd, size_t stride,
                    size_t rows);

/// A section's line in the directory, as the file has it.
struct postern_entry {
  uint32_t kind, index;
  uint8_t flags, encoding, reserved[6];
  uint64_t offset, stored, decoded, checksum, reserved_tail[2];
} __attribute__((packed, aligned(4)));

/// One transformed row of a model with one affine node, whose experts are all raw; where it reads
/// from the file and where it writes. Pointers into the file are multiples of 4.
struct postern_row {
  const uint8_t *file;
  const struct postern_entry *experts;  ///< the first expert's entry
  const struct postern_shape *shapes;
  const float *router, *router_bias, *head;
  struct postern_sizes sizes;
  size_t children;
  const uint32_t *checked;  ///< a bit for each expert
  const float *features;
  struct postern_pairs pairs;
  float *scores, *even, *odd, *outputs;
};

/// Results of postern_predict_row that are no expert.
static const uint32_t POSTERN_OVERFLOW = 0xFFFFFFFF;   ///< a number is not finite
static const uint32_t POSTERN_UNCHECKED = 0xFFFFFFFE;  ///< not computed: the expert is unchecked

/// Routes one row and computes its values, all in one call: what postern_dense_f32, postern_best,
/// postern_expert and postern_head do one after the other. Returns the expert.
uint32_t postern_predict_row(const struct postern_row *row);

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

/// Distances over `rows` rows: the chains of postern_dense_f32 sum squares of x - weight, and
/// y = fma(-scale[o], sqrt(z), bias[o]).
void postern_distance_f32(const float *panels, const float *scale, const float *bias,
                          size_t inputs, size_t outputs, const float *x, size_t x_stride, float *y,
                          size_t y_stride, size_t rows);

/// Scores of directions over `rows` rows, for `children` outputs: the products of postern_dense_f32
/// without bias over sqrt(z) + scale[o], where z sums the squares of x in the same chains; NaN
/// where that is not finite; then + bias[o]. Outputs beyond, up to the next multiple of 16, are
/// products.
void postern_cosine_f32(const float *panels, const float *scale, const float *bias, size_t inputs,
                        size_t children, const float *x, size_t x_stride, float *y,
                        size_t y_stride, size_t rows);

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

/// The lowest index of the largest of `count` scores, for each row; UINT32_MAX where a score is not
/// finite. Scores of a row are readable up to the next multiple of 16. Returns the number of rows
/// without an index.
size_t postern_best(const float *scores, size_t stride, size_t count, size_t rows, uint32_t *best);

/// A column's record, as the file has it.
struct postern_column {
  uint8_t kind, missing, unknown, reserved;
  uint32_t first_feature, feature_count, first_entry, entry_count, first_value, value_count;
  float fill, center, scale;
  uint32_t reserved_tail[2];
};

/// How rows become features, entries and fractions. The latter two are NULL if nobody reads them.
struct postern_transform {
  const struct postern_column *columns;
  size_t column_count;
  const float *values;
  float *features;
  size_t feature_stride, feature_words;
  uint32_t *entries;
  float *fractions;
  size_t column_stride;
  /// 1 if every column is a number with one feature and two edges, and nobody reads entries.
  size_t is_uniform;
};

/// Transforms `count` rows without gaps. `status` of a row becomes 0, or 1 if the row is refused:
/// what else was written of it has no meaning.
void postern_transform(const struct postern_transform *transform, const float *rows, size_t count,
                       uint32_t *status);

/// Turns outputs into values in place: fma(value, head[0], head[1]) within head[2]...head[3], four
/// floats for each output. Rows whose status is not 0 are left alone; the status of one with a
/// number that is not finite becomes `overflow`.
void postern_head(const float *head, size_t outputs, float *values, size_t stride, size_t rows,
                  uint32_t *status, uint32_t overflow);

/// Orders the rows of status 0 by expert, experts in the order in which rows first chose them.
///
/// `ends` has a place for each expert: 0 but for the `before` experts that `distinct` names, which
/// are those of the last call on this memory; afterwards, where the expert's rows end in `order`.
/// Returns the number of distinct experts; their rows are the first of `order`.
size_t postern_group(const uint32_t *status, const uint32_t *experts, size_t rows, uint32_t *ends,
                     uint32_t *distinct, size_t before, uint32_t *order);

/// Copies `count` words of each of the rows that `order` names, one row after the other.
void postern_gather(const uint32_t *words, size_t stride, size_t count, const uint32_t *order,
                    size_t rows, uint32_t *gathered);

/// Copies `count` floats of each row to the row that `order` names; times the row's factor where
/// `factors` is not NULL.
void postern_scatter(const float *values, size_t stride, size_t count, const uint32_t *order,
                     const float *factors, size_t rows, float *scattered, size_t scattered_stride);
