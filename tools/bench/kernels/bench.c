// bench.c: how near the kernels come to the machine's peak. Built and run by `run`.

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "postern_kernels.h"

static const char *const set_names[] = {"portable", "avx2", "avx512"};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

/// The least time of one call of `statement`, seen over `batches` batches of `calls` calls.
#define BEST(seconds, batches, calls, statement)         \
  double seconds = 1e9;                                  \
  for (int batch_ = 0; batch_ < (batches); batch_++) {   \
    const double start_ = now();                         \
    for (long call_ = 0; call_ < (calls); call_++) {     \
      statement;                                         \
    }                                                    \
    const double each_ = (now() - start_) / (calls);     \
    if (each_ < seconds) seconds = each_;                \
  }

#if defined(__x86_64__)

/// GFLOP/s of twelve chains of multiply-adds on registers of LANES floats.
#define PEAK(name, isa, lanes)                                                 \
  typedef float name##_vec __attribute__((vector_size(4 * lanes)));            \
  __attribute__((target(isa), noinline)) static double name(void) {            \
    name##_vec a[12], b = {0}, c = {0};                                        \
    b += 0.999f, c += 0.001f;                                                  \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 12; i++) a[i] = c;  \
    BEST(seconds, 200, 20000,                                                  \
         _Pragma("clang loop unroll(full)") for (int i = 0; i < 12; i++)       \
             a[i] = __builtin_elementwise_fma(a[i], b, c))                     \
    volatile float kept = 0;                                                   \
    for (int i = 0; i < 12; i++) kept += a[i][0];                              \
    return 12 * 2 * lanes / seconds / 1e9;                                     \
  }
PEAK(peak_avx2, "avx2,fma", 8)
PEAK(peak_avx512, "avx512f", 16)

static void print_peaks(void) {
  if (postern_kernels_select(POSTERN_KERNELS_AVX2) == POSTERN_KERNELS_AVX2)
    printf("peak avx2 %.0f GFLOP/s\n", peak_avx2());
  if (postern_kernels_select(POSTERN_KERNELS_AVX512) == POSTERN_KERNELS_AVX512)
    printf("peak avx512 %.0f GFLOP/s\n", peak_avx512());
}

#else
static void print_peaks(void) {}
#endif

/// At a multiple of 64 bytes, as the sections of a file are; elsewhere a vector of 16 floats lies
/// in two cache lines, which costs up to a third.
static float *random_floats(size_t count) {
  float *floats = aligned_alloc(64, (count * sizeof *floats + 63) / 64 * 64);
  if (!floats) exit(1);
  for (size_t i = 0; i < count; i++) floats[i] = rand() % 1000 / 1000.0f - 0.5f;
  return floats;
}

static void bench_dense(int set, size_t inputs, size_t outputs) {
  static const size_t row_counts[] = {1, 2, 5, 8, 16, 32, 256};
  float *panels = random_floats(inputs * outputs), *bias = random_floats(outputs);
  float *x = random_floats(256 * inputs), *y = random_floats(256 * outputs);
  printf("%-8s dense %3zu x %3zu", set_names[set], inputs, outputs);
  for (size_t i = 0; i < sizeof row_counts / sizeof *row_counts; i++) {
    const size_t rows = row_counts[i];
    const double work = 2.0 * inputs * outputs * rows;
    const long calls = (set == POSTERN_KERNELS_PORTABLE ? 2e4 : 1e6) / work + 1;
    BEST(seconds, 100, calls,
         postern_dense_f32(panels, bias, bias, inputs, outputs, x, inputs, y, outputs, rows))
    if (rows == 1) printf("  1 row %5.0f ns", seconds * 1e9);
    printf("  %zu: %.1f", rows, work / seconds / 1e9);
  }
  printf(" GFLOP/s\n");
  free(panels), free(bias), free(x), free(y);
}

static void bench_lookup(int set, size_t outputs) {
  enum { columns = 16, entries = 17 * columns, rows = 64 };
  float *table = random_floats(entries * outputs), *bias = random_floats(outputs);
  float *y = random_floats(rows * outputs);
  uint32_t entry[rows * columns];
  float fraction[rows * columns];
  for (int i = 0; i < rows * columns; i++) {
    entry[i] = i % columns * 17 + rand() % 16;
    fraction[i] = rand() % 1000 / 1000.0f;
  }
  BEST(seconds, 100, 5,
       postern_lookup_f32(table, bias, bias, columns, outputs, entry, fraction, columns, y, outputs,
                          rows))
  printf("%-8s lookup 16 columns x %3zu: %.0f ns a row\n", set_names[set], outputs,
         seconds / rows * 1e9);
  free(table), free(bias), free(y);
}

int main(void) {
  static const size_t shapes[][2] = {{64, 16},   {32, 32},   {64, 64},  {64, 128},
                                     {128, 128}, {256, 256}, {512, 512}};
  print_peaks();
  for (int set = POSTERN_KERNELS_AVX512; set >= POSTERN_KERNELS_PORTABLE; set--) {
    if (postern_kernels_select(set) != set) continue;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
      bench_dense(set, shapes[i][0], shapes[i][1]);
    for (size_t outputs = 16; outputs <= 128; outputs *= 2) bench_lookup(set, outputs);
  }
}
