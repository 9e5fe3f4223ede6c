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

// 32 registers: 12 to 16 sums, the weights of one input (4, 2, 1), one input of one row. Sixteen
// chains are twice what latency asks for, and a remainder of 3 or 2 rows still has its own tile.
#define TILE_LIMIT 16
#define TILE_PASSES(PASS) PASS(4, 4, 3, 2) PASS(2, 8, 6, 4) PASS(1, 12, 8, 4)
// Two panels and four runs side by side: eight chains hide the latency. More streams than eight
// fall on the same cache sets where the inputs are a power of two (256 x 256: half the rate).
#define ROW_PASSES(PASS) PASS(2, 4) PASS(1, 4)
#define LOOKUP_PASSES(PASS) PASS(8) PASS(4) PASS(2) PASS(1)
