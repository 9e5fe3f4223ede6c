// avx512_entries.h: numbers of 16 columns to entries and fractions, a column a lane. The including
// file defines TARGET.

#pragma once

#include "avx512.h"
#include "kernel_macros.h"

/// Edges of a column that is transformed side by side with others, at most, and rows, at least: the
/// columns' constants are laid side by side first.
#define EDGE_LIMIT 64
#define LANES_ROWS 8

/// Constants of up to 16 columns; `edges[e]` are the edges e of all of them.
struct column_lanes {
  _Alignas(64) float edges[EDGE_LIMIT][LANES];
  float high[LANES], center[LANES], scale[LANES], fill[LANES];
  uint32_t first_entry[LANES];
  /// The columns that have an edge e with one behind it.
  __mmask16 have[EDGE_LIMIT];
  __mmask16 inside;
  size_t edge_count;
};

/// Lays `count` plain columns from `c` on side by side. Returns 0 if one has too many edges.
INLINE int lay_columns(const struct postern_transform *t, const struct postern_column *c,
                       size_t count, struct column_lanes *l) {
  l->inside = (__mmask16)((1u << count) - 1);
  l->edge_count = 0;
  for (size_t i = 0; i < count; i++)
    if (c[i].value_count > l->edge_count) l->edge_count = c[i].value_count;
  if (l->edge_count > EDGE_LIMIT) return 0;
  for (size_t e = 0; e < l->edge_count; e++) l->have[e] = 0;
  for (size_t i = 0; i < LANES; i++) {
    // Lanes without a column do as the first one does and are not stored.
    const struct postern_column *own = c + (i < count ? i : 0);
    const float *edges = t->values + own->first_value;
    for (size_t e = 0; e < own->value_count; e++) l->edges[e][i] = edges[e];
    for (size_t e = own->value_count; e < l->edge_count; e++) l->edges[e][i] = 0.0f;
    for (size_t e = 0; e + 1 < own->value_count; e++) l->have[e] |= (__mmask16)(1u << i);
    l->high[i] = edges[own->value_count - 1];
    l->center[i] = own->center;
    l->scale[i] = own->scale;
    l->first_entry[i] = own->first_entry;
    // A missing value that the column refuses stays a NaN and is seen.
    l->fill[i] = own->missing == 1 ? own->fill : __builtin_nanf("");
  }
  return 1;
}

/// One row. Returns 1 if it is refused.
INLINE uint32_t place_lanes(const struct column_lanes *l, const float *x, float *features,
                            uint32_t *entries, float *fractions) {
  vec v = _mm512_maskz_loadu_ps(l->inside, x);
  v = _mm512_mask_mov_ps(v, _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), LOAD(l->fill));
  const __mmask16 refused = (__mmask16)~EQUAL_LANES(SUB(v, v), SPLAT(0.0f)) & l->inside;
  v = CLAMP(v, LOAD(l->edges[0]), LOAD(l->high));
  _mm512_mask_storeu_ps(features, l->inside, MUL(SUB(v, LOAD(l->center)), LOAD(l->scale)));
  vec from = LOAD(l->edges[0]), next = LOAD(l->edges[1]), to = next;
  __m512i entry = _mm512_loadu_si512(l->first_entry);
  ROLL for (size_t e = 1; e + 1 < l->edge_count; e++) {
    const __mmask16 reached = _mm512_mask_cmp_ps_mask(l->have[e], next, v, _CMP_LE_OQ);
    from = _mm512_mask_mov_ps(from, reached, next);
    next = LOAD(l->edges[e + 1]);
    to = _mm512_mask_mov_ps(to, reached, next);
    entry = _mm512_mask_add_epi32(entry, reached, entry, _mm512_set1_epi32(1));
  }
  _mm512_mask_storeu_epi32(entries, l->inside, entry);
  _mm512_mask_storeu_ps(fractions, l->inside, _mm512_div_ps(SUB(v, from), SUB(to, from)));
  return refused != 0;
}

/// `count` plain columns from `first` on, for all rows; `used` columns with entries stand before
/// them. Returns 0 if it did nothing.
INLINE int transform_lanes(const struct postern_transform *t, size_t first, size_t count,
                           size_t used, const float *rows, size_t row_count, uint32_t *status) {
  struct column_lanes l;
  if (row_count < LANES_ROWS) return 0;
  if (!lay_columns(t, t->columns + first, count, &l)) return 0;
  const size_t feature = t->columns[first].first_feature;
  for (size_t row = 0; row < row_count; row++)
    status[row] |= place_lanes(&l, rows + row * t->column_count + first,
                               t->features + row * t->feature_stride + feature,
                               t->entries + row * t->column_stride + used,
                               t->fractions + row * t->column_stride + used);
  return 1;
}

#define TRANSFORM_LANES transform_lanes
