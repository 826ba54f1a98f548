// Softmax cross-entropy, and what a vocabulary's logits need beside it.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "call.h"
#include "operations.h"
#include "row_sums.h"

namespace songs {
namespace {

// What a loss asks of each row of logits: its own class with a weight, and with `spread` all classes, shared out by
// `by_class` (both null where nothing is spread).
struct Targets {
  const int32_t* labels;  // of rows without weight any number
  const float *weights, *spread, *by_class;
  float of_classes = 0;

  Targets(Call& call, int first, int64_t classes) {
    labels = call.in<int32_t>(first);
    weights = call.in<float>(first + 1);
    TF_Tensor* rows = call.input(first + 2);
    spread = TF_TensorElementCount(rows) == 0 ? nullptr : static_cast<const float*>(TF_TensorData(rows));
    by_class = call.in<float>(first + 3);
    if (spread == nullptr) return;
    double sum = 0;
    for (int64_t i = 0; i < classes; i++) sum += by_class[i];
    of_classes = static_cast<float>(sum);
  }

  bool counts(int64_t row) const { return weights[row] != 0 || (spread != nullptr && spread[row] != 0); }
};

float largest(const float* x, int64_t size) {
  float most = -INFINITY;
#pragma omp simd reduction(max : most)
  for (int64_t i = 0; i < size; i++) most = x[i] > most ? x[i] : most;
  return most;
}

// log Σ exp(x - most): float32 within blocks, double over them.
double log_of_sum(const float* x, int64_t size, float most) {
  double total = 0;
  for (int64_t from = 0; from < size; from += 1024) {
    const int64_t to = std::min<int64_t>(size, from + 1024);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = from; i < to; i++) sum += fast_exp(x[i] - most);
    total += sum;
  }
  return std::log(total);
}

// Σ over rows and classes of -target · log softmax(logits); of each row its largest logit and log Σ exp(logit - largest).
// logits [rows, classes], float whatever T.
void cross_entropy(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const int64_t rows = TF_Dim(input, 0), classes = TF_Dim(input, 1);
  const float* logits = static_cast<const float*>(TF_TensorData(input));
  const Targets targets(call, 1, classes);
  float* loss = call.out<float>(0, TF_FLOAT, {});
  float* norms = call.out<float>(1, TF_FLOAT, {rows, 2});
  std::vector<double> losses(kParts, 0.0);
  over_rows(rows, [&](int part, int64_t from, int64_t to) {
    const int64_t n = classes;
    for (int64_t row = from; row < to; row++) {
      const float* x = logits + row * n;
      norms[2 * row] = norms[2 * row + 1] = 0;
      if (!targets.counts(row)) continue;
      const float most = largest(x, n);
      const double log_sum = log_of_sum(x, n, most), all = most + log_sum;
      norms[2 * row] = most;
      norms[2 * row + 1] = static_cast<float>(log_sum);
      if (targets.weights[row] != 0) losses[part] += targets.weights[row] * (all - x[targets.labels[row]]);
      if (targets.spread == nullptr || targets.spread[row] == 0) continue;
      double spread = 0;
      for (int64_t i = 0; i < n; i++) spread += targets.by_class[i] * (all - x[i]);
      losses[part] += targets.spread[row] * spread;
    }
  });
  double sum = 0;
  for (double part : losses) sum += part;
  *loss = static_cast<float>(sum);
}

// The gradient of the logits: (softmax · Σ target - target) · scale.
template <typename T>
void cross_entropy_gradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], classes = shape[1];
  const float* logits = static_cast<const float*>(TF_TensorData(input));
  const float* norms = call.in<float>(1);
  const Targets targets(call, 2, classes);
  const float scale = *call.in<float>(6);
  T* gradient = call.out<T>(0, type_of<T>(), shape);
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const int64_t n = classes;
    const float* by_class = targets.by_class;
    for (int64_t row = from; row < to; row++) {
      const float* x = logits + row * n;
      T* d = gradient + row * n;
      if (!targets.counts(row)) {
        for (int64_t i = 0; i < n; i++) store(d, i, 0.0f);
        continue;
      }
      const float most = norms[2 * row], log_sum = norms[2 * row + 1], weight = targets.weights[row];
      const float spread = targets.spread == nullptr ? 0 : targets.spread[row];
      const float total = weight + spread * targets.of_classes;
      if (spread == 0) {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) store(d, i, fast_exp(x[i] - most - log_sum) * total * scale);
      } else {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) {
          store(d, i, (fast_exp(x[i] - most - log_sum) * total - spread * by_class[i]) * scale);
        }
      }
      if (weight == 0) continue;
      const int64_t own = targets.labels[row];
      const float spread_there = spread == 0 ? 0 : spread * by_class[own];
      store(d, own, (fast_exp(x[own] - most - log_sum) * total - spread_there - weight) * scale);
    }
  });
}

// The first place of each row's largest number: x [rows, width].
template <typename T>
void arg_max(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const int64_t rows = TF_Dim(input, 0), width = TF_Dim(input, 1);
  const T* x = static_cast<const T*>(TF_TensorData(input));
  int32_t* places = call.out<int32_t>(0, TF_INT32, {rows});
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const int64_t n = width;
    for (int64_t row = from; row < to; row++) {
      const T* xr = x + row * n;
      float most = -INFINITY;
#pragma omp simd reduction(max : most)
      for (int64_t i = 0; i < n; i++) most = load(xr, i) > most ? load(xr, i) : most;
      int64_t at = 0;
      while (at < n && load(xr, at) != most) at++;
      places[row] = static_cast<int32_t>(at < n ? at : 0);
    }
  });
}

// y = x + bias in float: x [rows, width], bias [width].
template <typename T>
void add_bias(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const float* bias = call.in<float>(1);
  float* y = call.out<float>(0, TF_FLOAT, shape);
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const int64_t n = width;
    const float* b = bias;
    for (int64_t row = from; row < to; row++) {
      const T* xr = x + row * n;
      float* yr = y + row * n;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) yr[i] = load(xr, i) + b[i];
    }
  });
}

// Σ over rows: x [rows, width] to [width].
template <typename T>
void sum_rows(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const int64_t rows = TF_Dim(input, 0), width = TF_Dim(input, 1);
  const T* x = static_cast<const T*>(TF_TensorData(input));
  float* y = call.out<float>(0, TF_FLOAT, {width});
  RowSums sums(rows, width);
  over_rows(rows, [&](int part, int64_t from, int64_t to) {
    const int64_t n = width;
    float* sum = sums.of(part);
    for (int64_t row = from; row < to; row++) {
      const T* xr = x + row * n;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) sum[i] += load(xr, i);
    }
  });
  sums.into(y);
}

}  // namespace

std::vector<Operation> loss_operations() {
  return {
      {"SongCrossEntropy",
       {"logits: T", "labels: int32", "weights: float", "spread: float", "by_class: float"},
       {"loss: float", "norms: float"},
       {},
       cross_entropy,
       nullptr},
      {"SongCrossEntropyGradient",
       {"logits: float", "norms: float", "labels: int32", "weights: float", "spread: float", "by_class: float",
        "scale: float"},
       {"dlogits: T"},
       {},
       cross_entropy_gradient<float>,
       cross_entropy_gradient<bf16>},
      {"SongArgMax", {"x: T"}, {"places: int32"}, {}, arg_max<float>, arg_max<bf16>},
      {"SongAddBias", {"x: T", "bias: float"}, {"y: float"}, {}, add_bias<float>, add_bias<bf16>},
      {"SongSumRows", {"x: T"}, {"sums: float"}, {}, sum_rows<float>, sum_rows<bf16>},
  };
}

}  // namespace songs
