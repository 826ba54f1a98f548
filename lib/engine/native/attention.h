// What attention's operations share: a row's softmax, and masks.
#pragma once

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
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < keys; i++) {
    e[i] = fast_exp(e[i] - most);
    sum += e[i];
  }
  return 1.0f / sum;
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
