// vnni.c: layers of int8 for AVX-512 with VNNI (Intel from Cascade Lake on, AMD from Zen 4 on).

#pragma STDC FP_CONTRACT OFF

#include "kernel_set.h"

#if defined(__x86_64__)

#include "avx512.h"

#define TARGET __attribute__((target("avx512f,avx512vnni")))
#define INT8_KERNEL postern_int8_vnni
#define INT8_LINKAGE

// The instruction multiplies unsigned bytes by signed ones: input is stored with 128 added.
#define BIAS 0x80
#define SUM __m512i
#define SUM_ZERO _mm512_setzero_si512()
#define SUM_ADD(sum, q, w)                                                       \
  do {                                                                           \
    int32_t quad_;                                                               \
    __builtin_memcpy(&quad_, q, 4);                                              \
    sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi32(quad_), _mm512_loadu_si512(w)); \
  } while (0)
#define SUM_LESS(a, b) _mm512_sub_epi32(a, b)
#define SUM_FLOATS(sum, v) _mm512_cvtepi32_ps(sum)
#define INT8_PASSES(PASS) PASS(4, 4) PASS(2, 8) PASS(1, 12)

#include "kernel_macros.h"
#include "int8_body.h"

#endif
