// portable.h: the compiler's own vectors of four floats, for body.h.
//
// Where the machine has fused multiply-add for floats as a matter of course (arm64), it is used;
// elsewhere it is computed exactly from double operations.

#pragma once

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

PORTABLE vec largest_of(vec a, vec b) {
  const mask over = a > b;
  return (vec)(((mask)a & over) | ((mask)b & ~over));
}

PORTABLE float largest_lane(vec a) {
  const float low = a[0] > a[1] ? a[0] : a[1], high = a[2] > a[3] ? a[2] : a[3];
  return low > high ? low : high;
}

PORTABLE unsigned equal_lanes(vec a, vec b) {
  const mask equal = a == b;
  return (equal[0] & 1u) | (equal[1] & 2u) | (equal[2] & 4u) | (equal[3] & 8u);
}

PORTABLE vec first_of(vec v, size_t count, vec other) {
  for (size_t i = count; i < LANES; i++) v[i] = other[i];
  return v;
}

PORTABLE vec load_bytes(const int8_t *p) { return (vec){p[0], p[1], p[2], p[3]}; }

/// A nibble is moved to the top of a byte and comes down with its sign.
PORTABLE vec load_nibbles(const uint8_t *p, const int high) {
  vec a;
  for (int i = 0; i < LANES; i++) a[i] = (int8_t)(high ? p[i] & 0xF0 : p[i] << 4) >> 4;
  return a;
}

#if defined(__aarch64__)

PORTABLE vec load_half(const uint16_t *p) {
  typedef __fp16 half __attribute__((vector_size(8)));
  half h;
  __builtin_memcpy(&h, p, sizeof h);
  return __builtin_convertvector(h, vec);
}

#else

/// Binary16 to binary32, exactly. The exponent moves to its new place and grows by 112; what was
/// subnormal is now too large by 2^-14, which a subtraction takes away.
PORTABLE vec load_half(const uint16_t *p) {
  const mask bits = {p[0], p[1], p[2], p[3]};
  const mask magnitude = (bits & 0x7FFF) << 13;
  const mask small = magnitude < (0x0400 << 13);
  const mask normal = magnitude + (112 << 23);
  const mask grown = (mask)((vec)(normal + (1 << 23)) - splat(0x1p-14f));
  return (vec)(((grown & small) | (normal & ~small)) | (bits & 0x8000) << 16);
}

#endif

#if defined(__aarch64__) || defined(__FMA__)

// One panel is four vectors; 16 sums for the 32 registers of arm64.
#define TILE_PASSES(PASS) PASS(4, 4, 3, 2)
#define ROW_PASSES(PASS) PASS(4, 4)

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

// The multiply-add is so long that nothing beside it counts: one row, one panel, one run.
#define TILE_PASSES(PASS) PASS(4, 1, 1, 1)
#define ROW_PASSES(PASS) PASS(4, 1)

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
#define SCALAR_FMA(a, b, c) fma4(splat(a), splat(b), splat(c))[0]
#define LEAKY(z, s) leaky(z, s)

#define MUL(a, b) ((a) * (b))
#define MAX(a, b) largest_of(a, b)
#define ALL_LANES 0xFu
#define EQUAL_LANES(a, b) equal_lanes(a, b)
#define LARGEST_LANE(a) largest_lane(a)
#define FIRST_OF(v, count, other) first_of(v, count, other)
#define SQRT(a) __builtin_elementwise_sqrt(a)
#define LOAD_HALF(p) load_half(p)
#define LOAD_BYTES(p) load_bytes(p)
#define LOAD_NIBBLES(p, high) load_nibbles(p, high)

#define TILE_LIMIT 16
#define LOOKUP_PASSES(PASS) PASS(4)
