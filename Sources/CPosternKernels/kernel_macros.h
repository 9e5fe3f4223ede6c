// kernel_macros.h: what every kernel is written with. The including file defines TARGET and the
// vector macros that body.h names.

#pragma once

#define PANEL 16
#define INLINE static inline __attribute__((always_inline)) TARGET
// Not part of its caller, whose registers and stack it would otherwise take.
#define SEPARATE __attribute__((noinline)) TARGET
#define UNROLL _Pragma("clang loop unroll(full)")
#define ROLL _Pragma("clang loop unroll(disable)")

/// The activation of a layer, and where its outputs go.
INLINE void finish(const struct postern_call *d, vec z, size_t output, float *y) {
  if (d->slopes) z = LEAKY(z, LOAD(d->slopes + output));
  if (d->cubes) z = MUL(MUL(z, z), z);
  STORE(y + output, z);
}
