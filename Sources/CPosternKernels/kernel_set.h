// kernel_set.h: what an instruction set offers, and what the compiler must not do to it.
//
// A new instruction set is a file beside avx2.c with a number in postern_kernels.h, a place in
// dispatch.c and a name in KernelSet.swift. A new element type is defined in ElementType,
// LayerLayout and ElementLayers (the reference), rounded in QuantisedWeights, and computed in
// expert.c and body.h.

#pragma once

#include "postern_kernels.h"

#if defined(__FAST_MATH__)
#error "the kernels define the bits of every answer: compile them without -ffast-math"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "the kernels need float arithmetic in float precision (on i386: -mfpmath=sse -msse2)"
#endif

/// A layer with its pointers, and the rows that go through it.
struct postern_call {
  const void *weights;
  const float *scale, *bias, *slopes;
  int cubes, fetches;
  size_t inputs, outputs, group;
  const float *x;
  size_t x_stride;
  float *y;
  size_t y_stride;
  size_t rows;
};

/// The kernels of one instruction set; results are those that postern_kernels.h says.
struct postern_kernel_set {
  void (*f32)(const struct postern_call *call);
  void (*f16)(const struct postern_call *call);
  void (*int8)(const struct postern_call *call);
  void (*int4)(const struct postern_call *call);
  void (*distance)(const struct postern_call *call);
  void (*cosine)(const struct postern_call *call, size_t children);
  void (*lookup)(const struct postern_call *call, int element, const struct postern_pairs *pairs);
  size_t (*best)(const float *scores, size_t stride, size_t count, size_t rows, uint32_t *best);
  void (*transform)(const struct postern_transform *transform, const float *rows, size_t count,
                    uint32_t *status);
  void (*head)(const float *head, size_t outputs, float *values, size_t stride, size_t rows,
               uint32_t *status, uint32_t overflow);
};

extern const struct postern_kernel_set postern_kernel_set_portable;
#if defined(__x86_64__)
extern const struct postern_kernel_set postern_kernel_set_avx2;
extern const struct postern_kernel_set postern_kernel_set_avx512;
extern const struct postern_kernel_set postern_kernel_set_amx;

/// Layers of int8 by VNNI; `avx512` and `amx` use it where the processor has it.
void postern_int8_vnni(const struct postern_call *call);
/// Batches of int8 by tiles.
void postern_int8_tiles(const struct postern_call *call);
/// Whether the processor has VNNI.
int postern_machine_has_vnni(void);
/// Whether the operating system lets this process use tiles. Asks it at the first call, which is
/// the first batch of bytes: from then on a thread's signals need a larger stack.
int postern_tiles_are_permitted(void);
#endif
#if defined(__aarch64__)
extern const struct postern_kernel_set postern_kernel_set_dot;
#endif
