// portable.h: what body.h asks for, in the compiler's own vectors of four floats.

#pragma once

#include "portable_vector.h"

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
#else
// The multiply-add is so long that nothing beside it counts: one row, one panel, one run.
#define TILE_PASSES(PASS) PASS(4, 1, 1, 1)
#define ROW_PASSES(PASS) PASS(4, 1)
#endif

#define SCALAR_FMA(a, b, c) fma4(splat(a), splat(b), splat(c))[0]
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
#define COLD_PASSES(PASS) ROW_PASSES(PASS)
#define FEW_PASSES(PASS) ROW_PASSES(PASS)
#define LOOKUP_PASSES(PASS) PASS(4)
