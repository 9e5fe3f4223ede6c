// dot.c: the kernels for arm64 with products of bytes (Cortex-A55, A76, Neoverse N1, Apple M1 on).
//
// Floats are those of portable.c: arm64 always has fused multiply-add.

#pragma STDC FP_CONTRACT OFF

#include "kernel_set.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#define TARGET __attribute__((target("dotprod")))

#include "portable.h"

#define INT8_KERNEL int8_dot
#define INT8_LINKAGE static
#define BIAS 0
#define SUM int8_sum
#define SUM_ZERO ((int8_sum){0})
#define SUM_ADD(sum, q, w) sum = int8_add(sum, q, w)
#define SUM_LESS(a, b) (a)
#define SUM_FLOATS(sum, v) ((vec)vcvtq_f32_s32((sum).four[v]))
#define INT8_PASSES(PASS) PASS(2, 2) PASS(1, 4)

#include "kernel_macros.h"

/// Sixteen sums, one for each output of a panel.
typedef struct {
  int32x4_t four[4];
} int8_sum;

INLINE int8_sum int8_add(int8_sum sum, const uint8_t *q, const uint8_t *w) {
  int32_t quad;
  __builtin_memcpy(&quad, q, 4);
  const int8x16_t input = vreinterpretq_s8_s32(vdupq_n_s32(quad));
  UNROLL for (int i = 0; i < 4; i++)
    sum.four[i] = vdotq_s32(sum.four[i], vld1q_s8((const int8_t *)w + 16 * i), input);
  return sum;
}

#include "int8_body.h"
#include "body.h"

const struct postern_kernel_set postern_kernel_set_dot = KERNELS(int8_dot);

#endif
