// allocation_counter.c: stands in front of the allocator and of reference counting.
//
// The functions here have the names of libc's and of the Swift library's. The test program is linked
// before those libraries, so that every call in the process comes here, is counted if its thread asked
// for that, and goes on to the real function.

#define _GNU_SOURCE
#include "allocation_counter.h"

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__linux__) && !defined(SANITIZED)
#include <features.h>
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)
#include <dlfcn.h>
#include <errno.h>

#define LOCAL static __thread __attribute__((tls_model("initial-exec")))
LOCAL bool is_counting;
LOCAL allocation_counts counts;

bool allocation_counter_works(void) { return true; }

void allocation_counter_start(void) {
  counts = (allocation_counts){0};
  is_counting = true;
}

allocation_counts allocation_counter_stop(void) {
  is_counting = false;
  return counts;
}

// glibc's own names of the functions that are replaced here.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static void count_allocation(void) {
  if (is_counting) counts.allocations++;
}

void *malloc(size_t size) {
  count_allocation();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  count_allocation();
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  count_allocation();
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  count_allocation();
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  void *block = __libc_memalign(alignment, size);
  if (block == NULL) return ENOMEM;
  *memory = block;
  return 0;
}

void free(void *memory) {
  if (is_counting && memory != NULL) counts.frees++;
  __libc_free(memory);
}

// The Swift library's functions are found by name, behind this program, at their first call.
#define FORWARD(result, name, parameters, arguments, counter)                                      \
  result name parameters {                                                                         \
    static result(*real) parameters;                                                               \
    if (real == NULL) real = (result(*) parameters)dlsym(RTLD_NEXT, #name);                        \
    if (is_counting && object != NULL) counts.counter++;                                           \
    return real arguments;                                                                         \
  }

FORWARD(void *, swift_retain, (void *object), (object), retains)
FORWARD(void *, swift_retain_n, (void *object, uint32_t n), (object, n), retains)
FORWARD(void *, swift_bridgeObjectRetain, (void *object), (object), retains)
FORWARD(void, swift_release, (void *object), (object), releases)
FORWARD(void, swift_release_n, (void *object, uint32_t n), (object, n), releases)
FORWARD(void, swift_bridgeObjectRelease, (void *object), (object), releases)

#else

bool allocation_counter_works(void) { return false; }
void allocation_counter_start(void) {}
allocation_counts allocation_counter_stop(void) { return (allocation_counts){0}; }

#endif
