// avx512.c: delimited text, 64 bytes and eight fields at a time.

#include "postern_text.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,lzcnt,popcnt")))

int postern_text_is_supported(void) {
  // As for the kernels of the layers: a lesser set may be named.
  const char *wanted = getenv("POSTERN_KERNELS");
  if (wanted && (strcmp(wanted, "portable") == 0 || strcmp(wanted, "avx2") == 0)) return 0;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("popcnt");
}

TARGET struct postern_text_index postern_text_index(const uint8_t *bytes, size_t begin, size_t end,
                                                    uint8_t delimiter, uint32_t *field_ends,
                                                    uint32_t *line_ends, size_t capacity) {
  struct postern_text_index found = {0, 0};
  const __m512i delimiters = _mm512_set1_epi8((char)delimiter);
  const __m512i feeds = _mm512_set1_epi8('\n'), returns = _mm512_set1_epi8('\r');
  const __m512i quotes = _mm512_set1_epi8('"');
  uint64_t after_return = 0;
  for (size_t offset = begin; offset < end; offset += 64) {
    if (found.field_count > capacity) return found;
    const __m512i text = _mm512_loadu_si512(bytes + offset);
    const uint64_t here = end - offset < 64 ? ((uint64_t)1 << (end - offset)) - 1 : ~(uint64_t)0;
    uint64_t line = _mm512_cmpeq_epi8_mask(text, feeds) & here;
    uint64_t field = _mm512_cmpeq_epi8_mask(text, delimiters) & here;
    uint64_t strange =
        (_mm512_cmpeq_epi8_mask(text, quotes) | _mm512_testn_epi8_mask(text, text)) & here;
    uint64_t carriage = _mm512_cmpeq_epi8_mask(text, returns) & here;
    if (carriage | after_return) {
      const uint64_t next_feeds =
          line >> 1 | (uint64_t)(offset + 64 < end && bytes[offset + 64] == '\n') << 63;
      strange |= carriage & ~next_feeds;
      line = (line & ~(carriage << 1 | after_return)) | carriage;
      after_return = carriage >> 63;
    }
    if (strange) {
      const uint64_t before = (strange & -strange) - 1;
      line &= before;
      field &= before;
    }
    field |= line;
    for (uint64_t left = line; left; left = _blsr_u64(left))
      line_ends[found.line_count++] =
          (uint32_t)(found.field_count + (size_t)_mm_popcnt_u64(field & _blsmsk_u64(left)));
    uint32_t *next = field_ends + found.field_count;
    found.field_count += (size_t)_mm_popcnt_u64(field);
    while (field) {
      // Past the last one the offset of the block's end is written, and overwritten later.
      for (int place = 0; place < 8; place++) {
        next[place] = (uint32_t)(offset + _tzcnt_u64(field));
        field = _blsr_u64(field);
      }
      next += 8;
    }
    if (strange) return found;
  }
  return found;
}

/// Four fields of at most 15 bytes, each at the end of a lane of 16.
struct four {
  /// Each lane twice: the digits as an integer; the place of the point in the lane or 0, and 32
  /// more for a minus sign.
  __m512i digits, point;
  /// One bit for each byte: those that keep the lane from being a number.
  uint64_t wrong;
};

TARGET static inline struct four read_four(const uint8_t *bytes, const uint32_t *ends,
                                           __m512i lengths) {
  const __m512i places = _mm512_broadcast_i32x4(
      _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  const __m512i from_end = _mm512_sub_epi8(_mm512_set1_epi8(15), places);
  const __m512i zero = _mm512_setzero_si512();
  const __m256i low = _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(bytes + ends[0] - 16))),
      _mm_loadu_si128((const __m128i *)(bytes + ends[1] - 16)), 1);
  const __m256i high = _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(bytes + ends[2] - 16))),
      _mm_loadu_si128((const __m128i *)(bytes + ends[3] - 16)), 1);
  const __m512i text = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  // The length of each lane's field, in every byte of the lane.
  const __m512i length = _mm512_shuffle_epi8(lengths, zero);
  const __mmask64 inside = _mm512_cmplt_epu8_mask(from_end, length);
  const __mmask64 first =
      _mm512_cmpeq_epi8_mask(_mm512_add_epi8(from_end, _mm512_set1_epi8(1)), length);
  const __mmask64 minus = _mm512_mask_cmpeq_epi8_mask(first, text, _mm512_set1_epi8('-'));
  const __mmask64 points = _mm512_mask_cmpeq_epi8_mask(inside, text, _mm512_set1_epi8('.'));
  const __mmask64 body = inside & ~minus;
  const __m512i digits = _mm512_maskz_sub_epi8(body, text, _mm512_set1_epi8('0'));
  // Of one point this is the place. With two, at least one stays among the digits below.
  __m512i point = _mm512_maskz_mov_epi8(points, places);
  point = _mm512_sad_epu8(_mm512_mask_mov_epi8(point, minus, _mm512_set1_epi8(32)), zero);
  point = _mm512_add_epi64(point, _mm512_shuffle_epi32(point, _MM_PERM_BADC));
  // What stands before the point moves onto it.
  const __m512i place = _mm512_and_si512(_mm512_shuffle_epi8(point, zero), _mm512_set1_epi8(15));
  const __mmask64 before = _mm512_cmple_epu8_mask(places, place);
  const __m512i joined = _mm512_mask_mov_epi8(digits, before, _mm512_bslli_epi128(digits, 1));
  struct four result;
  result.wrong = _mm512_cmpgt_epu8_mask(joined, _mm512_set1_epi8(9));
  // A lane without a digit: none of its 16 bits is set.
  const uint64_t is_digit = body & ~points, lanes = 0x0001000100010001;
  const uint64_t empty = (is_digit - lanes) & ~is_digit & lanes << 15;
  // The lowest such bit is exact; a higher one may be due to it, so all are looked at again.
  if (empty)
    for (int lane = 0; lane < 64; lane += 16)
      if ((is_digit >> lane & 0xFFFF) == 0) result.wrong |= (uint64_t)1 << lane;
  // Pairs of digits, then four, then eight.
  const __m512i pairs = _mm512_maddubs_epi16(joined, _mm512_set1_epi16(0x010A));
  const __m512i fours = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00010064));
  const __m512i packed = _mm512_packus_epi32(fours, fours);
  const __m512i eights = _mm512_madd_epi16(packed, _mm512_set1_epi32(0x00012710));
  result.digits = _mm512_add_epi64(_mm512_mul_epu32(eights, _mm512_set1_epi64(100000000)),
                                   _mm512_srli_epi64(eights, 32));
  result.point = point;
  return result;
}

/// One bit for each of four lanes that has a bit of `bytes`.
static inline unsigned lanes_of(uint64_t bytes) {
  unsigned lanes = 0;
  for (int lane = 0; lane < 4; lane++)
    lanes |= (unsigned)((bytes >> 16 * lane & 0xFFFF) != 0) << lane;
  return lanes;
}

/// Eight fields that end at `ends` and are as long as `lengths` says.
TARGET static inline void read_eight(const uint8_t *bytes, const uint32_t *ends, __m256i lengths,
                                     float *values) {
  const __m512i all = _mm512_castsi256_si512(lengths);
  const __m512i low_lanes = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  const __m512i high_lanes = _mm512_setr_epi32(4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7);
  const struct four low = read_four(bytes, ends, _mm512_permutexvar_epi32(low_lanes, all));
  const struct four high = read_four(bytes, ends + 4, _mm512_permutexvar_epi32(high_lanes, all));
  // One of the two words of each lane.
  const __m512i halves = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
  const __m512i digits = _mm512_permutex2var_epi64(low.digits, halves, high.digits);
  const __m512i point = _mm512_permutex2var_epi64(low.point, halves, high.point);
  // No point, then a point with 14 digits behind it to one with none.
  const __m512d scale = _mm512_permutex2var_pd(
      _mm512_setr_pd(1, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8), point,
      _mm512_setr_pd(1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1));
  // Exact integers, below 10^15; scale and product are off by 2^-53 each at most. So the rounding
  // below is right unless the value lies within a few units of the midpoint of two floats.
  const __m512d estimate = _mm512_mul_pd(_mm512_cvtepu64_pd(digits), scale);
  const __m512i dropped =
      _mm512_and_si512(_mm512_castpd_si512(estimate), _mm512_set1_epi64(0x1FFFFFFF));
  const __mmask8 near = _mm512_cmple_epu64_mask(
      _mm512_sub_epi64(dropped, _mm512_set1_epi64(0x10000000 - 16)), _mm512_set1_epi64(32));
  __m256 numbers = _mm512_cvtpd_ps(estimate);
  numbers = _mm256_mask_or_ps(numbers, _mm512_test_epi64_mask(point, _mm512_set1_epi64(32)),
                              numbers, _mm256_set1_ps(-0.0f));
  __mmask8 wrong = near | _mm256_cmpgt_epu32_mask(lengths, _mm256_set1_epi32(15));
  if (low.wrong | high.wrong)
    wrong |= (__mmask8)(lanes_of(low.wrong) | lanes_of(high.wrong) << 4);
  if (wrong) numbers = _mm256_mask_mov_ps(numbers, wrong, _mm256_set1_ps(__builtin_nanf("")));
  _mm256_storeu_ps(values, numbers);
}

/// Fewer than eight fields: the last one stands in for those that are not there.
TARGET static void read_few(const uint8_t *bytes, size_t start, const uint32_t *field_ends,
                            size_t count, float *values) {
  uint32_t ends[8], lengths[8];
  for (size_t place = 0; place < 8; place++) {
    const size_t field = place < count ? place : count - 1;
    ends[place] = field_ends[field];
    lengths[place] = ends[place] - (uint32_t)(field == 0 ? start : field_ends[field - 1] + 1);
  }
  read_eight(bytes, ends, _mm256_loadu_si256((const __m256i *)lengths), values);
}

TARGET void postern_text_numbers(const uint8_t *bytes, size_t start, const uint32_t *all_ends,
                                 size_t first, size_t count, float *values) {
  const uint32_t *field_ends = all_ends + first;
  if (count < 8) {
    read_few(bytes, start, field_ends, count, values);
    return;
  }
  const __m256i one = _mm256_set1_epi32(1);
  // Where each field starts, less one; nothing ends before the first one.
  const __m256i turned = _mm256_permutevar8x32_epi32(
      _mm256_loadu_si256((const __m256i *)field_ends), _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6));
  __m256i before = _mm256_mask_set1_epi32(turned, 1, (int)(uint32_t)start - 1);
  for (size_t field = 0;;) {
    const __m256i ends = _mm256_loadu_si256((const __m256i *)(field_ends + field));
    read_eight(bytes, field_ends + field, _mm256_sub_epi32(_mm256_sub_epi32(ends, before), one),
               values + field);
    if (field + 8 >= count) return;
    // The last group may overlap the one before.
    field = field + 16 <= count ? field + 8 : count - 8;
    before = _mm256_loadu_si256((const __m256i *)(field_ends + field - 1));
  }
}

#else

int postern_text_is_supported(void) { return 0; }

struct postern_text_index postern_text_index(const uint8_t *bytes, size_t begin, size_t end,
                                             uint8_t delimiter, uint32_t *field_ends,
                                             uint32_t *line_ends, size_t capacity) {
  (void)bytes, (void)begin, (void)end, (void)delimiter;
  (void)field_ends, (void)line_ends, (void)capacity;
  return (struct postern_text_index){0, 0};
}

void postern_text_numbers(const uint8_t *bytes, size_t start, const uint32_t *field_ends,
                          size_t first, size_t count, float *values) {
  (void)bytes, (void)start, (void)field_ends, (void)first;
  for (size_t field = 0; field < count; field++) values[field] = __builtin_nanf("");
}

#endif
