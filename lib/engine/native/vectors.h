// 32 floats at once, in vectors of AVX-512 or else of AVX2; and bfloat16 on processors that convert to it (AVX-512 BF16).
#pragma once

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define SONG_VECTORS 1
#define SONG_WIDE_VECTORS 1
#elif defined(__AVX2__) && defined(__FMA__)
#define SONG_VECTORS 1
#endif
#if defined(SONG_WIDE_VECTORS) && defined(__AVX512BF16__)
#define SONG_BF16_VECTORS 1
#endif

#ifdef SONG_VECTORS
#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "numbers.h"

namespace songs {

#ifdef SONG_WIDE_VECTORS

inline __mmask16 first_lanes(int64_t n) {
  return n >= 16 ? 0xffff : n <= 0 ? 0 : static_cast<__mmask16>((1u << n) - 1);
}

inline __mmask32 first_of_32(int64_t n) { return n >= 32 ? 0xffffffffu : (1u << n) - 1; }

struct Pair {
  __m512 low, high;
};

inline Pair load_32(const float* from, int64_t count) {
  return {_mm512_maskz_loadu_ps(first_lanes(count), from), _mm512_maskz_loadu_ps(first_lanes(count - 16), from + 16)};
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

#ifdef SONG_BF16_VECTORS

inline __m512 widen(__m256i from) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(from), 16)); }

inline Pair load_32(const bf16* from, int64_t count) {
  const __m512i x = _mm512_maskz_loadu_epi16(first_of_32(count), from);
  return {widen(_mm512_castsi512_si256(x)), widen(_mm512_extracti64x4_epi64(x, 1))};
}

inline void store_32(bf16* to, int64_t count, const Pair& x) {
  _mm512_mask_storeu_epi16(to, first_of_32(count), (__m512i)_mm512_cvtne2ps_pbh(x.high, x.low));
}

#endif
#else

struct Pair {
  __m256 parts[4];
};

inline Pair load_32(const float* from, int64_t count) {
  float all[32];
  if (count < 32) {
    std::fill(all, all + 32, 0.0f);
    std::memcpy(all, from, sizeof(float) * std::max<int64_t>(0, count));
    from = all;
  }
  Pair x;
  for (int i = 0; i < 4; i++) x.parts[i] = _mm256_loadu_ps(from + 8 * i);
  return x;
}

inline void store_32(float* to, int64_t count, const Pair& x) {
  float all[32];
  float* at = count < 32 ? all : to;
  for (int i = 0; i < 4; i++) _mm256_storeu_ps(at + 8 * i, x.parts[i]);
  if (count < 32) std::memcpy(to, all, sizeof(float) * std::max<int64_t>(0, count));
}

inline Pair operator+(Pair a, const Pair& b) {
  for (int i = 0; i < 4; i++) a.parts[i] = _mm256_add_ps(a.parts[i], b.parts[i]);
  return a;
}

inline Pair operator*(Pair a, const Pair& b) {
  for (int i = 0; i < 4; i++) a.parts[i] = _mm256_mul_ps(a.parts[i], b.parts[i]);
  return a;
}

#endif

}  // namespace songs
#endif
