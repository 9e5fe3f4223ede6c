// avx2.c: the kernels for AVX2 with FMA (Intel from Haswell on, AMD from Zen on).

#pragma STDC FP_CONTRACT OFF

#include "kernel_set.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define SET postern_kernel_set_avx2
#define TARGET __attribute__((target("avx2,fma")))

typedef __m256 vec;
#define LANES 8
#define LOAD(p) _mm256_loadu_ps(p)
#define STORE(p, a) _mm256_storeu_ps(p, a)
#define SPLAT(s) _mm256_set1_ps(s)
#define ADD(a, b) _mm256_add_ps(a, b)
#define SUB(a, b) _mm256_sub_ps(a, b)
#define FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
// The mask names the lanes that are over 0; a NaN is not, and is multiplied.
#define LEAKY(z, s) \
  _mm256_blendv_ps(_mm256_mul_ps(s, z), z, _mm256_cmp_ps(z, _mm256_setzero_ps(), _CMP_GT_OQ))

// 16 registers: 12 sums, the weights of one input (2), one input of one row.
#define TILE_LIMIT 12
#define TILE_PASSES(PASS) PASS(2, 6, 4, 3)
// Eight chains either way; two panels share each input that is spread over a vector.
#define ROW_PASSES(PASS) PASS(4, 2) PASS(2, 4)
#define LOOKUP_PASSES(PASS) PASS(8) PASS(4) PASS(2)

#include "body.h"

#endif
