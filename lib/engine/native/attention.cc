// Attention: heads apart and together, masked softmax with dropout.
#include <cmath>
#include <cstdint>
#include <vector>

#include "attention.h"
#include "call.h"
#include "dropout.h"
#include "operations.h"
#include "row_sums.h"

namespace songs {
namespace {

// qkv [batch · length, 3 · heads · size] + bias to q, k, v [batch, heads, length, size].
template <typename T>
void split_heads(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const int64_t tripled = TF_Dim(input, 1);
  const T* qkv = static_cast<const T*>(TF_TensorData(input));
  const float* bias = call.in<float>(1);
  const int32_t* sizes = call.in<int32_t>(2);
  const int64_t batch = sizes[0], length = sizes[1], heads = sizes[2], width = tripled / 3, size = width / heads;
  T* parts[3];
  for (int i = 0; i < 3; i++) parts[i] = call.out<T>(i, type_of<T>(), {batch, heads, length, size});
  over_rows(batch * length, [&](int, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t b = row / length, t = row % length;
      for (int part = 0; part < 3; part++) {
        const T* source = qkv + row * tripled + part * width;
        const float* add = bias + part * width;
        for (int64_t head = 0; head < heads; head++) {
          const int64_t n = size, at = head * n;
          T* target = parts[part] + ((b * heads + head) * length + t) * n;
#pragma omp simd
          for (int64_t i = 0; i < n; i++) store(target, i, load(source, at + i) + add[at + i]);
        }
      }
    }
  });
}

// The way back for gradients: dq, dk, dv to dqkv, and Σ dqkv.
template <typename T>
void merge_heads(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* first = call.input(0);
  const auto shape = shape_of(first);
  const int64_t batch = shape[0], heads = shape[1], length = shape[2], size = shape[3], width = heads * size;
  const T* parts[3] = {static_cast<const T*>(TF_TensorData(first)), call.in<T>(1), call.in<T>(2)};
  T* dqkv = call.out<T>(0, type_of<T>(), {batch * length, 3 * width});
  float* dbias = call.out<float>(1, TF_FLOAT, {3 * width});
  const int64_t rows = batch * length;
  RowSums sums(rows, 3 * width);
  over_rows(rows, [&](int index, int64_t from, int64_t to) {
    float* sum = sums.of(index);
    for (int64_t row = from; row < to; row++) {
      const int64_t b = row / length, t = row % length;
      for (int part = 0; part < 3; part++) {
        for (int64_t head = 0; head < heads; head++) {
          const int64_t n = size, at = part * width + head * n;
          const T* source = parts[part] + ((b * heads + head) * length + t) * n;
          T* target = dqkv + row * 3 * width + at;
          float* total = sum + at;
#pragma omp simd
          for (int64_t i = 0; i < n; i++) {
            target[i] = source[i];
            total[i] += load(source, i);
          }
        }
      }
    }
  });
  sums.into(dbias);
}

// What dropout leaves of softmax(scores · scale + mask). scores [batch, heads, length, keys].
template <typename T>
void attention_softmax(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t heads = shape[1], length = shape[2], keys = shape[3], rows = shape[0] * heads * length;
  const T* scores = static_cast<const T*>(TF_TensorData(input));
  MaskRows mask;
  if (!mask.fit(call.input(1), shape)) return call.fail("SongAttentionSoftmax: the mask does not fit the scores.");
  const Dropout dropout(attributes.rate, call.in<int32_t>(2));
  T* left = call.out<T>(0, type_of<T>(), shape);
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const Dropout drop = dropout;
    const int64_t n = keys;
    std::vector<float> values(static_cast<size_t>(n));
    float* e = values.data();
    for (int64_t row = from; row < to; row++) {
      const float* masked = mask.at(row / (heads * length), row / length % heads, row % length);
      const float inverted = softmax_row(scores + row * n, masked, attributes.scale, n, e);
      T* lr = left + row * n;
      if (drop.active()) {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) store(lr, i, e[i] * inverted * drop.factor(row, i));
      } else {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) store(lr, i, e[i] * inverted);
      }
    }
  });
}

// From the gradient of what attention_softmax gives to that of the scores; and what it gave, which the gradient of the
// values needs. The softmax is computed once more, so that none of it was rounded to T.
template <typename T>
void attention_softmax_gradient(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  const T* dleft = call.in<T>(0);
  TF_Tensor* input = call.input(1);
  const auto shape = shape_of(input);
  const int64_t heads = shape[1], length = shape[2], keys = shape[3], rows = shape[0] * heads * length;
  const T* scores = static_cast<const T*>(TF_TensorData(input));
  MaskRows mask;
  if (!mask.fit(call.input(2), shape)) {
    return call.fail("SongAttentionSoftmaxGradient: the mask does not fit the scores.");
  }
  const Dropout dropout(attributes.rate, call.in<int32_t>(3));
  T* dscores = call.out<T>(0, type_of<T>(), shape);
  T* left = call.out<T>(1, type_of<T>(), shape);
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const Dropout drop = dropout;
    const float scale = attributes.scale;
    const int64_t n = keys;
    std::vector<float> values(static_cast<size_t>(2 * n));
    float* d = values.data();
    float* p = d + n;
    for (int64_t row = from; row < to; row++) {
      const float* masked = mask.at(row / (heads * length), row / length % heads, row % length);
      const float inverted = softmax_row(scores + row * n, masked, scale, n, p);
      const T* dr = dleft + row * n;
      T* lr = left + row * n;
      T* out = dscores + row * n;
      float inner = 0;
      if (drop.active()) {
#pragma omp simd reduction(+ : inner)
        for (int64_t i = 0; i < n; i++) {
          const float factor = drop.factor(row, i);
          p[i] *= inverted;
          store(lr, i, p[i] * factor);
          d[i] = load(dr, i) * factor;
          inner += d[i] * p[i];
        }
      } else {
#pragma omp simd reduction(+ : inner)
        for (int64_t i = 0; i < n; i++) {
          p[i] *= inverted;
          store(lr, i, p[i]);
          d[i] = load(dr, i);
          inner += d[i] * p[i];
        }
      }
      // where one p is nearly 1, its d less the mean is small: what rounding the mean left out counts
      float missing = 0;
#pragma omp simd reduction(+ : missing)
      for (int64_t i = 0; i < n; i++) missing += (d[i] - inner) * p[i];
#pragma omp simd
      for (int64_t i = 0; i < n; i++) store(out, i, p[i] * (d[i] - inner - missing) * scale);
    }
  });
}

}  // namespace

std::vector<Operation> attention_operations() {
  return {
      {"SongSplitHeads", {"qkv: T", "bias: float", "sizes: int32"}, {"q: T", "k: T", "v: T"}, {}, split_heads<float>,
       split_heads<bf16>},
      {"SongMergeHeads", {"dq: T", "dk: T", "dv: T"}, {"dqkv: T", "dbias: float"}, {}, merge_heads<float>,
       merge_heads<bf16>},
      {"SongAttentionSoftmax",
       {"scores: T", "mask: float", "key: int32"},
       {"left: T"},
       {"scale: float", "rate: float"},
       attention_softmax<float>,
       attention_softmax<bf16>},
      {"SongAttentionSoftmaxGradient",
       {"dleft: T", "scores: T", "mask: float", "key: int32"},
       {"dscores: T", "left: T"},
       {"scale: float", "rate: float"},
       attention_softmax_gradient<float>,
       attention_softmax_gradient<bf16>},
  };
}

}  // namespace songs
