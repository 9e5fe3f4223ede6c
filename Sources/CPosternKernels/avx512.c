// avx512.c: the kernels for AVX-512F (Intel from Skylake-SP on, AMD from Zen 4 on).

#pragma STDC FP_CONTRACT OFF

#include "kernel_set.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define SET postern_kernel_set_avx512
#define TARGET __attribute__((target("avx512f")))

typedef __m512 vec;
#define LANES 16
#define LOAD(p) _mm512_loadu_ps(p)
#define STORE(p, a) _mm512_storeu_ps(p, a)
#define SPLAT(s) _mm512_set1_ps(s)
#define ADD(a, b) _mm512_add_ps(a, b)
#define SUB(a, b) _mm512_sub_ps(a, b)
#define FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
// The mask names the lanes that are not over 0, a NaN among them: those are multiplied.
#define LEAKY(z, s) \
  _mm512_mask_mul_ps(z, _mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_NGT_UQ), s, z)

// 32 registers: 12 to 16 sums, the weights of one input (4, 2, 1), one input of one row. Sixteen
// chains are twice what latency asks for, and a remainder of 3 or 2 rows still has its own tile.
#define TILE_LIMIT 16
#define TILE_PASSES(PASS) PASS(4, 4, 3, 2) PASS(2, 8, 6, 4) PASS(1, 12, 8, 4)
// Two panels and four runs side by side: eight chains hide the latency. More streams than eight
// fall on the same cache sets where the inputs are a power of two (256 x 256: half the rate).
#define ROW_PASSES(PASS) PASS(2, 4) PASS(1, 4)
#define LOOKUP_PASSES(PASS) PASS(8) PASS(4) PASS(2) PASS(1)

#include "body.h"

#endif
