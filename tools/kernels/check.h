// check.h: what the checks of the kernels share: memory between fences, numbers, comparison.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "postern_kernels.h"

/// Each lies between two pages that nobody may touch; all at once are as large as one case needs.
enum arena {
  WEIGHTS, SCALE, BIAS, SLOPES, INPUT, ENTRIES, FRACTIONS, EVEN, ODD, OUTPUT, WANT, SPARE,
  MORE, ARENA_COUNT,
};

/// `bytes` bytes of an arena, for now: at its very start, at its very end, or, where 64 bytes do
/// not matter, a few words before the end. Multiples of 4 and no more: that is all the kernels ask.
void *place(enum arena arena, size_t bytes);
#define PLACE(type, arena, count) ((type *)place(arena, (count) * sizeof(type)))

/// Random numbers, the same in each run.
uint32_t random_bits(void);
/// A number in 0..<count.
size_t random_below(size_t count);
/// A number in low...high.
size_t random_in(size_t low, size_t high);

/// Kinds of floats. All are finite but for those of BROKEN, some of which are infinite or NaN.
enum kind { PLAIN, TINY, VAST, WIDE, TIES, NEAR, BROKEN, KIND_COUNT };
enum kind random_kind(void);
enum kind random_finite_kind(void);
float random_float(enum kind kind);
/// Fills and returns `values`.
float *fill(float *values, size_t count, enum kind kind);

/// Fills memory with what a kernel should leave alone.
void guard(void *memory, size_t words);

/// Says what is being checked, for the message of a failure or of a crash. Returns 0 if the case is
/// left out because this run takes only a part of all.
int begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Demands the same bits; a NaN is a NaN. Returns whether they are.
int same(const float *want, const float *got, size_t count);
/// Demands that the words are still those of `guard`. Returns whether they are.
int guarded(const void *memory, size_t words);
/// Demands both of rows of `count` words, `stride` apart, wanted without gaps.
void compare(const float *want, const float *got, size_t stride, size_t count, size_t rows);
void compare_words(const char *what, const uint32_t *want, const uint32_t *got, size_t count);

/// Selects a set, if it is one of this machine, and counts a case for it.
int use(int set);
#define EACH_SET(set)                                       \
  for (int set = 0; set < POSTERN_KERNELS_COUNT; set++)     \
    if (use(set))

static inline size_t pad(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

void check_layers(void);
void check_steps(void);
void check_experts(void);
void check_rows(void);
