// Products of bfloat16 matrices with float32 sums, on processors that have instructions for them (AVX-512 BF16).
//
// C = A B in tiles of 12 rows by 32 columns, which stay in registers over a whole slab of the inner dimension. The
// instruction adds the products of two neighbours along that dimension, so both sides are read in pairs: B is packed into
// panels of 32 columns, [inner / 2][32][2]; A is read as it stands where its rows run along the inner dimension, and packed
// into panels of 12 rows, [inner / 2][12][2], where its columns do.
#pragma once

#include "bf16.h"

#ifdef SONG_BF16_VECTORS
#define SONG_PRODUCTS 1

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace songs {

constexpr int64_t kTileRows = 12, kTileColumns = 32;
// How much of the inner dimension a tile adds up before it leaves the registers.
constexpr int64_t kSlab = 512;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
template <typename T>
using Scratch = std::unique_ptr<T[], Free>;

// Memory for `count` numbers, not filled, with room for a vector beyond its end.
template <typename T>
Scratch<T> scratch(int64_t count) {
  const size_t bytes = (static_cast<size_t>(count) * sizeof(T) + 127) / 64 * 64;
  return Scratch<T>(static_cast<T*>(std::aligned_alloc(64, bytes)));
}

inline int64_t rounded_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// A matrix as a side of a product: rows are `stride` numbers apart.
struct Side {
  const bf16* values;
  int64_t stride;
};

// What a tile's sums become.
enum class Into { kFloat, kAddedFloat, kBf16, kAddedBf16 };

inline __m512 broadcast_pair(const char* at) {
  int pair;
  std::memcpy(&pair, at, 4);
  return _mm512_castsi512_ps(_mm512_set1_epi32(pair));
}

// One tile. a: the first pair of its first row, with bytes from row to row and from pair to pair; b: a packed panel;
// `sums` and `to`: the tile's place in float and bfloat16 matrices, with their strides. `columns` of the 32 are stored.
template <int Rows, bool Packed, Into into>
inline void tile(const char* a, int64_t row_bytes, const bf16* b, int64_t pairs, float* sums, int64_t sums_stride,
                 bf16* to, int64_t to_stride, int64_t columns) {
  constexpr int kGroups = (Rows + 2) / 3;
  __m512 c[Rows][2];
#pragma GCC unroll 12
  for (int r = 0; r < Rows; r++) c[r][0] = c[r][1] = _mm512_setzero_ps();
  const char* at[kGroups];
#pragma GCC unroll 4
  for (int g = 0; g < kGroups; g++) at[g] = a + 3 * g * row_bytes;
  constexpr int64_t pair_bytes = Packed ? 4 * kTileRows : 4;
  for (int64_t p = 0; p < pairs; p++) {
    const __m512bh b0 = (__m512bh)_mm512_load_si512(b), b1 = (__m512bh)_mm512_load_si512(b + 32);
    b += 64;
#pragma GCC unroll 12
    for (int r = 0; r < Rows; r++) {
      const char* from = Packed ? a + 4 * r : at[r / 3] + (r % 3) * row_bytes;
      const __m512bh pair = (__m512bh)broadcast_pair(from);
      c[r][0] = _mm512_dpbf16_ps(c[r][0], pair, b0);
      c[r][1] = _mm512_dpbf16_ps(c[r][1], pair, b1);
    }
    if (Packed) {
      a += pair_bytes;
    } else {
#pragma GCC unroll 4
      for (int g = 0; g < kGroups; g++) at[g] += pair_bytes;
    }
  }
  const __mmask16 low = first_lanes(columns), high = first_lanes(columns - 16);
#pragma GCC unroll 12
  for (int r = 0; r < Rows; r++) {
    float* s = sums + r * sums_stride;
    if (into == Into::kAddedFloat || into == Into::kAddedBf16) {
      c[r][0] = _mm512_add_ps(c[r][0], _mm512_maskz_loadu_ps(low, s));
      c[r][1] = _mm512_add_ps(c[r][1], _mm512_maskz_loadu_ps(high, s + 16));
    }
    if (into == Into::kFloat || into == Into::kAddedFloat) {
      _mm512_mask_storeu_ps(s, low, c[r][0]);
      _mm512_mask_storeu_ps(s + 16, high, c[r][1]);
    } else {
      const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(c[r][1], c[r][0]);
      if (columns >= 32) {
        _mm512_storeu_si512(to + r * to_stride, both);
      } else {
        _mm512_mask_storeu_epi16(to + r * to_stride, (__mmask32)((1u << columns) - 1), both);
      }
    }
  }
}

using Tile = void (*)(const char*, int64_t, const bf16*, int64_t, float*, int64_t, bf16*, int64_t, int64_t);

template <bool Packed, Into into>
inline Tile tile_of(int64_t rows) {
  static constexpr Tile all[] = {
      tile<1, Packed, into>, tile<2, Packed, into>,  tile<3, Packed, into>,  tile<4, Packed, into>,
      tile<5, Packed, into>, tile<6, Packed, into>,  tile<7, Packed, into>,  tile<8, Packed, into>,
      tile<9, Packed, into>, tile<10, Packed, into>, tile<11, Packed, into>, tile<12, Packed, into>};
  return all[rows - 1];
}

// Interleaves 32 numbers of one row with those of the next.
inline void interleave(__m512i first, __m512i second, __m512i& low, __m512i& high) {
  const __m512i l = _mm512_unpacklo_epi16(first, second), h = _mm512_unpackhi_epi16(first, second);
  const __m512i lower = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), upper = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  low = _mm512_permutex2var_epi64(l, lower, h);
  high = _mm512_permutex2var_epi64(l, upper, h);
}

// Columns [from, from + width) of B [inner, columns] as panels: inner numbers [k, k + depth). `to` is where the first of all
// panels begins. Where inner is odd, a row of zeros follows.
inline void pack_columns(const Side& b, int64_t inner, int64_t columns, int64_t from, int64_t width, int64_t k,
                         int64_t depth, bf16* to) {
  for (int64_t i = k; i < k + depth; i += 2) {
    const bf16* row = b.values + i * b.stride;
    for (int64_t j = from; j < from + width; j += kTileColumns) {
      const int64_t count = columns - j;
      const __mmask32 mask = count >= 32 ? 0xffffffffu : (1u << count) - 1, next = i + 1 < inner ? mask : 0;
      __m512i low, high;
      interleave(_mm512_maskz_loadu_epi16(mask, row + j), _mm512_maskz_loadu_epi16(next, row + b.stride + j), low, high);
      bf16* target = to + j * rounded_up(inner, 2) + i * kTileColumns;
      _mm512_store_si512(target, low);
      _mm512_store_si512(target + 32, high);
    }
  }
}

// 16 rows of 16 pairs to 16 pairs of 16 rows.
inline void transpose_pairs(__m512i* r) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 16; i += 8) {
    for (int j = 0; j < 4; j++) {
      t[i + j] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0x88);
      t[i + j + 4] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0xdd);
    }
  }
  for (int j = 0; j < 8; j++) {
    r[j] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0x88);
    r[j + 8] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0xdd);
  }
}

// The same of B = Wᵀ, W [columns, inner].
inline void pack_rows(const Side& w, int64_t inner, int64_t columns, int64_t from, int64_t width, int64_t first,
                      int64_t depth, bf16* to) {
  for (int64_t j = from; j < from + width; j += 16) {
    const int64_t count = std::min<int64_t>(16, columns - j);
    for (int64_t k = first; k < first + depth; k += 32) {
      const int64_t pairs = std::min<int64_t>(16, (first + depth - k) / 2);
      const __mmask16 mask = first_lanes(pairs);
      __m512i rows[16];
      for (int64_t i = 0; i < 16; i++) {
        rows[i] = i < count ? _mm512_maskz_loadu_epi32(mask, w.values + (j + i) * w.stride + k)
                            : _mm512_setzero_si512();
      }
      transpose_pairs(rows);
      bf16* target = to + j / kTileColumns * kTileColumns * inner + k * kTileColumns + j % kTileColumns * 2;
      for (int64_t i = 0; i < pairs; i++) _mm512_store_si512(target + 64 * i, rows[i]);
    }
  }
}

// Rows [from, from + count) of A = Xᵀ, X [inner, rows], inner numbers [k, k + depth), as panels of 12 rows. Where depth is
// odd, zeros follow.
inline void pack_transposed(const Side& x, int64_t rows, int64_t from, int64_t count, int64_t k, int64_t depth, bf16* to) {
  const int64_t panel = rounded_up(depth, 2) * kTileRows;
  for (int64_t i = 0; i < depth; i += 2) {
    const bf16* row = x.values + (k + i) * x.stride + from;
    bf16* target = to + i * kTileRows;
    for (int64_t m = 0; m < count; m += kTileRows, target += panel) {
      const int64_t there = std::min<int64_t>(16, rows - from - m);
      const __mmask16 mask = first_lanes(there);
      const __m512i first = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, row + m));
      const __mmask16 next = i + 1 < depth ? mask : 0;
      const __m512i second = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(next, row + x.stride + m));
      const __m512i pairs = _mm512_or_si512(first, _mm512_slli_epi32(second, 16));
      _mm512_mask_storeu_epi32(target, 0x0fff, pairs);
    }
  }
}

}  // namespace songs
#endif
