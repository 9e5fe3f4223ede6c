// allocation_counter.h: how often a thread asks for memory or touches a reference count. Tests only.

#pragma once

#include <stdbool.h>
#include <stdint.h>

/// What one thread did between start and stop.
typedef struct {
  uint64_t allocations;  ///< malloc, calloc, realloc, posix_memalign, aligned_alloc, memalign
  uint64_t frees;        ///< free of something
  uint64_t retains;      ///< swift_retain and its kin
  uint64_t releases;     ///< swift_release and its kin
} allocation_counts;

/// Whether calls are counted: on Linux with glibc, unless a sanitizer has its own allocator.
bool allocation_counter_works(void);

/// Sets this thread's counts to zero and counts its calls from now on.
void allocation_counter_start(void);

/// Stops counting and returns what this thread did since the start.
allocation_counts allocation_counter_stop(void);
