// Layer normalisation with what comes before it, and RMS normalisation.
#include <cmath>
#include <cstdint>
#include <vector>

#include "call.h"
#include "dropout.h"
#include "operations.h"
#include "row_sums.h"

namespace songs {
namespace {

// y = normal · weight + offset, normal = (z - μ) / √(σ² + ε), z = residual + dropout(x + bias); z = x where the residual
// is empty.
template <typename T>
void add_norm(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const float* bias = call.in<float>(1);
  TF_Tensor* added = call.input(2);
  const float* residual =
      TF_TensorElementCount(added) == 0 ? nullptr : static_cast<const float*>(TF_TensorData(added));
  const float* weight = call.in<float>(3);
  const float* offset = call.in<float>(4);
  const Dropout dropout(attributes.rate, call.in<int32_t>(5));
  float* y = call.out<float>(0, TF_FLOAT, shape);
  float* normal = call.out<float>(1, TF_FLOAT, shape);
  float* inverse = call.out<float>(2, TF_FLOAT, {rows, 1});
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const Dropout drop = dropout;
    const int64_t n = width;
    const float *b = bias, *w = weight, *o = offset;
    for (int64_t row = from; row < to; row++) {
      const T* xr = x + row * n;
      const float* rr = residual + row * n;
      float* z = normal + row * n;
      float* yr = y + row * n;
      float sum = 0;
      if (residual == nullptr) {
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < n; i++) {
          z[i] = load(xr, i);
          sum += z[i];
        }
      } else if (drop.active()) {
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < n; i++) {
          z[i] = rr[i] + (load(xr, i) + b[i]) * drop.factor(row, i);
          sum += z[i];
        }
      } else {
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < n; i++) {
          z[i] = rr[i] + (load(xr, i) + b[i]);
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
      const float inverted = 1.0f / std::sqrt(squares / n + attributes.epsilon);
      inverse[row] = inverted;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        z[i] = (z[i] - mean) * inverted;
        yr[i] = z[i] * w[i] + o[i];
      }
    }
  });
}

// The gradients of add_norm: of z (the residual's), of x, of bias, weight and offset.
template <typename T>
void add_norm_gradient(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const float* dy = static_cast<const float*>(TF_TensorData(input));
  const float* normal = call.in<float>(1);
  const float* inverse = call.in<float>(2);
  const float* weight = call.in<float>(3);
  const Dropout dropout(attributes.rate, call.in<int32_t>(4));
  float* dz = call.out<float>(0, TF_FLOAT, shape);
  T* dx = call.out<T>(1, type_of<T>(), shape);
  float* dbias = call.out<float>(2, TF_FLOAT, {width});
  float* dweight = call.out<float>(3, TF_FLOAT, {width});
  float* doffset = call.out<float>(4, TF_FLOAT, {width});
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

// y = normal · weight, normal = x / √(mean(x²) + ε).
template <typename T>
void rms_norm(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const float* x = static_cast<const float*>(TF_TensorData(input));
  const float* weight = call.in<float>(1);
  T* y = call.out<T>(0, type_of<T>(), shape);
  float* normal = call.out<float>(1, TF_FLOAT, shape);
  float* inverse = call.out<float>(2, TF_FLOAT, {rows, 1});
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const int64_t n = width;
    const float* w = weight;
    for (int64_t row = from; row < to; row++) {
      const float* xr = x + row * n;
      float* z = normal + row * n;
      T* yr = y + row * n;
      float squares = 0;
#pragma omp simd reduction(+ : squares)
      for (int64_t i = 0; i < n; i++) squares += xr[i] * xr[i];
      const float inverted = 1.0f / std::sqrt(squares / n + attributes.epsilon);
      inverse[row] = inverted;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        z[i] = xr[i] * inverted;
        store(yr, i, z[i] * w[i]);
      }
    }
  });
}

// The gradients of rms_norm: of x and weight.
template <typename T>
void rms_norm_gradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const T* dy = static_cast<const T*>(TF_TensorData(input));
  const float* normal = call.in<float>(1);
  const float* inverse = call.in<float>(2);
  const float* weight = call.in<float>(3);
  float* dx = call.out<float>(0, TF_FLOAT, shape);
  float* dweight = call.out<float>(1, TF_FLOAT, {width});
  RowSums weights(rows, width);
  over_rows(rows, [&](int part, int64_t from, int64_t to) {
    const int64_t n = width;
    const float* w = weight;
    float* sum_weight = weights.of(part);
    for (int64_t row = from; row < to; row++) {
      const T* dyr = dy + row * n;
      const float* nr = normal + row * n;
      float* dxr = dx + row * n;
      float projection = 0;
#pragma omp simd reduction(+ : projection)
      for (int64_t i = 0; i < n; i++) {
        const float d = load(dyr, i);
        projection += d * w[i] * nr[i];
        sum_weight[i] += d * nr[i];
      }
      const float along = projection / n, inverted = inverse[row];
#pragma omp simd
      for (int64_t i = 0; i < n; i++) dxr[i] = (load(dyr, i) * w[i] - nr[i] * along) * inverted;
    }
  });
  weights.into(dweight);
}

}  // namespace

std::vector<Operation> norm_operations() {
  return {
      {"SongRmsNorm",
       {"x: float", "weight: float"},
       {"y: T", "normal: float", "inverse: float"},
       {"epsilon: float"},
       rms_norm<float>,
       rms_norm<bf16>},
      {"SongRmsNormGradient",
       {"dy: T", "normal: float", "inverse: float", "weight: float"},
       {"dx: float", "dweight: float"},
       {},
       rms_norm_gradient<float>,
       rms_norm_gradient<bf16>},
      {"SongAddNorm",
       {"x: T", "bias: float", "residual: float", "weight: float", "offset: float", "key: int32"},
       {"y: float", "normal: float", "inverse: float"},
       {"epsilon: float", "rate: float"},
       add_norm<float>,
       add_norm<bf16>},
      {"SongAddNormGradient",
       {"dy: float", "normal: float", "inverse: float", "weight: float", "key: int32"},
       {"dz: float", "dx: T", "dbias: float", "dweight: float", "doffset: float"},
       {"rate: float"},
       add_norm_gradient<float>,
       add_norm_gradient<bf16>},
  };
}

}  // namespace songs
