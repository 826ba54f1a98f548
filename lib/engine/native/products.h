// Products of matrices with float32 sums, of float32 (AVX-512 or AVX2) and of bfloat16, where the processor has instructions
// for them (AVX-512 BF16).
//
// C = A B in tiles of 12 rows by 32 columns (6 by 16 in AVX2), which stay in registers over a whole slab of the inner
// dimension. What is read at once are 4 bytes along that dimension, here called a unit: a float, or two neighbours in
// bfloat16, whose products the instruction adds. B is packed into panels of 32 columns, [units][32]; A is read as it stands
// where its rows run along the inner dimension, and packed into panels of a tile's rows, [units][rows], where its columns do.
#pragma once

#include "vectors.h"

#ifdef SONG_VECTORS
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace songs {

#ifdef SONG_WIDE_VECTORS
constexpr int64_t kTileRows = 12;
#else
constexpr int64_t kTileRows = 6;
#endif
constexpr int64_t kTileColumns = 32;
// How much of the inner dimension a tile adds up before it leaves the registers.
constexpr int64_t kSlab = 512;
// How many rows ahead memory is asked for: the processor does not foresee pieces of long rows.
constexpr int64_t kAhead = 8;
// Units in a line of the cache.
constexpr int64_t kLineUnits = 16;
// Numbers of a unit.
template <typename T>
constexpr int64_t kUnit = 4 / sizeof(T);

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

// Asks for a panel's part of a row that is written or read soon.
template <typename T>
inline void ask_for(const T* at) {
  __builtin_prefetch(at, 1);
  if (sizeof(T) > 2) __builtin_prefetch(at + 16, 1);
}

inline int64_t rounded_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// A matrix as a side of a product: rows are `stride` numbers apart.
template <typename T>
struct Side {
  const T* values;
  int64_t stride;
};

// What a tile's sums become: floats, or numbers of the product's type.
enum class Into { kFloat, kAddedFloat, kResult, kAddedResult };

// One tile. a: the first unit of its first row, with bytes from row to row and from unit to unit; b: a packed panel;
// `sums` and `to`: the tile's place in matrices of floats and of results, with their strides. `columns` of the 32 are stored.
template <typename T>
using Tile = void (*)(const char* a, int64_t row_bytes, const T* b, int64_t units, float* sums, int64_t sums_stride, T* to,
                      int64_t to_stride, int64_t columns);

#ifdef SONG_WIDE_VECTORS

inline __m512i broadcast_unit(const char* at) {
  int unit;
  std::memcpy(&unit, at, 4);
  return _mm512_set1_epi32(unit);
}

template <typename T>
inline __m512 add_products(__m512 sums, __m512i a, __m512i b) {
#ifdef SONG_BF16_VECTORS
  if (sizeof(T) == 2) return _mm512_dpbf16_ps(sums, (__m512bh)a, (__m512bh)b);
#endif
  return _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sums);
}

template <typename T, int Rows, bool Packed, Into into>
inline void tile(const char* a, int64_t row_bytes, const T* b, int64_t units, float* sums, int64_t sums_stride, T* to,
                 int64_t to_stride, int64_t columns) {
  constexpr int kGroups = (Rows + 2) / 3;
  __m512 c[Rows][2];
#pragma GCC unroll 12
  for (int r = 0; r < Rows; r++) c[r][0] = c[r][1] = _mm512_setzero_ps();
  const char* at[kGroups];
#pragma GCC unroll 4
  for (int g = 0; g < kGroups; g++) at[g] = a + 3 * g * row_bytes;
  if (into == Into::kResult || into == Into::kAddedResult) {
    // the result's rows are far apart: they come while the sums are added up
#pragma GCC unroll 12
    for (int r = 0; r < Rows; r++) ask_for(to + r * to_stride);
  }
  constexpr int64_t unit_bytes = Packed ? 4 * kTileRows : 4;
  constexpr int64_t half = 16 * kUnit<T>;
  const auto add = [&](int64_t count) {
    for (int64_t p = 0; p < count; p++) {
      const __m512i b0 = _mm512_load_si512(b), b1 = _mm512_load_si512(b + half);
      b += 2 * half;
#pragma GCC unroll 12
      for (int r = 0; r < Rows; r++) {
        const char* from = Packed ? a + 4 * r : at[r / 3] + (r % 3) * row_bytes;
        const __m512i unit = broadcast_unit(from);
        c[r][0] = add_products<T>(c[r][0], unit, b0);
        c[r][1] = add_products<T>(c[r][1], unit, b1);
      }
      if (Packed) {
        a += unit_bytes;
      } else {
#pragma GCC unroll 4
        for (int g = 0; g < kGroups; g++) at[g] += unit_bytes;
      }
    }
  };
  if (Packed) {
    add(units);
  } else {
    // the rows of the next tile come while this one's are added up
    for (int64_t done = 0; done < units; done += kLineUnits) {
#pragma GCC unroll 12
      for (int r = 0; r < Rows; r++) __builtin_prefetch(at[r / 3] + (Rows + r % 3) * row_bytes, 0, 2);
      add(std::min(kLineUnits, units - done));
    }
  }
  const __mmask16 low = first_lanes(columns), high = first_lanes(columns - 16);
#pragma GCC unroll 12
  for (int r = 0; r < Rows; r++) {
    float* s = sums + r * sums_stride;
    if (into == Into::kAddedFloat || into == Into::kAddedResult) {
      c[r][0] = _mm512_add_ps(c[r][0], _mm512_maskz_loadu_ps(low, s));
      c[r][1] = _mm512_add_ps(c[r][1], _mm512_maskz_loadu_ps(high, s + 16));
    }
    if (into == Into::kFloat || into == Into::kAddedFloat) {
      _mm512_mask_storeu_ps(s, low, c[r][0]);
      _mm512_mask_storeu_ps(s + 16, high, c[r][1]);
    } else {
      store_32(to + r * to_stride, columns, {c[r][0], c[r][1]});
    }
  }
}

template <typename T, bool Packed, Into into>
inline Tile<T> tile_of(int64_t rows) {
  static constexpr Tile<T> all[] = {
      tile<T, 1, Packed, into>, tile<T, 2, Packed, into>,  tile<T, 3, Packed, into>,  tile<T, 4, Packed, into>,
      tile<T, 5, Packed, into>, tile<T, 6, Packed, into>,  tile<T, 7, Packed, into>,  tile<T, 8, Packed, into>,
      tile<T, 9, Packed, into>, tile<T, 10, Packed, into>, tile<T, 11, Packed, into>, tile<T, 12, Packed, into>};
  return all[rows - 1];
}

// 16 rows of 16 units to 16 units of 16 rows.
inline void transpose_units(__m512i* r) {
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

// Columns [from, from + width) of B = Wᵀ, W [columns, inner], as panels: inner numbers [first, first + depth). `to` is where
// the first of all panels begins.
template <typename T>
inline void pack_rows(const Side<T>& w, int64_t inner, int64_t columns, int64_t from, int64_t width, int64_t first,
                      int64_t depth, T* to) {
  for (int64_t j = from; j < from + width; j += 16) {
    const int64_t count = std::min<int64_t>(16, columns - j);
    for (int64_t k = first; k < first + depth; k += 16 * kUnit<T>) {
      const int64_t units = std::min<int64_t>(16, (first + depth - k) / kUnit<T>);
      const __mmask16 mask = first_lanes(units);
      __m512i rows[16];
      for (int64_t i = 0; i < 16; i++) {
        rows[i] = i < count ? _mm512_maskz_loadu_epi32(mask, w.values + (j + i) * w.stride + k)
                            : _mm512_setzero_si512();
      }
      transpose_units(rows);
      T* target = to + j / kTileColumns * kTileColumns * inner + k * kTileColumns + j % kTileColumns * kUnit<T>;
      for (int64_t i = 0; i < units; i++) _mm512_store_si512(target + kTileColumns * kUnit<T> * i, rows[i]);
    }
  }
}

#ifdef SONG_BF16_VECTORS

// Interleaves 32 numbers of one row with those of the next.
inline void interleave(__m512i first, __m512i second, __m512i& low, __m512i& high) {
  const __m512i l = _mm512_unpacklo_epi16(first, second), h = _mm512_unpackhi_epi16(first, second);
  const __m512i lower = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), upper = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  low = _mm512_permutex2var_epi64(l, lower, h);
  high = _mm512_permutex2var_epi64(l, upper, h);
}

// The same of B [inner, columns]. Where inner is odd, a row of zeros follows.
inline void pack_columns(const Side<bf16>& b, int64_t inner, int64_t columns, int64_t from, int64_t width, int64_t k,
                         int64_t depth, bf16* to) {
  for (int64_t i = k; i < k + depth; i += 2) {
    const bf16* row = b.values + i * b.stride;
    for (int64_t j = from; j < from + width; j += kTileColumns) {
      const __mmask32 mask = first_of_32(columns - j), next = i + 1 < inner ? mask : 0;
      __m512i low, high;
      interleave(_mm512_maskz_loadu_epi16(mask, row + j), _mm512_maskz_loadu_epi16(next, row + b.stride + j), low, high);
      bf16* target = to + j * rounded_up(inner, 2) + i * kTileColumns;
      _mm512_store_si512(target, low);
      _mm512_store_si512(target + 32, high);
    }
  }
}

// Rows [from, from + count) of A = Xᵀ, X [inner, rows], inner numbers [k, k + depth), as panels of a tile's rows, which begin
// `panel` numbers apart. Where depth is odd, zeros follow.
inline void pack_transposed(const Side<bf16>& x, int64_t rows, int64_t from, int64_t count, int64_t k, int64_t depth,
                            bf16* to, int64_t panel) {
  for (int64_t i = 0; i < depth; i += 2) {
    const bf16* row = x.values + (k + i) * x.stride + from;
    bf16* target = to + i * kTileRows;
    for (int64_t m = 0; m < count; m += kTileRows, target += panel) {
      const __mmask16 mask = first_lanes(rows - from - m), next = i + 1 < depth ? mask : 0;
      const __m512i first = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, row + m));
      const __m512i second = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(next, row + x.stride + m));
      const __m512i pairs = _mm512_or_si512(first, _mm512_slli_epi32(second, 16));
      // what is beyond the panel's rows is overwritten by the next pair
      if (i + 2 < depth) _mm512_storeu_si512(target, pairs);
      else _mm512_mask_storeu_epi32(target, 0x0fff, pairs);
    }
  }
}

#endif
#else

template <typename T, int Rows, bool Packed, Into into>
inline void tile(const char* a, int64_t row_bytes, const T* b, int64_t units, float* sums, int64_t sums_stride, T* to,
                 int64_t to_stride, int64_t columns) {
  constexpr int64_t unit_bytes = Packed ? 4 * kTileRows : 4;
  for (int64_t half = 0; half < std::min(columns, kTileColumns); half += 16) {
    __m256 c[Rows][2];
#pragma GCC unroll 6
    for (int r = 0; r < Rows; r++) c[r][0] = c[r][1] = _mm256_setzero_ps();
    const char* unit = a;
    const T* panel = b + half;
    for (int64_t p = 0; p < units; p++, panel += kTileColumns, unit += unit_bytes) {
      const __m256 b0 = _mm256_load_ps(panel), b1 = _mm256_load_ps(panel + 8);
#pragma GCC unroll 6
      for (int r = 0; r < Rows; r++) {
        const float* from = reinterpret_cast<const float*>(unit + (Packed ? 4 * r : r * row_bytes));
        const __m256 x = _mm256_broadcast_ss(from);
        c[r][0] = _mm256_fmadd_ps(x, b0, c[r][0]);
        c[r][1] = _mm256_fmadd_ps(x, b1, c[r][1]);
      }
    }
    const int64_t count = std::min<int64_t>(16, columns - half);
#pragma GCC unroll 6
    for (int r = 0; r < Rows; r++) {
      float* s = sums + r * sums_stride + half;
      float* target = into == Into::kFloat || into == Into::kAddedFloat ? s : to + r * to_stride + half;
      constexpr bool adds = into == Into::kAddedFloat || into == Into::kAddedResult;
      if (count == 16) {
        for (int i = 0; i < 2; i++) {
          const __m256 sum = adds ? _mm256_add_ps(c[r][i], _mm256_loadu_ps(s + 8 * i)) : c[r][i];
          _mm256_storeu_ps(target + 8 * i, sum);
        }
        continue;
      }
      float values[16];
      _mm256_storeu_ps(values, c[r][0]);
      _mm256_storeu_ps(values + 8, c[r][1]);
      for (int64_t i = 0; i < count; i++) target[i] = adds ? s[i] + values[i] : values[i];
    }
  }
}

template <typename T, bool Packed, Into into>
inline Tile<T> tile_of(int64_t rows) {
  static constexpr Tile<T> all[] = {tile<T, 1, Packed, into>, tile<T, 2, Packed, into>, tile<T, 3, Packed, into>,
                                    tile<T, 4, Packed, into>, tile<T, 5, Packed, into>, tile<T, 6, Packed, into>};
  return all[rows - 1];
}

// Columns [from, from + width) of B = Wᵀ, W [columns, inner], as panels: inner numbers [first, first + depth). `to` is where
// the first of all panels begins.
inline void pack_rows(const Side<float>& w, int64_t inner, int64_t columns, int64_t from, int64_t width, int64_t first,
                      int64_t depth, float* to) {
  for (int64_t j = from; j < from + width; j += 8) {
    const int64_t count = std::min<int64_t>(8, columns - j);
    float* panel = to + j / kTileColumns * kTileColumns * inner + j % kTileColumns;
    for (int64_t k = first; k < first + depth; k++) {
      for (int64_t i = 0; i < 8; i++) panel[k * kTileColumns + i] = i < count ? w.values[(j + i) * w.stride + k] : 0;
    }
  }
}

#endif

// Columns [from, from + width) of B [inner, columns] as panels.
inline void pack_columns(const Side<float>& b, int64_t inner, int64_t columns, int64_t from, int64_t width, int64_t k,
                         int64_t depth, float* to) {
  for (int64_t i = k; i < k + depth; i++) {
    const float* row = b.values + i * b.stride;
    for (int64_t j = from; j < from + width; j += kTileColumns) {
      store_32(to + j * inner + i * kTileColumns, kTileColumns, load_32(row + j, columns - j));
    }
  }
}

// Rows [from, from + count) of A = Xᵀ, X [inner, rows], inner numbers [k, k + depth), as panels of a tile's rows, which begin
// `panel` numbers apart.
inline void pack_transposed(const Side<float>& x, int64_t rows, int64_t from, int64_t count, int64_t k, int64_t depth,
                            float* to, int64_t panel) {
  for (int64_t i = 0; i < depth; i++) {
    const float* row = x.values + (k + i) * x.stride + from;
    for (int64_t m = 0; m < count && i + kAhead < depth; m += 16) __builtin_prefetch(row + kAhead * x.stride + m);
    for (int64_t m = 0; m < count; m += kTileRows) {
      float* target = to + m / kTileRows * panel + i * kTileRows;
      const int64_t there = std::min(kTileRows, rows - from - m);
      if (there == kTileRows) {
        std::memcpy(target, row + m, sizeof(float) * kTileRows);
      } else {
        std::copy_n(row + m, there, target);
      }
    }
  }
}

}  // namespace songs
#endif
