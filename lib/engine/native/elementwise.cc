// Dropout by itself, and sums of two precisions.
#include <cstdint>
#include <vector>

#include "call.h"
#include "dropout.h"
#include "operations.h"
#include "threads.h"

namespace songs {
namespace {

// Dropout by itself: y = x · factor. x of any shape, rows along the last axis.
template <typename T>
void dropout_only(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t width = shape.empty() ? 1 : shape.back();
  const int64_t rows = width == 0 ? 0 : TF_TensorElementCount(input) / width;
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const Dropout dropout(attributes.rate, call.in<int32_t>(1));
  T* y = call.out<T>(0, type_of<T>(), shape);
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const Dropout drop = dropout;
    const int64_t n = width;
    for (int64_t row = from; row < to; row++) {
      const T* xr = x + row * n;
      T* yr = y + row * n;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) store(yr, i, load(xr, i) * drop.factor(row, i));
    }
  });
}

// a + b of one shape, in float.
template <typename T>
void add(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const float* a = static_cast<const float*>(TF_TensorData(input));
  const T* b = call.in<T>(1);
  float* y = call.out<float>(0, TF_FLOAT, shape_of(input));
  over_rows(TF_TensorElementCount(input), [&](int, int64_t from, int64_t to) {
    const float* p = a;
    const T* q = b;
    float* sum = y;
#pragma omp simd
    for (int64_t i = from; i < to; i++) sum[i] = p[i] + load(q, i);
  });
}

}  // namespace

std::vector<Operation> elementwise_operations() {
  return {
      {"SongDropout", {"x: T", "key: int32"}, {"y: T"}, {"rate: float"}, dropout_only<float>, dropout_only<bf16>},
      {"SongAdd", {"a: float", "b: T"}, {"y: float"}, {}, add<float>, add<bf16>},
  };
}

}  // namespace songs
