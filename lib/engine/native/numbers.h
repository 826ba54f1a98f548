// float32 and bfloat16, and the functions that they go through.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace songs {

using bf16 = uint16_t;

inline float bits_to_float(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

inline uint32_t float_to_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

inline float load(const float* from, int64_t i) { return from[i]; }
inline float load(const bf16* from, int64_t i) { return bits_to_float(static_cast<uint32_t>(from[i]) << 16); }

inline void store(float* to, int64_t i, float value) { to[i] = value; }
inline void store(bf16* to, int64_t i, float value) {
  const uint32_t bits = float_to_bits(value);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
  to[i] = static_cast<bf16>(nan ? ((bits >> 16) | 0x40u) : rounded);
}

// e^x to about one unit in the last place; 0 below the smallest normal number.
inline float fast_exp(float x) {
  const float clamped = std::min(std::max(x, -87.3f), 88.3f);
  const float n = std::nearbyint(clamped * 1.44269504f);
  const float r = std::fma(n, 2.12194440e-4f, std::fma(n, -0.693359375f, clamped));
  float p = 1.9875691500e-4f;
  p = std::fma(p, r, 1.3981999507e-3f);
  p = std::fma(p, r, 8.3334519073e-3f);
  p = std::fma(p, r, 4.1665795894e-2f);
  p = std::fma(p, r, 1.6666665459e-1f);
  p = std::fma(p, r, 5.0000001201e-1f);
  const float y = std::fma(p, r * r, r + 1.0f);
  const float scale = bits_to_float(static_cast<uint32_t>(static_cast<int32_t>(n) + 127) << 23);
  return x < -87.3f ? 0.0f : y * scale;
}

// erf(x) as x P(x²) / Q(x²), fitted to 2e-8 relative on |x| <= 3.92, beyond which erf is ±1 in float32; so is this at 4, once
// it is cut to 1.
inline float fast_erf(float value) {
  const float x = std::min(std::max(value, -4.0f), 4.0f), z = x * x;
  float p = 2.050078364845831e-6f;
  p = std::fma(p, z, 2.84861569525674e-4f);
  p = std::fma(p, z, 3.7650277372449636e-3f);
  p = std::fma(p, z, 5.2746858447790146e-2f);
  p = std::fma(p, z, 1.903938502073288e-1f);
  p = std::fma(p, z, 1.1283791065216064f);
  float q = 3.809052213910036e-5f;
  q = std::fma(q, z, 1.1623782338574529e-3f);
  q = std::fma(q, z, 1.4968035742640495e-2f);
  q = std::fma(q, z, 1.1410372704267502e-1f);
  q = std::fma(q, z, 5.020648837089539e-1f);
  q = std::fma(q, z, 1.0f);
  return std::min(std::max(x * p / q, -1.0f), 1.0f);
}

// x Φ(x), and its derivative Φ(x) + x φ(x).
inline float gelu(float x) { return x * 0.5f * (1.0f + fast_erf(x * 0.707106781f)); }

inline float gelu_derivative(float x) {
  return 0.5f * (1.0f + fast_erf(x * 0.707106781f)) + x * (0.398942280f * fast_exp(-0.5f * x * x));
}

}  // namespace songs
