// GELU and its derivative of 32 floats at once: exact enough for results that are rounded to bfloat16 (to 1e-6), or to the last
// digits of float32.
#pragma once

#include "vectors.h"

#ifdef SONG_VECTORS
#include <cmath>

namespace songs {

#ifdef SONG_WIDE_VECTORS

// A function of |x| that is 0 from 31 / kSteps on, as a polynomial on each of the 31 parts before.
template <typename T>
class Piecewise {
  static constexpr int kDegree = sizeof(T) == 2 ? 3 : 5;
  static constexpr float kSteps = sizeof(T) == 2 ? 6.0f : 5.4f;

 public:
  template <typename Function>
  explicit Piecewise(const Function& f) {
    constexpr int n = kDegree + 1;
    for (int segment = 0; segment < 32; segment++) {
      // through the function's values at n places: Newton's divided differences, multiplied out
      double x[n], d[n];
      for (int i = 0; i < n; i++) {
        x[i] = 0.5 - 0.5 * std::cos((2 * i + 1) * 3.14159265358979323846 / (2 * n));
        d[i] = segment == 31 ? 0 : f((segment + x[i]) / kSteps);
      }
      for (int order = 1; order < n; order++) {
        for (int i = kDegree; i >= order; i--) d[i] = (d[i] - d[i - 1]) / (x[i] - x[i - order]);
      }
      double c[n] = {d[kDegree]};
      for (int i = kDegree - 1; i >= 0; i--) {
        for (int k = kDegree; k > 0; k--) c[k] = c[k - 1] - x[i] * c[k];
        c[0] = d[i] - x[i] * c[0];
      }
      for (int k = 0; k < n; k++) values_[k][segment] = static_cast<float>(c[k]);
    }
  }

  // The tables in registers, for a loop.
  struct Loaded {
    __m512 low[kDegree + 1], high[kDegree + 1];

    inline __m512 operator()(__m512 x) const {
      const __m512 places = _mm512_min_ps(_mm512_set1_ps(31), _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(kSteps)));
      const __m512i segment = _mm512_cvttps_epi32(places);
      const __m512 t = _mm512_sub_ps(places, _mm512_cvtepi32_ps(segment));
      __m512 y = _mm512_permutex2var_ps(low[kDegree], segment, high[kDegree]);
#pragma GCC unroll 8
      for (int k = kDegree - 1; k >= 0; k--) y = _mm512_fmadd_ps(y, t, _mm512_permutex2var_ps(low[k], segment, high[k]));
      return y;
    }
  };

  Loaded load() const {
    Loaded all;
    for (int k = 0; k <= kDegree; k++) {
      all.low[k] = _mm512_loadu_ps(values_[k]);
      all.high[k] = _mm512_loadu_ps(values_[k] + 16);
    }
    return all;
  }

 private:
  float values_[kDegree + 1][32];
};

// 1 - tail at positive x, tail at negative.
inline __m512 mirrored(__m512 x, __m512 tail) {
  const __mmask16 negative = _mm512_movepi32_mask(_mm512_castps_si512(x));
  return _mm512_mask_mov_ps(_mm512_sub_ps(_mm512_set1_ps(1), tail), negative, tail);
}

// x Φ(x).
template <typename T>
class VectorGelu {
 public:
  VectorGelu() : tail_(table().load()) {}

  inline __m512 operator()(__m512 x) const { return _mm512_mul_ps(x, mirrored(x, tail_(x))); }

  inline Pair operator()(const Pair& x) const { return {(*this)(x.low), (*this)(x.high)}; }

 private:
  // Φ(-|x|)
  static const Piecewise<T>& table() {
    static const Piecewise<T> all([](double x) { return 0.5 * std::erfc(x * 0.70710678118654752440); });
    return all;
  }

  const typename Piecewise<T>::Loaded tail_;
};

// Φ(x) + x φ(x).
template <typename T>
class VectorGeluDerivative {
 public:
  VectorGeluDerivative() : tail_(table().load()) {}

  inline __m512 operator()(__m512 x) const {
    // an infinite x has none
    return _mm512_fmadd_ps(x, _mm512_setzero_ps(), mirrored(x, tail_(x)));
  }

  inline Pair operator()(const Pair& x) const { return {(*this)(x.low), (*this)(x.high)}; }

 private:
  // at -|x|
  static const Piecewise<T>& table() {
    static const Piecewise<T> all([](double x) {
      return 0.5 * std::erfc(x * 0.70710678118654752440) - x * 0.39894228040143267794 * std::exp(-0.5 * x * x);
    });
    return all;
  }

  const typename Piecewise<T>::Loaded tail_;
};

#else

// f of each of the 32.
template <typename Function>
inline Pair each(const Pair& x, const Function& f) {
  alignas(32) float values[32];
  store_32(values, 32, x);
#pragma omp simd
  for (int i = 0; i < 32; i++) values[i] = f(values[i]);
  return load_32(values, 32);
}

// x Φ(x).
template <typename T>
struct VectorGelu {
  inline Pair operator()(const Pair& x) const { return each(x, gelu); }
};

// Φ(x) + x φ(x).
template <typename T>
struct VectorGeluDerivative {
  inline Pair operator()(const Pair& x) const { return each(x, gelu_derivative); }
};

#endif

}  // namespace songs
#endif
