// Attention as one operation in float32 or bfloat16: what its forward and backward pass begin with, and both of them.
#pragma once

#include "products.h"

#ifdef SONG_VECTORS
#include <algorithm>
#include <cstdint>
#include <vector>

#include "attention.h"
#include "call.h"
#include "dropout.h"

namespace songs {

template <typename T>
inline void narrow(const float* from, T* to, int64_t count) {
  for (int64_t i = 0; i < count; i += 32) store_32(to + i, count - i, load_32(from + i, count - i));
}

// to = from + bias, rounded.
template <typename T>
inline void add_bias(const T* from, const float* bias, T* to, int64_t count) {
  for (int64_t i = 0; i < count; i += 32) {
    store_32(to + i, count - i, load_32(from + i, count - i) + load_32(bias + i, count - i));
  }
}

// What forward and backward pass begin with: qkv [batch · length, 3 · heads · size], bias [3 · heads · size], a mask, a
// dropout, and the tokens that ask (rows of qkv, ascending; all where there are none): the others are asked alone.
template <typename T>
struct Heads {
  int64_t batch, length, heads, size, width;
  int64_t even;  // length, rounded up to whole units
  const T* qkv = nullptr;
  const float* bias = nullptr;
  MaskRows mask;
  float scale;
  Dropout dropout;
  const int32_t* queries = nullptr;
  std::vector<int64_t> first;  // of each row of the batch, its first query; and how many there are
  bool fits;

  // sizes: [batch, length, heads]; `qkv` and `bias` are set by whoever has them.
  Heads(int64_t width, const int32_t* sizes, TF_Tensor* masks, const int32_t* asked, int64_t count, float scale,
        const Dropout& dropout)
      : batch(sizes[0]), length(sizes[1]), heads(sizes[2]), size(width / sizes[2]), width(width), scale(scale),
        dropout(dropout) {
    even = rounded_up(length, kUnit<T>);
    fits = size % kUnit<T> == 0 && mask.fit(masks, {batch, heads, length, length}) && find(asked, count);
  }

  // The inputs of an operation from `at` on: qkv, bias, mask, key, sizes, queries.
  Heads(Call& call, int at, const Attributes& attributes)
      : Heads(TF_Dim(call.input(at), 1) / 3, call.in<int32_t>(at + 4), call.input(at + 2), call.in<int32_t>(at + 5),
              TF_TensorElementCount(call.input(at + 5)), attributes.scale, Dropout(attributes.rate, call.in<int32_t>(at + 3))) {
    qkv = call.in<T>(at);
    bias = call.in<float>(at + 1);
  }

  // Which queries belong to which row of the batch. False where they do not ascend, or lie outside.
  bool find(const int32_t* asked, int64_t count) {
    if (count > 0) queries = asked;
    for (int64_t b = 0, i = 0; b <= batch; b++) {
      while (queries != nullptr && i < count && queries[i] < b * length) {
        if (queries[i] < 0 || (i > 0 && queries[i] <= queries[i - 1])) return false;
        i++;
      }
      first.push_back(queries == nullptr ? b * length : i);
    }
    return queries == nullptr || first.back() == count;
  }

  int64_t all_queries() const { return first.back(); }
  int64_t queries_of(int64_t b) const { return first[b + 1] - first[b]; }
  // The place of one of them in its row.
  int64_t place(int64_t b, int64_t i) const { return queries == nullptr ? i : queries[first[b] + i] - b * length; }

  int64_t keys() const { return rounded_up(length, kTileColumns); }
  int64_t columns() const { return rounded_up(size, kTileColumns); }

  // How many neighbouring heads a task takes: as many as stay in the cache, so that rows are read in long pieces, but few
  // where there would be too few tasks.
  int64_t group() const {
    const int64_t fit = std::max<int64_t>(1, (256 << 10) / (3 * sizeof(T) * even * size));
    const int64_t most = std::min(fit, std::max<int64_t>(1, batch * heads / 32));
    int64_t count = 1;
    for (int64_t i = 2; i <= most; i++) count = heads % i == 0 ? i : count;
    return count;
  }

  // Numbers of one head's queries, keys or values.
  int64_t one() const { return even * size; }

  // Queries, keys and values of heads [first, first + count) with their biases: [3, count, even, size], zeros where length
  // is odd.
  void read(int64_t b, int64_t first, int64_t count, T* to) const {
    for (int64_t t = 0; t < length; t++) {
      const T* from = qkv + (b * length + t) * 3 * width + first * size;
      for (int part = 0; part < 3; part++) {
        for (int64_t i = 0; i < count * size && t + kAhead < length; i += 64 / sizeof(T)) {
          __builtin_prefetch(from + kAhead * 3 * width + part * width + i);
        }
        for (int64_t head = 0; head < count; head++) {
          const int64_t at = part * width + head * size;
          add_bias(from + at, bias + at + first * size, to + (part * count + head) * one() + t * size, size);
        }
      }
    }
    if (even == length) return;
    for (int64_t i = 0; i < 3 * count; i++) std::fill(to + i * one() + length * size, to + (i + 1) * one(), T(0));
  }
};

// Dropout(softmax(q kᵀ · scale + mask)) v of every head, side by side: [queries, width].
template <typename T>
void attend(const Heads<T>& heads, T* output);

// From the gradient of that to those of qkv [batch · length, 3 · width] and of bias [3 · width]. Scores and softmax are
// computed once more.
template <typename T>
void attend_gradient(const Heads<T>& heads, const T* dy, T* dqkv, float* dbias);

}  // namespace songs
#endif
