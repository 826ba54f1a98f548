// Sums over rows that do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "threads.h"

namespace songs {

// Sums over rows, of `width` numbers: each part of the rows has its own, which are added in order.
class RowSums {
 public:
  RowSums(int64_t rows, int64_t width)
      : width_(width), sums_(static_cast<size_t>(std::min<int64_t>(kParts, rows) * width), 0.0f) {}

  float* of(int part) { return sums_.data() + part * width_; }

  void into(float* sum) const {
    std::fill(sum, sum + width_, 0.0f);
    for (size_t at = 0; at < sums_.size(); at += static_cast<size_t>(width_)) {
      for (int64_t i = 0; i < width_; i++) sum[i] += sums_[at + i];
    }
  }

 private:
  const int64_t width_;
  std::vector<float> sums_;
};

}  // namespace songs
