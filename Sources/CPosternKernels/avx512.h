// avx512.h: the vectors of AVX-512F, and how many of them a tile takes. For body.h.

#pragma once

#include <immintrin.h>

typedef __m512 vec;
#define LANES 16
#define LOAD(p) _mm512_loadu_ps(p)
#define STORE(p, a) _mm512_storeu_ps(p, a)
#define SPLAT(s) _mm512_set1_ps(s)
#define ADD(a, b) _mm512_add_ps(a, b)
#define SUB(a, b) _mm512_sub_ps(a, b)
#define MUL(a, b) _mm512_mul_ps(a, b)
#define SQRT(a) _mm512_sqrt_ps(a)
#define FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define SCALAR_FMA(a, b, c) __builtin_fmaf(a, b, c)
// The mask names the lanes that are not over 0, a NaN among them: those are multiplied.
#define LEAKY(z, s) \
  _mm512_mask_mul_ps(z, _mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_NGT_UQ), s, z)
#define LOAD_HALF(p) _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p)))
#define LOAD_BYTES(p) \
  _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(p))))
// A nibble is moved to the top of its lane and comes down with its sign.
#define LOAD_NIBBLES(p, high)                                                            \
  _mm512_cvtepi32_ps(_mm512_srai_epi32(                                                  \
      _mm512_sll_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(p))),      \
                       _mm_cvtsi32_si128((high) ? 24 : 28)),                             \
      28))

#define MAX(a, b) _mm512_max_ps(a, b)
#define ALL_LANES 0xFFFFu
#define EQUAL_LANES(a, b) ((unsigned)_mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ))
#define LARGEST_LANE(a) _mm512_reduce_max_ps(a)
#define FIRST_OF(v, count, other) \
  ((count) < 16 ? _mm512_mask_mov_ps(other, (__mmask16)((1u << (count)) - 1), v) : (v))
#define LOAD_FIRST(p, inside) _mm512_maskz_loadu_ps((__mmask16)(inside), p)
#define NOT_ABOVE(a, v) ((unsigned)_mm512_cmp_ps_mask(a, _mm512_set1_ps(v), _CMP_LE_OQ))
#define CLAMP(v, low, high) _mm512_min_ps(high, _mm512_max_ps(low, v))
// Numbers less themselves are 0; NaN and infinities are not.
#define ALL_NUMBERS(v) (EQUAL_LANES(SUB(v, v), SPLAT(0.0f)) == ALL_LANES)

/// The 16 bytes from `fill` on of four columns, four apart: a row of four by four.
#define FOUR_RECORDS(c, i)                                                                        \
  _mm512_inserti32x4(                                                                             \
      _mm512_inserti32x4(                                                                         \
          _mm512_inserti32x4(_mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)&c[i].fill)), \
                             _mm_loadu_si128((const __m128i *)&c[i + 4].fill), 1),                \
          _mm_loadu_si128((const __m128i *)&c[i + 8].fill), 2),                                   \
      _mm_loadu_si128((const __m128i *)&c[i + 12].fill), 3)

/// The constants of 16 columns, which have two edges each: records are transposed in registers.
#define LOAD_COLUMNS(c, values, low, high, fill, center, scale)                             \
  do {                                                                                      \
    const __m512i a_ = FOUR_RECORDS(c, 0), b_ = FOUR_RECORDS(c, 1);                         \
    const __m512i c_ = FOUR_RECORDS(c, 2), d_ = FOUR_RECORDS(c, 3);                         \
    const __m512i ab_ = _mm512_unpacklo_epi32(a_, b_), cd_ = _mm512_unpacklo_epi32(c_, d_); \
    fill = _mm512_castsi512_ps(_mm512_unpacklo_epi64(ab_, cd_));                            \
    center = _mm512_castsi512_ps(_mm512_unpackhi_epi64(ab_, cd_));                          \
    scale = _mm512_castsi512_ps(_mm512_unpacklo_epi64(_mm512_unpackhi_epi32(a_, b_),        \
                                                      _mm512_unpackhi_epi32(c_, d_)));      \
    const __m512 near_ = LOAD(values + c->first_value);                                     \
    const __m512 far_ = LOAD(values + c->first_value + 16);                                 \
    const __m512i even_ = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24,  \
                                            26, 28, 30);                                    \
    low = _mm512_permutex2var_ps(near_, even_, far_);                                       \
    high = _mm512_permutex2var_ps(near_, _mm512_add_epi32(even_, _mm512_set1_epi32(1)), far_); \
  } while (0)

// 32 registers: 12 to 16 sums, the weights of one input (4, 2, 1), one input of one row. Sixteen
// chains are twice what latency asks for, and a remainder of 3 or 2 rows still has its own tile.
#define TILE_LIMIT 16
#define TILE_PASSES(PASS) PASS(4, 4, 3, 2) PASS(2, 8, 6, 4) PASS(1, 12, 8, 4)
// Eight chains hide the latency, of eight panels one run after the other: so each panel is read
// from end to end. More streams than eight fall on the same cache sets where the inputs are a power
// of two (256 x 256: half the rate).
#define ROW_PASSES(PASS) PASS(8, 1) PASS(4, 2) PASS(2, 4) PASS(1, 4)
// Two panels at a time: the first pass of an expert, which nobody fetched, is short.
#define COLD_PASSES(PASS) PASS(2, 4) PASS(1, 4)
#define FEW_PASSES(PASS) PASS(2, 4) PASS(1, 4)
#define LOOKUP_PASSES(PASS) PASS(8) PASS(4) PASS(2) PASS(1)
