// What attention's operations share: a row's softmax, and masks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "call.h"
#include "numbers.h"

namespace songs {

// e = exp(scores · scale + mask - most of them) of one row, and what it must be multiplied by to be the softmax; the mask
// may be null.
template <typename T>
inline float softmax_row(const T* scores, const float* mask, float scale, int64_t keys, float* e) {
  // by comparison: std::max keeps compilers from vectorising
  float most = -INFINITY;
  if (mask != nullptr) {
#pragma omp simd reduction(max : most)
    for (int64_t i = 0; i < keys; i++) {
      const float score = load(scores, i) * scale + mask[i];
      e[i] = score;
      most = score > most ? score : most;
    }
  } else {
#pragma omp simd reduction(max : most)
    for (int64_t i = 0; i < keys; i++) {
      const float score = load(scores, i) * scale;
      e[i] = score;
      most = score > most ? score : most;
    }
  }
  // in lanes of their own, whatever the number of keys: keys that a mask hides, which come last and add zeros, change nothing
  constexpr int64_t kLanes = 16;
  float lanes[kLanes] = {};
  const int64_t whole = keys / kLanes * kLanes;
  for (int64_t at = 0; at < whole; at += kLanes) {
#pragma omp simd
    for (int64_t i = 0; i < kLanes; i++) {
      e[at + i] = fast_exp(e[at + i] - most);
      lanes[i] += e[at + i];
    }
  }
  if (whole < keys) {
    float rest[kLanes];
    std::fill(rest, rest + kLanes, -INFINITY);
    std::copy(e + whole, e + keys, rest);
#pragma omp simd
    for (int64_t i = 0; i < kLanes; i++) {
      rest[i] = fast_exp(rest[i] - most);
      lanes[i] += rest[i];
    }
    std::copy(rest, rest + (keys - whole), e + whole);
  }
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return 1.0f / lanes[0];
}

// Where the row of a mask lies that belongs to a row of scores.
struct MaskRows {
  const float* values = nullptr;
  int64_t batch = 0, head = 0, row = 0;

  // mask: empty, or [batch or 1, heads or 1, length or 1, keys]. False when it is neither.
  bool fit(TF_Tensor* mask, const std::vector<int64_t>& scores) {
    if (TF_TensorElementCount(mask) == 0) return true;
    const auto shape = shape_of(mask);
    if (shape.size() != 4 || shape[3] != scores[3]) return false;
    for (int axis = 0; axis < 3; axis++) {
      if (shape[axis] != 1 && shape[axis] != scores[axis]) return false;
    }
    values = static_cast<const float*>(TF_TensorData(mask));
    row = shape[2] == 1 ? 0 : shape[3];
    head = shape[1] == 1 ? 0 : shape[2] * shape[3];
    batch = shape[0] == 1 ? 0 : shape[1] * shape[2] * shape[3];
    return true;
  }

  const float* at(int64_t b, int64_t h, int64_t t) const {
    return values == nullptr ? nullptr : values + b * batch + h * head + t * row;
  }
};

}  // namespace songs
