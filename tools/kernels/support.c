// support.c: memory between fences, numbers, comparison.

#define _GNU_SOURCE

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

#define GUARD 0x7FA5C3E1u

static char now[512];
static int set_in_use;
static unsigned part_of = 1;
static size_t room;
unsigned long cases[POSTERN_KERNELS_COUNT];
const char *const set_names[POSTERN_KERNELS_COUNT] = {"portable", "dot", "avx2", "avx512", "amx"};

static uint64_t state = 20240607;

uint32_t random_bits(void) {
  // SplitMix64: G. Steele, D. Lea, C. Flood. Fast splittable pseudorandom number generators. 2014.
  uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (uint32_t)(z >> 32);
}

size_t random_below(size_t count) { return (size_t)((uint64_t)random_bits() * count >> 32); }
size_t random_in(size_t low, size_t high) { return low + random_below(high - low + 1); }

#define ARENA_BYTES ((size_t)96 << 20)

void *place(enum arena arena, size_t bytes) {
  static char *starts[ARENA_COUNT];
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  if (!starts[arena]) {
    char *memory = mmap(NULL, ARENA_BYTES + 2 * page, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED ||
        mprotect(memory + page, ARENA_BYTES, PROT_READ | PROT_WRITE) != 0) {
      perror("check: no memory");
      exit(2);
    }
    starts[arena] = memory + page;
  }
  if (bytes > ARENA_BYTES - page) {
    fail("%zu bytes do not fit into an arena", bytes);
    exit(2);
  }
  char *end = starts[arena] + ARENA_BYTES - room - pad(bytes, 4);
  switch (random_below(4)) {
    case 0: return starts[arena];
    case 1: return end - 4 * random_below(17);
    default: return end;
  }
}

enum kind random_kind(void) { return (enum kind)random_below(KIND_COUNT); }
enum kind random_finite_kind(void) { return (enum kind)random_below(BROKEN); }

static float of_exponent(uint32_t low, uint32_t high) {
  const uint32_t exponent = (uint32_t)random_in(low, high);
  const uint32_t bits = (random_bits() & 0x807FFFFF) | exponent << 23;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

float random_float(enum kind kind) {
  static const float ties[] = {
      0.0f,    -0.0f,   1.0f,     -1.0f,    0.5f,      -0.5f,     0x1.000002p0f, -0x1.000002p0f,
      1.5f,    -1.5f,   0x1p-12f, -0x1p12f, 0x1p-24f,  -0x1p-24f, 0x1.fffffep-1f, 0x1p24f,
      0x1p23f, 0x1p-149f, -0x1p-149f, 0x3p-149f, 0x1p-126f, 0x1.fffffcp-127f, 127.0f, -126.5f,
  };
  switch (kind) {
    case TINY: return of_exponent(0, 40);
    case VAST: return of_exponent(185, 254);
    case WIDE: return of_exponent(0, 254);
    case TIES:
      // Halves among them: 127 times a half is a tie when it becomes a byte.
      if (random_below(2)) return (float)((int)random_below(509) - 254) / 2.0f;
      return ties[random_below(sizeof ties / sizeof *ties)];
    case NEAR: return of_exponent(115, 139);
    case BROKEN:
      if (random_below(64)) return of_exponent(120, 130);
      return random_below(3) ? random_below(2) ? INFINITY : -INFINITY : NAN;
    default: return (float)(int32_t)random_bits() * 0x1p-30f;
  }
}

float *fill(float *values, size_t count, enum kind kind) {
  for (size_t i = 0; i < count; i++) values[i] = random_float(kind);
  return values;
}

void guard(void *memory, size_t words) {
  for (size_t i = 0; i < words; i++) ((uint32_t *)memory)[i] = GUARD;
}

int begin(const char *format, ...) {
  if (random_below(part_of)) return 0;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(now, sizeof now, format, arguments);
  va_end(arguments);
  return 1;
}

static int failures;

int any_failed(void) { return failures > 0; }

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "error: %s: %s: ", set_names[set_in_use], now);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  if (++failures == 5) exit(1);
}

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

int same(const float *want, const float *got, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (bits_of(want[i]) != bits_of(got[i]) && !(isnan(want[i]) && isnan(got[i]))) {
      fail("number %zu is %a, not %a", i, got[i], want[i]);
      return 0;
    }
  return 1;
}

int guarded(const void *memory, size_t words) {
  for (size_t i = 0; i < words; i++)
    if (((const uint32_t *)memory)[i] != GUARD) {
      fail("writes the word %zu behind the outputs", i);
      return 0;
    }
  return 1;
}

void compare(const float *want, const float *got, size_t stride, size_t count, size_t rows) {
  for (size_t row = 0; row < rows; row++) {
    if (!same(want + row * count, got + row * stride, count)) return;
    if (row + 1 < rows && !guarded(got + row * stride + count, stride - count)) return;
  }
}

void compare_words(const char *what, const uint32_t *want, const uint32_t *got, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (want[i] != got[i]) {
      fail("%s %zu is %u, not %u", what, i, got[i], want[i]);
      return;
    }
}

int use(int set) {
  if (!select_set(set)) return 0;
  set_in_use = set;
  cases[set]++;
  return 1;
}

/// A touch of a fence ends here: it says which case it was.
static void crashed(int number) {
  static const char middle[] = ": touches memory that is not its own, or an unlawful instruction: ";
  const char *name = set_names[set_in_use];
  if (write(2, "error: ", 7) < 0 || write(2, name, strlen(name)) < 0 ||
      write(2, middle, sizeof middle - 1) < 0 || write(2, now, strlen(now)) < 0 ||
      write(2, "\n", 1) < 0)
    _exit(3);
  _exit(128 + number);
}

void start_checks(unsigned part, uint64_t seed, size_t more) {
  part_of = part;
  room = more;
  state += seed;
  signal(SIGSEGV, crashed);
  signal(SIGBUS, crashed);
  signal(SIGILL, crashed);
}
