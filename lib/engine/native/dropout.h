// What dropout drops: stateless, so that a run repeats exactly.
#pragma once

#include <algorithm>
#include <cstdint>

namespace songs {

// The hash that decides what dropout drops: an entry's place under a key of two words, equally likely in 0 … 2³² - 1.
inline uint32_t hash(uint32_t column, uint32_t row, uint32_t key0, uint32_t key1) {
  uint32_t h = column * 0x9e3779b1u + key0;
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= key1 + row * 0xc2b2ae35u;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  h ^= h >> 16;
  h *= 0x27d4eb2fu;
  return h ^ (h >> 15);
}

// Which entries a dropout keeps, and what they are multiplied by.
class Dropout {
 public:
  Dropout(float rate, const int32_t* key) : active_(rate > 0) {
    if (!active_) return;
    key0_ = static_cast<uint32_t>(key[0]);
    key1_ = static_cast<uint32_t>(key[1]);
    threshold_ = static_cast<uint32_t>(std::min(4294967295.0, static_cast<double>(rate) * 4294967296.0));
    scale_ = static_cast<float>(1.0 / (1.0 - static_cast<double>(rate)));
  }

  bool active() const { return active_; }

  // The factor of a row's entry; 1 where nothing is dropped.
  inline float factor(int64_t row, int64_t column) const {
    const uint32_t drawn = hash(static_cast<uint32_t>(column), static_cast<uint32_t>(row), key0_, key1_);
    return drawn >= threshold_ ? scale_ : 0.0f;
  }

 private:
  const bool active_;
  uint32_t key0_ = 0, key1_ = 0, threshold_ = 0;
  float scale_ = 1;
};

}  // namespace songs
