// See checksum.h. A CRC is the remainder of the bytes, taken as a polynomial over bits, by one of degree 32. Where the processor
// multiplies such polynomials, blocks are folded into one another (Gopal et al. 2009, "Fast CRC Computation for Generic
// Polynomials Using PCLMULQDQ Instruction"); elsewhere 16 bytes at once go through tables. All numbers are mirrored: the highest
// bit is that of x⁰.
#include "checksum.h"

#include <array>
#include <cstring>

#if defined(__PCLMUL__) && defined(__SSE4_1__)
#define SONG_FOLDING 1
#include <immintrin.h>
#if defined(__VPCLMULQDQ__) && defined(__AVX512F__)
#define SONG_WIDE_FOLDING 1
#endif
#endif

namespace songs {
namespace {

constexpr uint32_t kPolynomial = 0xedb88320, kOne = 1u << 31;

// a · x
constexpr uint32_t times_x(uint32_t a) { return (a & 1) != 0 ? a >> 1 ^ kPolynomial : a >> 1; }

// a · b
constexpr uint32_t times(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (; a != 0; a <<= 1, b = times_x(b)) product ^= (a & kOne) != 0 ? b : 0;
  return product;
}

// xⁿ
constexpr uint32_t power(uint64_t n) {
  uint32_t result = kOne, square = kOne >> 1;
  for (; n != 0; n >>= 1, square = times(square, square)) result = (n & 1) != 0 ? times(result, square) : result;
  return result;
}

// What a byte becomes that `n` others follow, at [n][byte].
constexpr int kTables = 16;
using Tables = std::array<std::array<uint32_t, 256>, kTables>;

Tables make_tables() {
  Tables all;
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int n = 0; n < kTables; n++) {
      for (int bit = 0; bit < 8; bit++) value = times_x(value);
      all[n][byte] = value;
    }
  }
  return all;
}

// The remainder of what had the remainder `value`, followed by these bytes.
uint32_t by_tables(uint32_t value, const char* bytes, int64_t size) {
  static const Tables tables = make_tables();
  const auto* at = reinterpret_cast<const unsigned char*>(bytes);
  for (; size >= kTables; at += kTables, size -= kTables) {
    uint32_t next = 0;
    for (int i = 0; i < kTables; i++) {
      const uint32_t of_value = i < 4 ? value >> 8 * i & 0xff : 0;
      next ^= tables[kTables - 1 - i][at[i] ^ of_value];
    }
    value = next;
  }
  for (; size > 0; at++, size--) value = tables[0][(value & 0xff) ^ *at] ^ value >> 8;
  return value;
}

#ifdef SONG_FOLDING

// What moves a block of 16 bytes by so many bits: its first half and its second are multiplied by these.
struct Move {
  uint64_t first, second;
  constexpr explicit Move(int bits)
      : first(static_cast<uint64_t>(power(bits + 32)) << 1), second(static_cast<uint64_t>(power(bits - 32)) << 1) {}
};

inline __m128i folded(__m128i block, const Move& move, __m128i into) {
  const __m128i by = _mm_set_epi64x(static_cast<int64_t>(move.second), static_cast<int64_t>(move.first));
  return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(block, by, 0x00), _mm_clmulepi64_si128(block, by, 0x11)), into);
}

#ifdef SONG_WIDE_FOLDING

using Blocks = __m512i;
inline Blocks load_blocks(const char* at) { return _mm512_loadu_si512(at); }
inline Blocks folded(Blocks blocks, Blocks by, Blocks into) {
  const Blocks first = _mm512_clmulepi64_epi128(blocks, by, 0x00), second = _mm512_clmulepi64_epi128(blocks, by, 0x11);
  return _mm512_ternarylogic_epi64(first, second, into, 0x96);  // all three xor'ed
}
inline Blocks on_all(const Move& move) {
  return _mm512_broadcast_i32x4(
      _mm_set_epi64x(static_cast<int64_t>(move.second), static_cast<int64_t>(move.first)));
}

#else

using Blocks = __m128i;
inline Blocks load_blocks(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
inline Blocks folded(Blocks blocks, Blocks by, Blocks into) {
  return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(blocks, by, 0x00), _mm_clmulepi64_si128(blocks, by, 0x11)), into);
}
inline Blocks on_all(const Move& move) {
  return _mm_set_epi64x(static_cast<int64_t>(move.second), static_cast<int64_t>(move.first));
}

#endif

// How many are folded side by side: an instruction's result is there only after some of the next have begun.
constexpr int kStrands = 4;
constexpr int64_t kBlock = sizeof(__m128i), kStride = kStrands * sizeof(Blocks);

// The same as by_tables.
uint32_t by_folding(uint32_t value, const char* bytes, int64_t size) {
  if (size < kStride) return by_tables(value, bytes, size);
  alignas(64) char ends[kStride];
  std::memcpy(ends, bytes, kStride);
  uint32_t start;
  std::memcpy(&start, ends, sizeof(start));
  start ^= value;
  std::memcpy(ends, &start, sizeof(start));
  Blocks strands[kStrands];
  for (int i = 0; i < kStrands; i++) strands[i] = load_blocks(ends + i * sizeof(Blocks));
  constexpr Move over_stride(8 * kStride), over_block(8 * kBlock);
  const Blocks by = on_all(over_stride);
  int64_t at = kStride;
  for (; at + kStride <= size; at += kStride) {
    for (int i = 0; i < kStrands; i++) {
      strands[i] = folded(strands[i], by, load_blocks(bytes + at + i * sizeof(Blocks)));
    }
  }
  std::memcpy(ends, strands, kStride);
  __m128i last = _mm_load_si128(reinterpret_cast<const __m128i*>(ends));
  for (int64_t i = kBlock; i < kStride; i += kBlock) {
    last = folded(last, over_block, _mm_load_si128(reinterpret_cast<const __m128i*>(ends + i)));
  }
  std::memcpy(ends, &last, kBlock);
  return by_tables(by_tables(0, ends, kBlock), bytes + at, size - at);
}

#endif

}  // namespace

uint32_t checksum(uint32_t before, const char* bytes, int64_t size) {
#ifdef SONG_FOLDING
  return ~by_folding(~before, bytes, size);
#else
  return ~by_tables(~before, bytes, size);
#endif
}

uint32_t joined_checksums(uint32_t first, uint32_t second, int64_t size_of_second) {
  return times(power(8 * static_cast<uint64_t>(size_of_second)), first) ^ second;
}

}  // namespace songs
