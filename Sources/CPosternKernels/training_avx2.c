// training_avx2.c: the loops of training for AVX2 with FMA.

#pragma STDC FP_CONTRACT OFF

#include "training_set.h"

#if defined(__x86_64__)

#include "avx2_vector.h"
#include "training_x86.h"

#define SET postern_training_set_avx2
#define TARGET __attribute__((target("avx2,fma")))

#define DIV(a, b) _mm256_div_ps(a, b)
#define PICK(z, a, b) \
  _mm256_blendv_ps(b, a, _mm256_cmp_ps(z, _mm256_setzero_ps(), _CMP_GT_OQ))

typedef __m256d dvec;
#define DLANES 4
#define DLOAD(p) _mm256_cvtps_pd(_mm_loadu_ps(p))
#define DDIFFERENCE(p, s) _mm256_cvtps_pd(_mm_sub_ps(_mm_loadu_ps(p), _mm_set1_ps(s)))
#define DROUND_SHARE(p, e, s) \
  _mm_storeu_ps(p, _mm256_cvtpd_ps(_mm256_div_pd( \
                       _mm256_cvtps_pd(_mm256_cvtpd_ps(_mm256_loadu_pd(e))), s)))
#define DSTORE(p, a) _mm256_storeu_pd(p, a)
#define DSPLAT(s) _mm256_set1_pd(s)
#define DADD(a, b) _mm256_add_pd(a, b)
#define DSUB(a, b) _mm256_sub_pd(a, b)
#define DMUL(a, b) _mm256_mul_pd(a, b)
#define DDIV(a, b) _mm256_div_pd(a, b)
#define DMULADD(a, b, c) _mm256_fmadd_pd(a, b, c)

/// 2^k for the low halves of `k`, in -1022...1023.
static inline __attribute__((always_inline)) TARGET dvec power_of_two(__m128i k) {
  const __m256i biased = _mm256_cvtepi32_epi64(_mm_add_epi32(k, _mm_set1_epi32(1023)));
  return _mm256_castsi256_pd(_mm256_slli_epi64(biased, 52));
}

/// The low halves of the bits of `shifted`.
static inline __attribute__((always_inline)) TARGET __m128i low_halves(dvec shifted) {
  const __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  return _mm256_castsi256_si128(
      _mm256_permutevar8x32_epi32(_mm256_castpd_si256(shifted), order));
}
#define EXPONENT __m128i
#define EXPONENT_HALF(k) _mm_srai_epi32(k, 1)
#define EXPONENT_SUB(a, b) _mm_sub_epi32(a, b)
#define DPICK_GREATER(x, bound, a, b) \
  _mm256_blendv_pd(b, a, _mm256_cmp_pd(x, _mm256_set1_pd(bound), _CMP_GT_OQ))
#define DPICK_LESS(x, bound, a, b) \
  _mm256_blendv_pd(b, a, _mm256_cmp_pd(x, _mm256_set1_pd(bound), _CMP_LT_OQ))

#define MASK(state, limit, keep, mask) mask_of_16(state, limit, keep, mask)
#define TRANSPOSE(from, from_stride, to, to_stride) \
  transpose_16x16(from, from_stride, to, to_stride)

// 16 registers: 12 sums, the flow of one row (2), one input of it.
#define TILE_LIMIT 12
#define GRADIENT_TILES(PASS) PASS(2, 6, 4, 2)

#include "training_body.h"

#endif
