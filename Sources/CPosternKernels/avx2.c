// avx2.c: the kernels for AVX2 with FMA and F16C (Intel from Haswell on, AMD from Zen on).

#pragma STDC FP_CONTRACT OFF

#include "kernel_set.h"

#if defined(__x86_64__)

#include "avx2_vector.h"

#define TARGET __attribute__((target("avx2,fma,f16c")))

#define SCALAR_FMA(a, b, c) __builtin_fmaf(a, b, c)
// The mask names the lanes that are over 0; a NaN is not, and is multiplied.
#define LEAKY(z, s) \
  _mm256_blendv_ps(_mm256_mul_ps(s, z), z, _mm256_cmp_ps(z, _mm256_setzero_ps(), _CMP_GT_OQ))
#define LOAD_HALF(p) _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p)))
#define LOAD_BYTES(p) \
  _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(p))))
// A nibble is moved to the top of its lane and comes down with its sign.
#define LOAD_NIBBLES(p, high)                                                             \
  _mm256_cvtepi32_ps(_mm256_srai_epi32(                                                   \
      _mm256_sll_epi32(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p))),       \
                       _mm_cvtsi32_si128((high) ? 24 : 28)),                              \
      28))

#define MAX(a, b) _mm256_max_ps(a, b)
#define ALL_LANES 0xFFu
#define EQUAL_LANES(a, b) ((unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)))
#define LARGEST_LANE(a) largest_lane(a)
#define FIRST_OF(v, count, other) ((count) < 8 ? first_of(v, count, other) : (v))

// 16 registers: 12 sums, the weights of one input (2), one input of one row.
#define TILE_LIMIT 12
#define TILE_PASSES(PASS) PASS(2, 6, 4, 3)
// Eight chains either way; two panels share each input that is spread over a vector.
#define ROW_PASSES(PASS) PASS(4, 2) PASS(2, 4)
#define COLD_PASSES(PASS) ROW_PASSES(PASS)
#define FEW_PASSES(PASS) PASS(2, 4)
#define LOOKUP_PASSES(PASS) PASS(8) PASS(4) PASS(2)

#include "kernel_macros.h"

INLINE float largest_lane(vec a) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

INLINE vec first_of(vec v, size_t count, vec other) {
  const __m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i inside = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), number);
  return _mm256_blendv_ps(other, v, _mm256_castsi256_ps(inside));
}

// Sixteen bits hold a byte, and 32 two products: each half sum is of two inputs of an output, four
// outputs a vector. They meet at the end.
typedef struct {
  __m256i half[4];
} int8_sum;

INLINE int8_sum int8_add(int8_sum sum, const uint8_t *q, const uint8_t *w) {
  int32_t quad;
  __builtin_memcpy(&quad, q, 4);
  const __m256i four = _mm256_broadcastq_epi64(_mm_cvtepi8_epi16(_mm_cvtsi32_si128(quad)));
  UNROLL for (int i = 0; i < 4; i++) {
    const __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + 16 * i)));
    sum.half[i] = _mm256_add_epi32(sum.half[i], _mm256_madd_epi16(wide, four));
  }
  return sum;
}

INLINE vec int8_floats(int8_sum sum, const int v) {
  const __m256i pairs = _mm256_hadd_epi32(sum.half[2 * v], sum.half[2 * v + 1]);
  return _mm256_cvtepi32_ps(_mm256_permute4x64_epi64(pairs, 0xD8));
}

#define INT8_KERNEL int8_avx2
#define INT8_LINKAGE static
#define BIAS 0
#define SUM int8_sum
#define SUM_ZERO ((int8_sum){0})
#define SUM_ADD(sum, q, w) sum = int8_add(sum, q, w)
#define SUM_LESS(a, b) (a)
#define SUM_FLOATS(sum, v) int8_floats(sum, v)
#define INT8_PASSES(PASS) PASS(1, 2)

#include "int8_body.h"

#include "body.h"

const struct postern_kernel_set postern_kernel_set_avx2 = KERNELS(int8_avx2);

#endif
