// avx512.c: the kernels for AVX-512F (Intel from Skylake-SP on, AMD from Zen 4 on).

#pragma STDC FP_CONTRACT OFF

#include "kernel_set.h"

#if defined(__x86_64__)

#include "avx512.h"

/// Layers of int8 by VNNI where there is VNNI, else by AVX2.
static void int8_either(const struct postern_call *call) {
  if (postern_machine_has_vnni())
    postern_int8_vnni(call);
  else
    postern_kernel_set_avx2.int8(call);
}

#define TARGET __attribute__((target("avx512f")))

#include "avx512_entries.h"
#include "body.h"

const struct postern_kernel_set postern_kernel_set_avx512 = KERNELS(int8_either);
const struct postern_kernel_set postern_kernel_set_amx = KERNELS(postern_int8_tiles);

#endif
