// avx2_vector.h: the vectors of AVX2, and what is done with them lane by lane.

#pragma once

#include <immintrin.h>

typedef __m256 vec;
#define LANES 8
#define LOAD(p) _mm256_loadu_ps(p)
#define STORE(p, a) _mm256_storeu_ps(p, a)
#define SPLAT(s) _mm256_set1_ps(s)
#define ADD(a, b) _mm256_add_ps(a, b)
#define SUB(a, b) _mm256_sub_ps(a, b)
#define MUL(a, b) _mm256_mul_ps(a, b)
#define SQRT(a) _mm256_sqrt_ps(a)
#define FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
