// Heads of grouped-query attention, rotated by their positions.
#include <cstdint>
#include <vector>

#include "call.h"
#include "operations.h"
#include "row_sums.h"

namespace songs {
namespace {

// The sizes of grouped-query attention: [batch, length, heads, keyHeads, size]. Heads are those of queries, then of keys,
// then of values.
struct GroupedSizes {
  int64_t batch, length, heads, key_heads, size;

  explicit GroupedSizes(const int32_t* sizes)
      : batch(sizes[0]), length(sizes[1]), heads(sizes[2]), key_heads(sizes[3]), size(sizes[4]) {}

  // Of a part (queries, keys, values): its heads, and the heads before it.
  int64_t of_part(int part) const { return part == 0 ? heads : key_heads; }
  int64_t before(int part) const { return part == 0 ? 0 : heads + (part - 1) * key_heads; }
  int64_t width() const { return (heads + 2 * key_heads) * size; }
};

// qkv [batch · length, all heads · size] + bias (or none) to q, k, v [batch, heads or keyHeads, length, size], where each
// head's pairs (i, i + size / 2) of q and k are rotated by the position's angles: cos and sin [1 or batch, 1, length, size].
template <typename T>
void rotary_heads(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const T* qkv = static_cast<const T*>(TF_TensorData(input));
  const int64_t wide = TF_Dim(input, 1);
  const std::vector<float> biases = values_or_zeros(call.input(1), wide);
  TF_Tensor* cosines = call.input(2);
  const float* cos = static_cast<const float*>(TF_TensorData(cosines));
  const float* sin = call.in<float>(3);
  const GroupedSizes s(call.in<int32_t>(4));
  const int64_t by_row = TF_Dim(cosines, 0) == 1 ? 0 : s.length * s.size;
  T* parts[3];
  for (int i = 0; i < 3; i++) parts[i] = call.out<T>(i, type_of<T>(), {s.batch, s.of_part(i), s.length, s.size});
  over_rows(s.batch * s.length, [&](int, int64_t from, int64_t to) {
    const int64_t n = s.size, half = n / 2;
    for (int64_t row = from; row < to; row++) {
      const int64_t b = row / s.length, t = row % s.length;
      const float* c = cos + b * by_row + t * n;
      const float* r = sin + b * by_row + t * n;
      for (int part = 0; part < 3; part++) {
        for (int64_t head = 0; head < s.of_part(part); head++) {
          const int64_t at = (s.before(part) + head) * n;
          const T* source = qkv + row * wide + at;
          const float* add = biases.data() + at;
          T* target = parts[part] + ((b * s.of_part(part) + head) * s.length + t) * n;
          if (part == 2) {
#pragma omp simd
            for (int64_t i = 0; i < n; i++) store(target, i, load(source, i) + add[i]);
            continue;
          }
#pragma omp simd
          for (int64_t i = 0; i < half; i++) {
            const float first = load(source, i) + add[i], second = load(source, half + i) + add[half + i];
            store(target, i, first * c[i] - second * r[i]);
            store(target, half + i, second * c[half + i] + first * r[half + i]);
          }
        }
      }
    }
  });
}

// The way back for gradients: dq, dk, dv to dqkv, and Σ dqkv.
template <typename T>
void rotary_heads_gradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  const T* parts[3] = {call.in<T>(0), call.in<T>(1), call.in<T>(2)};
  TF_Tensor* cosines = call.input(3);
  const float* cos = static_cast<const float*>(TF_TensorData(cosines));
  const float* sin = call.in<float>(4);
  const GroupedSizes s(call.in<int32_t>(5));
  const int64_t by_row = TF_Dim(cosines, 0) == 1 ? 0 : s.length * s.size;
  const int64_t rows = s.batch * s.length, wide = s.width();
  T* dqkv = call.out<T>(0, type_of<T>(), {rows, wide});
  float* dbias = call.out<float>(1, TF_FLOAT, {wide});
  RowSums sums(rows, wide);
  over_rows(rows, [&](int index, int64_t from, int64_t to) {
    const int64_t n = s.size, half = n / 2;
    for (int64_t row = from; row < to; row++) {
      const int64_t b = row / s.length, t = row % s.length;
      const float* c = cos + b * by_row + t * n;
      const float* r = sin + b * by_row + t * n;
      for (int part = 0; part < 3; part++) {
        for (int64_t head = 0; head < s.of_part(part); head++) {
          const int64_t at = (s.before(part) + head) * n;
          const T* source = parts[part] + ((b * s.of_part(part) + head) * s.length + t) * n;
          T* target = dqkv + row * wide + at;
          float* sum = sums.of(index) + at;
          if (part == 2) {
#pragma omp simd
            for (int64_t i = 0; i < n; i++) {
              target[i] = source[i];
              sum[i] += load(source, i);
            }
            continue;
          }
#pragma omp simd
          for (int64_t i = 0; i < half; i++) {
            const float first = load(source, i), second = load(source, half + i);
            const float low = first * c[i] + second * r[half + i], high = second * c[half + i] - first * r[i];
            store(target, i, low);
            store(target, half + i, high);
            sum[i] += low;
            sum[half + i] += high;
          }
        }
      }
    }
  });
  sums.into(dbias);
}

}  // namespace

std::vector<Operation> rotary_operations() {
  return {
      {"SongRotaryHeads",
       {"qkv: T", "bias: float", "cos: float", "sin: float", "sizes: int32"},
       {"q: T", "k: T", "v: T"},
       {},
       rotary_heads<float>,
       rotary_heads<bf16>},
      {"SongRotaryHeadsGradient",
       {"dq: T", "dk: T", "dv: T", "cos: float", "sin: float", "sizes: int32"},
       {"dqkv: T", "dbias: float"},
       {},
       rotary_heads_gradient<float>,
       rotary_heads_gradient<bf16>},
  };
}

}  // namespace songs
