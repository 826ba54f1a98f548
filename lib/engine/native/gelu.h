// GELU and its derivative in vectors, exact enough for results that are rounded to bfloat16 (to 1e-6; numbers.h has them to
// the last digit of float32).
#pragma once

#include "bf16.h"

#ifdef SONG_BF16_VECTORS
#include <cmath>

namespace songs {

// A function of |x| that is 0 from 31 / 6 on, as a cubic on each sixth.
class Cubics {
 public:
  template <typename Function>
  explicit Cubics(const Function& f) {
    for (int segment = 0; segment < 32; segment++) {
      // through the function's values at four places: Newton's divided differences, multiplied out
      double x[4], d[4];
      for (int i = 0; i < 4; i++) {
        x[i] = 0.5 - 0.5 * std::cos((2 * i + 1) * 3.14159265358979323846 / 8);
        d[i] = segment == 31 ? 0 : f((segment + x[i]) / 6);
      }
      for (int order = 1; order < 4; order++) {
        for (int i = 3; i >= order; i--) d[i] = (d[i] - d[i - 1]) / (x[i] - x[i - order]);
      }
      double c[4] = {d[3], 0, 0, 0};
      for (int i = 2; i >= 0; i--) {
        for (int k = 3; k > 0; k--) c[k] = c[k - 1] - x[i] * c[k];
        c[0] = d[i] - x[i] * c[0];
      }
      for (int k = 0; k < 4; k++) values_[k][segment] = static_cast<float>(c[k]);
    }
  }

  // The tables in registers, for a loop.
  struct Loaded {
    __m512 low[4], high[4];

    inline __m512 operator()(__m512 x) const {
      const __m512 places = _mm512_min_ps(_mm512_set1_ps(31), _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(6)));
      const __m512i segment = _mm512_cvttps_epi32(places);
      const __m512 t = _mm512_sub_ps(places, _mm512_cvtepi32_ps(segment));
      __m512 y = _mm512_permutex2var_ps(low[3], segment, high[3]);
      y = _mm512_fmadd_ps(y, t, _mm512_permutex2var_ps(low[2], segment, high[2]));
      y = _mm512_fmadd_ps(y, t, _mm512_permutex2var_ps(low[1], segment, high[1]));
      return _mm512_fmadd_ps(y, t, _mm512_permutex2var_ps(low[0], segment, high[0]));
    }
  };

  Loaded load() const {
    Loaded all;
    for (int k = 0; k < 4; k++) {
      all.low[k] = _mm512_loadu_ps(values_[k]);
      all.high[k] = _mm512_loadu_ps(values_[k] + 16);
    }
    return all;
  }

 private:
  float values_[4][32];
};

// x Φ(x).
class VectorGelu {
 public:
  VectorGelu() : tail_(table().load()) {}

  inline __m512 operator()(__m512 x) const {
    const __m512 tail = tail_(x);  // Φ(-|x|)
    const __mmask16 negative = _mm512_movepi32_mask(_mm512_castps_si512(x));
    return _mm512_mul_ps(x, _mm512_mask_mov_ps(_mm512_sub_ps(_mm512_set1_ps(1), tail), negative, tail));
  }

  inline Pair operator()(const Pair& x) const { return {(*this)(x.low), (*this)(x.high)}; }

 private:
  static const Cubics& table() {
    static const Cubics all([](double x) { return 0.5 * std::erfc(x * 0.70710678118654752440); });
    return all;
  }

  const Cubics::Loaded tail_;
};

// Φ(x) + x φ(x).
class VectorGeluDerivative {
 public:
  VectorGeluDerivative() : tail_(table().load()) {}

  inline __m512 operator()(__m512 x) const {
    const __m512 tail = tail_(x);  // at -|x|
    const __mmask16 negative = _mm512_movepi32_mask(_mm512_castps_si512(x));
    const __m512 y = _mm512_mask_mov_ps(_mm512_sub_ps(_mm512_set1_ps(1), tail), negative, tail);
    // an infinite x has none
    return _mm512_fmadd_ps(x, _mm512_setzero_ps(), y);
  }

  inline Pair operator()(const Pair& x) const { return {(*this)(x.low), (*this)(x.high)}; }

 private:
  static const Cubics& table() {
    static const Cubics all([](double x) {
      return 0.5 * std::erfc(x * 0.70710678118654752440) - x * 0.39894228040143267794 * std::exp(-0.5 * x * x);
    });
    return all;
  }

  const Cubics::Loaded tail_;
};

}  // namespace songs
#endif
