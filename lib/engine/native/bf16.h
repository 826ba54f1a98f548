// bfloat16 in vectors of 32, on processors that convert to it (AVX-512 BF16).
#pragma once

#ifdef __AVX512BF16__
#define SONG_BF16_VECTORS 1

#include <immintrin.h>

#include <cstdint>

#include "numbers.h"

namespace songs {

inline __mmask16 first_lanes(int64_t n) {
  return n >= 16 ? 0xffff : n <= 0 ? 0 : static_cast<__mmask16>((1u << n) - 1);
}

inline __mmask32 first_of_32(int64_t n) { return n >= 32 ? 0xffffffffu : (1u << n) - 1; }

inline __m512 widen(__m256i from) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(from), 16)); }

// 32 numbers as float.
struct Pair {
  __m512 low, high;
};

inline Pair load_32(const bf16* from, int64_t count) {
  const __m512i x = _mm512_maskz_loadu_epi16(first_of_32(count), from);
  return {widen(_mm512_castsi512_si256(x)), widen(_mm512_extracti64x4_epi64(x, 1))};
}

inline Pair load_32(const float* from, int64_t count) {
  return {_mm512_maskz_loadu_ps(first_lanes(count), from), _mm512_maskz_loadu_ps(first_lanes(count - 16), from + 16)};
}

inline void store_32(bf16* to, int64_t count, const Pair& x) {
  _mm512_mask_storeu_epi16(to, first_of_32(count), (__m512i)_mm512_cvtne2ps_pbh(x.high, x.low));
}

inline void store_32(float* to, int64_t count, const Pair& x) {
  _mm512_mask_storeu_ps(to, first_lanes(count), x.low);
  _mm512_mask_storeu_ps(to + 16, first_lanes(count - 16), x.high);
}

inline Pair operator+(const Pair& a, const Pair& b) {
  return {_mm512_add_ps(a.low, b.low), _mm512_add_ps(a.high, b.high)};
}

inline Pair operator*(const Pair& a, const Pair& b) {
  return {_mm512_mul_ps(a.low, b.low), _mm512_mul_ps(a.high, b.high)};
}

}  // namespace songs
#endif
