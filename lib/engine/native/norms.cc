// Layer normalisation with what comes before it, and RMS normalisation.
#include <cmath>
#include <cstdint>
#include <vector>

#include "call.h"
#include "norms.h"
#include "operations.h"

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
  TF_Tensor* added = call.input(2);
  NormInputs n;
  n.width = width;
  n.bias = call.in<float>(1);
  n.weight = call.in<float>(3);
  n.offset = call.in<float>(4);
  n.epsilon = attributes.epsilon;
  const float* residual =
      TF_TensorElementCount(added) == 0 ? nullptr : static_cast<const float*>(TF_TensorData(added));
  const Dropout dropout(attributes.rate, call.in<int32_t>(5));
  float* y = call.out<float>(0, TF_FLOAT, shape);
  float* normal = call.out<float>(1, TF_FLOAT, shape);
  float* inverse = call.out<float>(2, TF_FLOAT, {rows, 1});
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t at = row * width;
      const float* r = residual == nullptr ? nullptr : residual + at;
      inverse[row] = add_norm_row(n, dropout, row, x + at, r, normal + at, y + at);
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
  add_norm_gradient(rows, width, dy, normal, inverse, weight, dropout, dz, dx, dbias, dweight, doffset);
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
