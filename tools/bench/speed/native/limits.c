// limits.c: what the machine can do at most: arithmetic, and bytes read from each level of memory.
//
// limits            prints one `name value` a line: peaks in GFLOP/s or GOP/s, conversions of f16 in billions
//                   a second, bandwidths in GB/s.
// limits read ROUTER BLOCK COUNT   prints the processor's nanoseconds of reading ROUTER bytes and one of COUNT
//                   blocks of BLOCK bytes, chosen at random: what a row of a model cannot be faster than.
#define _GNU_SOURCE
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

// Of the world: the best of many short runs is one that nothing disturbed.
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

#define TWELVE(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11)
#define CLOBBERS                                                                              \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
      "xmm11", "xmm12", "xmm13"
#define FMA512(k) "vfmadd231ps %%zmm12,%%zmm13,%%zmm" #k "\n"
#define FMA256(k) "vfmadd231ps %%ymm12,%%ymm13,%%ymm" #k "\n"
#define VNNI(k) "vpdpbusd %%zmm12,%%zmm13,%%zmm" #k "\n"
#define HALF(k) "vcvtph2ps %%ymm12,%%zmm" #k "\n"
#define BF16(k) "vdpbf16ps %%zmm12,%%zmm13,%%zmm" #k "\n"

// The best of many short runs of twelve independent chains.
#define PEAK(name, op, operations)                                                      \
  do {                                                                                  \
    double best = 1e30;                                                                 \
    for (int run = 0; run < 400; run++) {                                               \
      double start = now();                                                             \
      for (int i = 0; i < 20000; i++) __asm__ volatile(TWELVE(op) ::: CLOBBERS);        \
      double spent = now() - start;                                                     \
      if (spent < best) best = spent;                                                   \
    }                                                                                   \
    printf("%s %.1f\n", name, 12.0 * 20000 * operations / best);                        \
  } while (0)

#define LOAD512(k) "vmovups " #k "*64(%0),%%zmm" #k "\n"
#define LOAD256(k) "vmovups " #k "*32(%0),%%ymm" #k "\n"

static int has_avx512;

// One stream: 512 bytes a step.
static void read_one(const char *from, size_t count) {
  for (const char *p = from, *end = from + count; p + 512 <= end; p += 512) {
    if (has_avx512) {
      __asm__ volatile(LOAD512(0) LOAD512(1) LOAD512(2) LOAD512(3) LOAD512(4) LOAD512(5) LOAD512(6)
                           LOAD512(7)::"r"(p)
                       : CLOBBERS);
    } else {
      __asm__ volatile(LOAD256(0) LOAD256(1) LOAD256(2) LOAD256(3) LOAD256(4) LOAD256(5) LOAD256(6)
                           LOAD256(7)::"r"(p)
                       : CLOBBERS);
      __asm__ volatile(LOAD256(0) LOAD256(1) LOAD256(2) LOAD256(3) LOAD256(4) LOAD256(5) LOAD256(6)
                           LOAD256(7)::"r"(p + 256)
                       : CLOBBERS);
    }
  }
}

// Eight streams, walked together: 64 bytes of each a step.
static void read_eight(const char *from, size_t count) {
  size_t part = count / 8 / 64 * 64;
  for (size_t at = 0; at < part; at += 64) {
    for (int stream = 0; stream < 8; stream++) {
      const char *p = from + stream * part + at;
      if (has_avx512) {
        __asm__ volatile(LOAD512(0)::"r"(p) : CLOBBERS);
      } else {
        __asm__ volatile(LOAD256(0) LOAD256(1)::"r"(p) : CLOBBERS);
      }
    }
  }
}

static char *memory(size_t count) {
  char *bytes = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) exit(1);
  madvise(bytes, count, MADV_HUGEPAGE);
  memset(bytes, 1, count);
  return bytes;
}

// The best of many short pieces of the memory, each of which was last read a whole walk ago.
static void bandwidth(const char *name, size_t count) {
  char *bytes = memory(count);
  size_t piece = count > (16 << 20) ? 16 << 20 : count;
  for (int eight = 0; eight < 2; eight++) {
    double best = 1e30, begin = now();
    long passes = (1 << 22) / piece + 1;
    do {
      for (size_t at = 0; at < count; at += piece) {
        double start = now();
        for (long i = 0; i < passes; i++) (eight ? read_eight : read_one)(bytes + at, piece);
        double spent = (now() - start) / passes;
        if (spent < best) best = spent;
      }
    } while (now() - begin < 1.5e8);
    printf("%s_%s %.2f\n", name, eight ? "eight" : "one", piece / best);
  }
  munmap(bytes, count);
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

// The median: which experts happen to be in a cache differs from one sample to the next.
static void read_experts(size_t router, size_t block, size_t count) {
  char *table = memory(router + 64), *blocks = memory(block * count);
  enum { SAMPLES = 101 };
  static double samples[2][SAMPLES];
  uint64_t state = 1;
  long calls = 2e6 / (block / 25.0 + 20) + 1;
  for (int sample = -5; sample < SAMPLES; sample++) {
    for (int eight = 0; eight < 2; eight++) {
      struct timespec a, b;
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
      for (long i = 0; i < calls; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        read_one(table, router);
        (eight ? read_eight : read_one)(blocks + (state >> 33) % count * block, block);
      }
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
      if (sample >= 0)
        samples[eight][sample] =
            ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / (double)calls;
    }
  }
  for (int eight = 0; eight < 2; eight++) {
    qsort(samples[eight], SAMPLES, sizeof(double), compare);
    printf("%s %.1f\n", eight ? "eight" : "one", samples[eight][SAMPLES / 2]);
  }
}

int main(int argc, char **argv) {
  has_avx512 = __builtin_cpu_supports("avx512f");
  if (argc == 5 && strcmp(argv[1], "read") == 0) {
    read_experts(strtoull(argv[2], 0, 10), strtoull(argv[3], 0, 10), strtoull(argv[4], 0, 10));
    return 0;
  }
  __asm__ volatile("vzeroall" ::: CLOBBERS);
  if (__builtin_cpu_supports("fma")) PEAK("fma_avx2", FMA256, 16);
  if (has_avx512) PEAK("fma_avx512", FMA512, 32);
  if (has_avx512) PEAK("half_avx512", HALF, 16);
  if (__builtin_cpu_supports("avx512vnni")) PEAK("int8_vnni", VNNI, 128);
  if (__builtin_cpu_supports("avx512bf16")) PEAK("bf16_avx512", BF16, 64);
  bandwidth("L1", 16 << 10);
  bandwidth("L2", 256 << 10);
  bandwidth("L3", 8 << 20);
  bandwidth("DRAM", 256 << 20);
  return 0;
}
