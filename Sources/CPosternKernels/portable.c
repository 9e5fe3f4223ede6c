// portable.c: the kernels for any machine, in the compiler's own vectors of four floats.

#pragma STDC FP_CONTRACT OFF

#include "kernel_set.h"

#define TARGET

#include "portable.h"

#define INT8_KERNEL int8_portable
#define INT8_LINKAGE static
#define BIAS 0
#define SUM int8_sum
#define SUM_ZERO ((int8_sum){{0}})
#define SUM_ADD(sum, q, w) sum = int8_add(sum, q, w)
#define SUM_LESS(a, b) (a)
#define SUM_FLOATS(sum, v) int8_floats(sum, v)
#define INT8_PASSES(PASS) PASS(1, 1)

/// Sixteen sums, one for each output of a panel.
typedef struct {
  int32_t output[16];
} int8_sum;

PORTABLE int8_sum int8_add(int8_sum sum, const uint8_t *q, const uint8_t *w) {
  for (int o = 0; o < 16; o++)
    for (int i = 0; i < 4; i++) sum.output[o] += (int8_t)q[i] * (int8_t)w[4 * o + i];
  return sum;
}

PORTABLE vec int8_floats(int8_sum sum, const int v) {
  const int32_t *s = sum.output + 4 * v;
  return (vec){(float)s[0], (float)s[1], (float)s[2], (float)s[3]};
}

#include "kernel_macros.h"
#include "int8_body.h"

#include "body.h"

const struct postern_kernel_set postern_kernel_set_portable = KERNELS(int8_portable);
