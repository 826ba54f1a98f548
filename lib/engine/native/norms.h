// Layer normalisation of rows, forward and backward, with what comes before it.
#pragma once

#include <cmath>
#include <cstdint>

#include "dropout.h"
#include "numbers.h"
#include "row_sums.h"

namespace songs {

// What all rows of a layer normalisation share.
struct NormInputs {
  int64_t width;
  const float *bias, *weight, *offset;
  float epsilon;
};

// One row: y = normal · weight + offset, normal = (z - μ) / √(σ² + ε), z = residual + dropout(x + bias); z = x where the
// residual is null. `normal` may be y. Gives 1 / √(σ² + ε).
template <typename T>
inline float add_norm_row(const NormInputs& inputs, const Dropout& dropout, int64_t row, const T* x,
                          const float* residual, float* normal, float* y) {
  const Dropout drop = dropout;
  const int64_t n = inputs.width;
  const float *b = inputs.bias, *w = inputs.weight, *o = inputs.offset, *r = residual;
  float* z = normal;
  float sum = 0;
  if (r == nullptr) {
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++) {
      z[i] = load(x, i);
      sum += z[i];
    }
  } else if (drop.active()) {
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++) {
      z[i] = r[i] + (load(x, i) + b[i]) * drop.factor(row, i);
      sum += z[i];
    }
  } else {
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++) {
      z[i] = r[i] + (load(x, i) + b[i]);
      sum += z[i];
    }
  }
  const float mean = sum / n;
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < n; i++) {
    const float centred = z[i] - mean;
    squares += centred * centred;
  }
  const float inverted = 1.0f / std::sqrt(squares / n + inputs.epsilon);
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    const float normalised = (z[i] - mean) * inverted;
    z[i] = normalised;
    y[i] = normalised * w[i] + o[i];
  }
  return inverted;
}

// The gradients of all rows: of z (the residual's), of x, of bias, weight and offset. dz may be dy.
template <typename T>
void add_norm_gradient(int64_t rows, int64_t width, const float* dy, const float* normal, const float* inverse,
                       const float* weight, const Dropout& dropout, float* dz, T* dx, float* dbias, float* dweight,
                       float* doffset) {
  RowSums biases(rows, width), weights(rows, width), offsets(rows, width);
  over_rows(rows, [&](int part, int64_t from, int64_t to) {
    const Dropout drop = dropout;
    const int64_t n = width;
    const float* w = weight;
    float* sum_bias = biases.of(part);
    float* sum_weight = weights.of(part);
    float* sum_offset = offsets.of(part);
    for (int64_t row = from; row < to; row++) {
      const float* dyr = dy + row * n;
      const float* nr = normal + row * n;
      float* dzr = dz + row * n;
      T* dxr = dx + row * n;
      float sum = 0, projection = 0;
#pragma omp simd reduction(+ : sum, projection)
      for (int64_t i = 0; i < n; i++) {
        const float g = dyr[i] * w[i];
        sum += g;
        projection += g * nr[i];
        sum_weight[i] += dyr[i] * nr[i];
        sum_offset[i] += dyr[i];
      }
      const float mean = sum / n, along = projection / n, inverted = inverse[row];
      if (drop.active()) {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) {
          const float d = (dyr[i] * w[i] - mean - nr[i] * along) * inverted;
          dzr[i] = d;
          const float left = d * drop.factor(row, i);
          store(dxr, i, left);
          sum_bias[i] += left;
        }
      } else {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) {
          const float d = (dyr[i] * w[i] - mean - nr[i] * along) * inverted;
          dzr[i] = d;
          store(dxr, i, d);
          sum_bias[i] += d;
        }
      }
    }
  });
  biases.into(dbias);
  weights.into(dweight);
  offsets.into(doffset);
}

}  // namespace songs
