// training_x86.h: what AVX2 and AVX-512 share: integer work, and blocks of 8 x 8.

#pragma once

#include <immintrin.h>
#include <stdint.h>

#define SPLITMIX 0x9E3779B97F4A7C15
#define X86 static inline __attribute__((always_inline, target("avx2")))

/// The low halves of the products of 64-bit numbers.
X86 __m256i low_product(__m256i a, uint64_t factor) {
  const __m256i b = _mm256_set1_epi64x((long long)factor);
  const __m256i cross = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(a, 32), b),
                                         _mm256_mul_epu32(a, _mm256_srli_epi64(b, 32)));
  return _mm256_add_epi64(_mm256_mul_epu32(a, b), _mm256_slli_epi64(cross, 32));
}

/// Sixteen dropout factors from the four numbers after `state`.
X86 void mask_of_16(uint64_t state, uint32_t limit, float keep, float *mask) {
  __m256i z = _mm256_add_epi64(
      _mm256_set1_epi64x((long long)state),
      _mm256_setr_epi64x((long long)SPLITMIX, (long long)(2 * SPLITMIX),
                         (long long)(3 * SPLITMIX), (long long)(4 * SPLITMIX)));
  z = low_product(_mm256_xor_si256(z, _mm256_srli_epi64(z, 30)), 0xBF58476D1CE4E5B9);
  z = low_product(_mm256_xor_si256(z, _mm256_srli_epi64(z, 27)), 0x94D049BB133111EB);
  z = _mm256_xor_si256(z, _mm256_srli_epi64(z, 31));
  const __m256i low = _mm256_cvtepu16_epi32(_mm256_castsi256_si128(z));
  const __m256i high = _mm256_cvtepu16_epi32(_mm256_extracti128_si256(z, 1));
  const __m256i bound = _mm256_set1_epi32((int)limit);
  const __m256 kept = _mm256_set1_ps(keep);
  _mm256_storeu_ps(mask,
                   _mm256_andnot_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(bound, low)), kept));
  _mm256_storeu_ps(mask + 8,
                   _mm256_andnot_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(bound, high)), kept));
}

/// Rows of eight floats to columns: pairs, then fours, then halves change places.
X86 void transpose_8x8(const float *from, size_t from_stride, float *to, size_t to_stride) {
  __m256 a[8], b[8];
  for (int i = 0; i < 8; i++) a[i] = _mm256_loadu_ps(from + i * from_stride);
  for (int i = 0; i < 8; i += 2) {
    b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
    b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
    a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xEE);
    a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
    a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xEE);
  }
  for (int i = 0; i < 4; i++) {
    _mm256_storeu_ps(to + i * to_stride, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * to_stride, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
  }
}

X86 void transpose_16x16(const float *from, size_t from_stride, float *to, size_t to_stride) {
  for (int i = 0; i < 16; i += 8)
    for (int k = 0; k < 16; k += 8)
      transpose_8x8(from + i * from_stride + k, from_stride, to + k * to_stride + i, to_stride);
}
