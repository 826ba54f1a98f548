// GELU and gated units.
#include <cstdint>
#include <vector>

#include "call.h"
#include "gelu.h"
#include "operations.h"
#include "row_sums.h"

namespace songs {
namespace {

template <typename T>
void gelu_rows(const T* x, const float* b, T* y, int64_t rows, int64_t n) {
  for (int64_t row = 0; row < rows; row++, x += n, y += n) {
    const T* xr = x;
    T* yr = y;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) store(yr, i, gelu(load(xr, i) + b[i]));
  }
}

template <typename T>
void gelu_gradient_rows(const T* dy, const T* x, const float* b, T* dx, float* sum, int64_t rows, int64_t n) {
  for (int64_t row = 0; row < rows; row++, dy += n, x += n, dx += n) {
    const T *xr = x, *dyr = dy;
    T* dxr = dx;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
      const float d = load(dyr, i) * gelu_derivative(load(xr, i) + b[i]);
      store(dxr, i, d);
      sum[i] += d;
    }
  }
}

#ifdef SONG_WIDE_VECTORS
template <typename T>
void vector_gelu_rows(const T* x, const float* b, T* y, int64_t rows, int64_t n) {
  const VectorGelu<T> gelu;
  for (int64_t row = 0; row < rows; row++, x += n, y += n) {
    for (int64_t i = 0; i < n; i += 32) store_32(y + i, n - i, gelu(load_32(x + i, n - i) + load_32(b + i, n - i)));
  }
}

template <typename T>
void vector_gelu_gradient_rows(const T* dy, const T* x, const float* b, T* dx, float* sum, int64_t rows, int64_t n) {
  const VectorGeluDerivative<T> derivative;
  for (int64_t row = 0; row < rows; row++, dy += n, x += n, dx += n) {
    for (int64_t i = 0; i < n; i += 32) {
      const Pair d = load_32(dy + i, n - i) * derivative(load_32(x + i, n - i) + load_32(b + i, n - i));
      store_32(dx + i, n - i, d);
      store_32(sum + i, n - i, load_32(sum + i, n - i) + d);
    }
  }
}

void gelu_rows(const float* x, const float* b, float* y, int64_t rows, int64_t n) {
  vector_gelu_rows(x, b, y, rows, n);
}

void gelu_gradient_rows(const float* dy, const float* x, const float* b, float* dx, float* sum, int64_t rows, int64_t n) {
  vector_gelu_gradient_rows(dy, x, b, dx, sum, rows, n);
}
#endif
#ifdef SONG_BF16_VECTORS
void gelu_rows(const bf16* x, const float* b, bf16* y, int64_t rows, int64_t n) { vector_gelu_rows(x, b, y, rows, n); }

void gelu_gradient_rows(const bf16* dy, const bf16* x, const float* b, bf16* dx, float* sum, int64_t rows, int64_t n) {
  vector_gelu_gradient_rows(dy, x, b, dx, sum, rows, n);
}
#endif

// y = gelu(x + bias): x [rows, width], bias [width].
template <typename T>
void gelu_all(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const float* bias = call.in<float>(1);
  T* y = call.out<T>(0, type_of<T>(), shape);
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    gelu_rows(x + from * width, bias, y + from * width, to - from, width);
  });
}

// dx = dy · gelu'(x + bias), dbias = Σ dx.
template <typename T>
void gelu_gradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  const T* dy = call.in<T>(0);
  TF_Tensor* input = call.input(1);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const float* bias = call.in<float>(2);
  T* dx = call.out<T>(0, type_of<T>(), shape);
  float* dbias = call.out<float>(1, TF_FLOAT, {width});
  RowSums sums(rows, width);
  over_rows(rows, [&](int part, int64_t from, int64_t to) {
    const int64_t at = from * width;
    gelu_gradient_rows(dy + at, x + at, bias, dx + at, sums.of(part), to - from, width);
  });
  sums.into(dbias);
}

// y = silu(g + bias) · (u + bias): x [rows, 2 · width] has g and u side by side, bias is as wide or empty.
template <typename T>
void gate(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const int64_t rows = TF_Dim(input, 0), width = TF_Dim(input, 1) / 2;
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const std::vector<float> biases = values_or_zeros(call.input(1), 2 * width);
  T* y = call.out<T>(0, type_of<T>(), {rows, width});
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const int64_t n = width;
    const float *bg = biases.data(), *bu = bg + n;
    for (int64_t row = from; row < to; row++) {
      const T* gr = x + row * 2 * n;
      const T* ur = gr + n;
      T* yr = y + row * n;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        const float v = load(gr, i) + bg[i];
        store(yr, i, v / (1.0f + fast_exp(-v)) * (load(ur, i) + bu[i]));
      }
    }
  });
}

// From dy to the gradients of x and of bias.
template <typename T>
void gate_gradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  const T* dy = call.in<T>(0);
  TF_Tensor* input = call.input(1);
  const int64_t rows = TF_Dim(input, 0), width = TF_Dim(input, 1) / 2;
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const std::vector<float> biases = values_or_zeros(call.input(2), 2 * width);
  T* dx = call.out<T>(0, type_of<T>(), {rows, 2 * width});
  float* dbias = call.out<float>(1, TF_FLOAT, {2 * width});
  RowSums sums(rows, 2 * width);
  over_rows(rows, [&](int part, int64_t from, int64_t to) {
    const int64_t n = width;
    const float *bg = biases.data(), *bu = bg + n;
    float *sum_g = sums.of(part), *sum_u = sum_g + n;
    for (int64_t row = from; row < to; row++) {
      const T* gr = x + row * 2 * n;
      const T* ur = gr + n;
      const T* dyr = dy + row * n;
      T* dgr = dx + row * 2 * n;
      T* dur = dgr + n;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        const float v = load(gr, i) + bg[i], d = load(dyr, i);
        const float s = 1.0f / (1.0f + fast_exp(-v));
        const float du = d * v * s;
        const float dg = d * (load(ur, i) + bu[i]) * s * (1.0f + v * (1.0f - s));
        store(dgr, i, dg);
        store(dur, i, du);
        sum_g[i] += dg;
        sum_u[i] += du;
      }
    }
  });
  sums.into(dbias);
}

}  // namespace

std::vector<Operation> activation_operations() {
  return {
      {"SongGelu", {"x: T", "bias: float"}, {"y: T"}, {}, gelu_all<float>, gelu_all<bf16>},
      {"SongGeluGradient", {"dy: T", "x: T", "bias: float"}, {"dx: T", "dbias: float"}, {}, gelu_gradient<float>,
       gelu_gradient<bf16>},
      {"SongGate", {"x: T", "bias: float"}, {"y: T"}, {}, gate<float>, gate<bf16>},
      {"SongGateGradient", {"dy: T", "x: T", "bias: float"}, {"dx: T", "dbias: float"}, {}, gate_gradient<float>,
       gate_gradient<bf16>},
  };
}

}  // namespace songs
