// training_avx512.c: the loops of training for AVX-512F.

#pragma STDC FP_CONTRACT OFF

#include "training_set.h"

#if defined(__x86_64__)

#include "avx512.h"
#include "training_x86.h"

#define SET postern_training_set_avx512
#define TARGET __attribute__((target("avx512f")))

#define DIV(a, b) _mm512_div_ps(a, b)
#define PICK(z, a, b) \
  _mm512_mask_blend_ps(_mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_GT_OQ), b, a)

typedef __m512d dvec;
#define DLANES 8
#define DLOAD(p) _mm512_cvtps_pd(_mm256_loadu_ps(p))
#define DDIFFERENCE(p, s) \
  _mm512_cvtps_pd(_mm256_sub_ps(_mm256_loadu_ps(p), _mm256_set1_ps(s)))
#define DROUND_SHARE(p, e, s) \
  _mm256_storeu_ps(p, _mm512_cvtpd_ps(_mm512_div_pd( \
                          _mm512_cvtps_pd(_mm512_cvtpd_ps(_mm512_loadu_pd(e))), s)))
#define DSTORE(p, a) _mm512_storeu_pd(p, a)
#define DSPLAT(s) _mm512_set1_pd(s)
#define DADD(a, b) _mm512_add_pd(a, b)
#define DSUB(a, b) _mm512_sub_pd(a, b)
#define DMUL(a, b) _mm512_mul_pd(a, b)
#define DDIV(a, b) _mm512_div_pd(a, b)
#define DMULADD(a, b, c) _mm512_fmadd_pd(a, b, c)

/// 2^k for `k` in -1022...1023.
static inline __attribute__((always_inline)) TARGET dvec power_of_two(__m256i k) {
  const __m512i biased = _mm512_cvtepi32_epi64(_mm256_add_epi32(k, _mm256_set1_epi32(1023)));
  return _mm512_castsi512_pd(_mm512_slli_epi64(biased, 52));
}

/// The low halves of the bits of `shifted`.
static inline __attribute__((always_inline)) TARGET __m256i low_halves(dvec shifted) {
  return _mm512_cvtepi64_epi32(_mm512_castpd_si512(shifted));
}
#define EXPONENT __m256i
#define EXPONENT_HALF(k) _mm256_srai_epi32(k, 1)
#define EXPONENT_SUB(a, b) _mm256_sub_epi32(a, b)
#define DPICK_GREATER(x, bound, a, b) \
  _mm512_mask_blend_pd(_mm512_cmp_pd_mask(x, _mm512_set1_pd(bound), _CMP_GT_OQ), b, a)
#define DPICK_LESS(x, bound, a, b) \
  _mm512_mask_blend_pd(_mm512_cmp_pd_mask(x, _mm512_set1_pd(bound), _CMP_LT_OQ), b, a)

#define MASK(state, limit, keep, mask) mask_of_16(state, limit, keep, mask)
#define TRANSPOSE(from, from_stride, to, to_stride) \
  transpose_16x16(from, from_stride, to, to_stride)

// 32 registers: 16 sums, the flow of one row, and inputs of it straight from memory.
#define TILE_LIMIT 16
#define GRADIENT_TILES(PASS) PASS(2, 8, 4, 2) PASS(1, 16, 8, 4)

#include "training_body.h"

#endif
