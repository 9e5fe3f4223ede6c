// portable_vector.h: vectors of four floats in the compiler's own terms, for any machine.
//
// Where the machine has fused multiply-add for floats as a matter of course (arm64), it is used;
// elsewhere it is computed exactly from double operations.

#pragma once

#include <stdint.h>

typedef float vec __attribute__((vector_size(16)));
typedef int32_t mask __attribute__((vector_size(16)));
#define LANES 4

#define PORTABLE static inline __attribute__((always_inline))

PORTABLE vec load(const float *p) {
  vec a;
  __builtin_memcpy(&a, p, sizeof a);
  return a;
}

PORTABLE void store(float *p, vec a) { __builtin_memcpy(p, &a, sizeof a); }

PORTABLE vec splat(float s) { return (vec){s, s, s, s}; }

PORTABLE vec leaky(vec z, vec s) {
  const mask over = z > splat(0.0f);
  return (vec)(((mask)z & over) | ((mask)(s * z) & ~over));
}

#if defined(__aarch64__) || defined(__FMA__)

PORTABLE vec fma4(vec a, vec b, vec c) {
#if defined(__clang__)
  return __builtin_elementwise_fma(a, b, c);
#else
  vec sum;
  for (int i = 0; i < LANES; i++) sum[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return sum;
#endif
}

#else

typedef double pair __attribute__((vector_size(16)));
typedef int64_t pair_bits __attribute__((vector_size(16)));

/// The sum of an exact product and an addend, rounded to odd.
///
/// The product of two floats is exact in a double: 24 + 24 bits fit into 53, and so does the
/// exponent. The sum is rounded; `error` is what the rounding took away, exactly (Knuth's TwoSum).
/// Rounding to odd gives an inexact sum a last bit of 1, on the side where the exact sum lies: then
/// rounding it to float can neither take it for a tie nor miss one.
/// S. Boldo, G. Melquiond. Emulation of FMA and correctly rounded sums: proved algorithms using
/// rounding to odd. IEEE Transactions on Computers 57(4), 2008.
PORTABLE pair odd_sum(pair product, pair addend) {
  const pair sum = product + addend;
  const pair added = sum - product;
  const pair error = (product - (sum - added)) + (addend - added);
  const pair_bits bits = (pair_bits)sum;
  // An infinite sum has a NaN for error: it is neither over nor under 0.
  const pair_bits inexact = (error > 0) | (error < 0);
  const pair_bits even = (bits & 1) - 1;
  const pair_bits away = ((bits ^ (pair_bits)error) >> 63) | 1;  // 1 or -1
  return (pair)(bits + (away & even & inexact));
}

PORTABLE vec fma4(vec a, vec b, vec c) {
  const pair low = odd_sum((pair){a[0], a[1]} * (pair){b[0], b[1]}, (pair){c[0], c[1]});
  const pair high = odd_sum((pair){a[2], a[3]} * (pair){b[2], b[3]}, (pair){c[2], c[3]});
  return (vec){(float)low[0], (float)low[1], (float)high[0], (float)high[1]};
}

#endif

#define LOAD(p) load(p)
#define STORE(p, a) store(p, a)
#define SPLAT(s) splat(s)
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define FMA(a, b, c) fma4(a, b, c)
#define LEAKY(z, s) leaky(z, s)
