// selected.h: the instruction set in use, for the files that call its kernels.

#pragma once

#include <stdatomic.h>

#include "kernel_set.h"

/// The sets by number; NULL where the kind of machine has no such set.
extern const struct postern_kernel_set *const postern_kernel_sets[POSTERN_KERNELS_COUNT];
// Atomic, relaxed: an ordinary load where it is read, and no data race where a test changes it.
extern _Atomic int postern_kernels_number;

static inline const struct postern_kernel_set *postern_selected_set(void) {
  return postern_kernel_sets[atomic_load_explicit(&postern_kernels_number, memory_order_relaxed)];
}
