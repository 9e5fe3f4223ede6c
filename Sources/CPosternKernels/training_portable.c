// training_portable.c: the loops of training for any machine.

#pragma STDC FP_CONTRACT OFF

#include "training_set.h"

#include "portable_vector.h"

#define SET postern_training_set_portable
#define TARGET
#define SPLITMIX 0x9E3779B97F4A7C15

#define MUL(a, b) ((a) * (b))
#define DIV(a, b) ((a) / (b))

PORTABLE vec square_root(vec a) {
#if defined(__clang__)
  return __builtin_elementwise_sqrt(a);
#else
  for (int i = 0; i < LANES; i++) a[i] = __builtin_sqrtf(a[i]);
  return a;
#endif
}
#define SQRT(a) square_root(a)

PORTABLE vec pick(vec z, vec a, vec b) {
  const mask over = z > splat(0.0f);
  return (vec)(((mask)a & over) | ((mask)b & ~over));
}
#define PICK(z, a, b) pick(z, a, b)

typedef double dvec;
#define DLANES 1
#define DLOAD(p) ((double)*(p))
#define DDIFFERENCE(p, s) ((double)(*(p) - (s)))
#define DROUND_SHARE(p, e, s) (*(p) = (float)((double)(float)*(e) / (s)))
#define DSTORE(p, a) (*(p) = (a))
#define DSPLAT(s) (s)
#define DADD(a, b) ((a) + (b))
#define DSUB(a, b) ((a) - (b))
#define DMUL(a, b) ((a) * (b))
#define DDIV(a, b) ((a) / (b))
#define DMULADD(a, b, c) ((a) * (b) + (c))

PORTABLE double power_of_two(int32_t k) {
  const uint64_t bits = (uint64_t)((uint32_t)k + 1023) << 52;
  double power;
  __builtin_memcpy(&power, &bits, sizeof power);
  return power;
}

PORTABLE int32_t low_halves(double shifted) {
  int64_t bits;
  __builtin_memcpy(&bits, &shifted, sizeof bits);
  return (int32_t)bits;
}
#define EXPONENT int32_t
#define EXPONENT_HALF(k) ((k) >> 1)
#define EXPONENT_SUB(a, b) ((a) - (b))
#define DPICK_GREATER(x, bound, a, b) ((x) > (bound) ? (a) : (b))
#define DPICK_LESS(x, bound, a, b) ((x) < (bound) ? (a) : (b))

PORTABLE uint64_t splitmix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

PORTABLE void mask_of_16(uint64_t state, uint32_t limit, float keep, float *factors) {
  for (int i = 0; i < 16; i += 4) {
    const uint64_t bits = splitmix(state += SPLITMIX);
    for (int k = 0; k < 4; k++)
      factors[i + k] = ((bits >> (16 * k)) & 0xFFFF) < limit ? 0 : keep;
  }
}
#define MASK(state, limit, keep, mask) mask_of_16(state, limit, keep, mask)

PORTABLE void transpose_16x16(const float *from, size_t from_stride, float *to,
                              size_t to_stride) {
  for (int i = 0; i < 16; i++)
    for (int k = 0; k < 16; k++) to[k * to_stride + i] = from[i * from_stride + k];
}
#define TRANSPOSE(from, from_stride, to, to_stride) \
  transpose_16x16(from, from_stride, to, to_stride)

#define TILE_LIMIT 16
#if defined(__aarch64__) || defined(__FMA__)
#define GRADIENT_TILES(PASS) PASS(4, 4, 2, 2)
#else
// The multiply-add is so long that nothing beside it counts.
#define GRADIENT_TILES(PASS) PASS(4, 1, 1, 1)
#endif

#include "training_body.h"
