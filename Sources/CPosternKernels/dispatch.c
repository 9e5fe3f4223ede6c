// dispatch.c: which instruction set computes.

#pragma STDC FP_CONTRACT OFF

#if __STDC_HOSTED__
#include <stdlib.h>
#include <string.h>
#endif
#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if defined(__linux__) && defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "selected.h"

/// Best last; the index is the constant of postern_kernels.h.
const struct postern_kernel_set *const postern_kernel_sets[POSTERN_KERNELS_COUNT] = {
    &postern_kernel_set_portable,
#if defined(__aarch64__)
    &postern_kernel_set_dot,
#elif defined(__x86_64__)
    NULL,
    &postern_kernel_set_avx2,
    &postern_kernel_set_avx512,
    &postern_kernel_set_amx,
#endif
};

_Atomic int postern_kernels_number = POSTERN_KERNELS_PORTABLE;

#if defined(__x86_64__)

static int vnni;

int postern_machine_has_vnni(void) { return vnni; }

int postern_tiles_are_permitted(void) {
#if defined(POSTERN_TILES)
  return 1;  // Plain memory: see amx.c.
#elif defined(__linux__) && defined(SYS_arch_prctl)
  // The registers are 8 KiB that no thread's state has room for until the process asks. Threads
  // that ask at once get the same answer.
  enum { request_permission = 0x1023, tile_data = 18 };
  static _Atomic int answer = -1;
  int permitted = atomic_load_explicit(&answer, memory_order_relaxed);
  if (permitted < 0) {
    permitted = syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
    atomic_store_explicit(&answer, permitted, memory_order_relaxed);
  }
  return permitted;
#else
  return 0;
#endif
}

#endif

/// Whether the processor has the set and the operating system keeps its registers.
static int machine_has(int set) {
  switch (set) {
    case POSTERN_KERNELS_PORTABLE:
      return 1;
#if defined(__aarch64__) && defined(__linux__)
    case POSTERN_KERNELS_DOT:
      return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__aarch64__) && defined(__APPLE__)
    case POSTERN_KERNELS_DOT:
      return 1;
#elif defined(__x86_64__)
    // __builtin_cpu_supports reads cpuid and, for the wide registers, XGETBV.
    case POSTERN_KERNELS_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("f16c");
    case POSTERN_KERNELS_AVX512:
      return __builtin_cpu_supports("avx512f") != 0;
    case POSTERN_KERNELS_AMX:
      return vnni && __builtin_cpu_supports("amx-int8") && __builtin_cpu_supports("amx-tile");
#endif
    default:
      return 0;
  }
}

int postern_kernels_selected(void) {
  return atomic_load_explicit(&postern_kernels_number, memory_order_relaxed);
}

int postern_kernels_select(int set) {
  if (machine_has(set))
    atomic_store_explicit(&postern_kernels_number, set, memory_order_relaxed);
  return postern_kernels_selected();
}

__attribute__((constructor)) static void select_best(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  vnni = __builtin_cpu_supports("avx512vnni") != 0;
#endif
  for (int set = 0; set < POSTERN_KERNELS_COUNT; set++) postern_kernels_select(set);
#if __STDC_HOSTED__
  static const char *const names[] = {"portable", "dot", "avx2", "avx512", "amx"};
  const char *wanted = getenv("POSTERN_KERNELS");
  for (int set = 0; wanted && set < POSTERN_KERNELS_COUNT; set++)
    if (strcmp(wanted, names[set]) == 0) postern_kernels_select(set);
#endif
}
