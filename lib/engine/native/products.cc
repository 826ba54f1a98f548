// Matrix products in bfloat16, where the processor multiplies it: see products.h.
#include "multiply.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "amx.h"
#include "call.h"
#include "gelu.h"
#include "operations.h"
#include "threads.h"

namespace songs {

#ifdef SONG_PRODUCTS
namespace {

// The tiles of a task for a slab of the inner dimension, panel by panel; `sums` has 32 columns of all its rows after another.
template <bool Packed, Into into>
void tiles(const Product& p, const bf16* a, int64_t row, int64_t rows, int64_t column, int64_t columns, int64_t k,
           int64_t depth, float* sums, bool ends) {
  for (int64_t j = 0; j < columns; j += kTileColumns) {
    const bf16* panel = p.packed + (column + j) * rounded_up(p.inner, 2) + k * kTileColumns;
    for (int64_t i = 0; i < rows; i += kTileRows) {
      const int64_t count = std::min(kTileRows, rows - i);
      const char* from = reinterpret_cast<const char*>(Packed ? a + i * rounded_up(depth, 2) : a + i * p.a.stride);
      tile_of<Packed, into>(count)(from, 2 * p.a.stride, panel, (depth + 1) / 2, sums + i * kTileColumns, kTileColumns,
                                   p.c + (row + i) * p.columns + column + j, p.columns,
                                   std::min(kTileColumns, columns - j));
    }
    if (ends) p.end(row, rows, column + j, std::min(kTileColumns, columns - j), sums);
    sums += kTaskRows * kTileColumns;
  }
}

template <bool Packed>
void task(const Product& p, int64_t row, int64_t column) {
  const int64_t rows = std::min(kTaskRows, p.rows - row), columns = std::min(kTaskColumns, p.columns - column);
  const int64_t most = p.inner <= 2 * kSlab ? p.inner : kSlab;
  const auto sums = scratch<float>(p.inner > most || p.end ? kTaskRows * kTaskColumns : 0);
  const auto own = scratch<bf16>(Packed ? kTaskRows * rounded_up(most, 2) : 0);
  for (int64_t k = 0; k < p.inner; k += most) {
    const int64_t depth = std::min(most, p.inner - k);
    if (Packed) pack_transposed(p.a, p.rows, row, rows, k, depth, own.get());
    const bf16* a = Packed ? own.get() : p.a.values + row * p.a.stride + k;
    const bool ends = p.end && k + depth == p.inner;
    const bool first = k == 0, last = k + depth == p.inner && !ends;
    auto run = first ? (last ? tiles<Packed, Into::kBf16> : tiles<Packed, Into::kFloat>)
                     : (last ? tiles<Packed, Into::kAddedBf16> : tiles<Packed, Into::kAddedFloat>);
    run(p, a, row, rows, column, columns, k, depth, sums.get(), ends);
  }
}

// Columns [from, from + count) of X [inner, rows] as rows, depth apart (rounded up to even, zeros at the end): X's rows
// [k, k + depth).
void transpose_rows(const Side& x, int64_t rows, int64_t from, int64_t count, int64_t k, int64_t depth, bf16* to) {
  const int64_t even = rounded_up(depth, 2);
  for (int64_t m = 0; m < count; m += 16) {
    const int64_t wanted = std::min<int64_t>(16, count - m);
    const __mmask16 there = first_lanes(rows - from - m);
    for (int64_t i = 0; i < depth; i += 32) {
      __m512i pairs[16];
      for (int64_t p = 0; p < 16; p++) {
        const int64_t at = i + 2 * p;
        const bf16* row = x.values + (k + at) * x.stride + from + m;
        const __mmask16 first = at < depth ? there : 0, second = at + 1 < depth ? there : 0;
        const __m512i low = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first, row));
        const __m512i high = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(second, row + x.stride));
        pairs[p] = _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
      }
      transpose_pairs(pairs);
      const __mmask16 stored = first_lanes((even - i) / 2);
      for (int64_t r = 0; r < wanted; r++) _mm512_mask_storeu_epi32(to + (m + r) * even + i, stored, pairs[r]);
    }
  }
}

// A slab's sums for one panel by AMX, and by vectors where its blocks do not fit: to `sums` [rows][32], or added to them.
void amx_panel(const char* a, int64_t row_bytes, int64_t rows, const bf16* panel, int64_t depth, float* sums, bool add) {
  const int64_t deep = depth / kAmxDepth * kAmxDepth, high = deep == 0 ? 0 : rows / kAmxRows * kAmxRows;
  const auto by_vectors = [&](int64_t from, int64_t to, int64_t k, bool added) {
    for (int64_t i = from; i < to && k < depth; i += kTileRows) {
      const int64_t count = std::min(kTileRows, to - i);
      const Tile run = added ? tile_of<false, Into::kAddedFloat>(count) : tile_of<false, Into::kFloat>(count);
      run(a + i * row_bytes + 2 * k, row_bytes, panel + k * kTileColumns, (depth - k + 1) / 2, sums + i * kTileColumns,
          kTileColumns, nullptr, 0, kTileColumns);
    }
  };
  for (int64_t i = 0; i < high; i += kAmxRows) {
    amx_block(a + i * row_bytes, row_bytes, panel, deep / kAmxDepth, sums + i * kTileColumns, add);
  }
  by_vectors(0, high, deep, true);
  by_vectors(high, rows, 0, add);
}

// A panel's sums on their way into bfloat16: [rows][32] to c.
void narrow_panel(const Product& p, int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums) {
  for (int64_t i = 0; i < rows; i++) {
    store_32(p.c + (row + i) * p.columns + column, columns, load_32(sums + i * kTileColumns, columns));
  }
}

void amx_task(const Product& p, int64_t row, int64_t column) {
  const AmxTiles tiles;
  const int64_t rows = std::min(kTaskRows, p.rows - row), columns = std::min(kTaskColumns, p.columns - column);
  const int64_t most = p.inner <= 2 * kSlab ? p.inner : kSlab;
  const auto sums = scratch<float>(kTaskRows * kTaskColumns);
  const auto own = scratch<bf16>(p.transposed_a ? kTaskRows * rounded_up(most, 2) : 0);
  for (int64_t k = 0; k < p.inner; k += most) {
    const int64_t depth = std::min(most, p.inner - k), stride = p.transposed_a ? rounded_up(depth, 2) : p.a.stride;
    if (p.transposed_a) transpose_rows(p.a, p.rows, row, rows, k, depth, own.get());
    const bf16* a = p.transposed_a ? own.get() : p.a.values + row * p.a.stride + k;
    for (int64_t j = 0; j < columns; j += kTileColumns) {
      const bf16* panel = p.packed + (column + j) * rounded_up(p.inner, 2) + k * kTileColumns;
      float* at = sums.get() + j * kTaskRows;
      amx_panel(reinterpret_cast<const char*>(a), 2 * stride, rows, panel, depth, at, k > 0);
      if (k + depth < p.inner) continue;
      const int64_t count = std::min(kTileColumns, columns - j);
      if (p.end) p.end(row, rows, column + j, count, at);
      else narrow_panel(p, row, rows, column + j, count, at);
    }
  }
}

// A part of one of several products.
struct Piece {
  size_t product;
  int64_t i, j;
};

}  // namespace

Scratch<bf16> room_for_packed(int64_t inner, int64_t columns) {
  return scratch<bf16>(rounded_up(columns, kTileColumns) * rounded_up(inner, 2));
}

void pack(const std::vector<Packing>& all) {
  std::vector<Piece> pieces;
  for (size_t n = 0; n < all.size(); n++) {
    for (int64_t j = 0; j < all[n].columns; j += kTaskColumns) {
      for (int64_t k = 0; k < all[n].inner; k += kSlab) pieces.push_back({n, j, k});
    }
  }
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    const auto [n, from, k] = pieces[i];
    const Packing& p = all[n];
    const int64_t width = rounded_up(p.columns, kTileColumns);
    (p.transposed ? pack_rows : pack_columns)(p.b, p.inner, p.columns, from, std::min(kTaskColumns, width - from), k,
                                              std::min(kSlab, p.inner - k), p.to);
  });
}

End gelu_end(const float* bias, int64_t width, bf16* kept, bf16* activated) {
  return [=](int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums) {
    const VectorGelu gelu;
    const Pair add = load_32(bias + column, columns);
    for (int64_t i = 0; i < rows; i++) {
      const int64_t at = (row + i) * width + column;
      const Pair x = load_32(sums + i * kTileColumns, columns);
      if (kept != nullptr) store_32(kept + at, columns, x);
      store_32(activated + at, columns, gelu(x + add));
    }
  };
}

void multiply(const std::vector<Product>& all) {
  std::vector<Piece> pieces;
  for (size_t n = 0; n < all.size(); n++) {
    // one group of columns after the other: its panels stay in the cache while the rows pass
    for (int64_t column = 0; column < all[n].columns; column += kTaskColumns) {
      for (int64_t row = 0; row < all[n].rows; row += kTaskRows) pieces.push_back({n, row, column});
    }
  }
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    const auto [n, row, column] = pieces[i];
    const auto run = has_amx() ? amx_task : all[n].transposed_a ? task<true> : task<false>;
    run(all[n], row, column);
  });
}

namespace {

void multiply(const Product& p, const Side& b, bool transposed_b) {
  const auto packed = room_for_packed(p.inner, p.columns);
  pack({{b, p.inner, p.columns, transposed_b, packed.get()}});
  Product whole = p;
  whole.packed = packed.get();
  songs::multiply({whole});
}

// op(a) op(b), where op transposes or not: a [rows, inner] or [inner, rows], b [inner, columns] or [columns, inner]. Only
// aᵀ b takes an odd inner dimension: the others read pairs of neighbours in a row.
void product(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor *a = call.input(0), *b = call.input(1);
  const bool transposed_b = attributes.transpose_b;
  Product p;
  p.transposed_a = attributes.transpose_a;
  p.rows = TF_Dim(a, p.transposed_a ? 1 : 0);
  p.inner = TF_Dim(a, p.transposed_a ? 0 : 1);
  p.columns = TF_Dim(b, transposed_b ? 0 : 1);
  if (TF_Dim(b, transposed_b ? 1 : 0) != p.inner) return call.fail("SongProduct: the inner dimensions differ.");
  if (p.inner % 2 != 0 && !(p.transposed_a && !transposed_b)) {
    return call.fail("SongProduct: the inner dimension is odd.");
  }
  p.a = {static_cast<const bf16*>(TF_TensorData(a)), TF_Dim(a, 1)};
  p.c = call.out<bf16>(0, TF_BFLOAT16, {p.rows, p.columns});
  multiply(p, {static_cast<const bf16*>(TF_TensorData(b)), TF_Dim(b, 1)}, transposed_b);
}

// gelu(x wᵀ + bias), x [rows, inner], w [columns, inner], and x wᵀ itself, or nothing where it is not to be kept.
void product_gelu(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor *x = call.input(0), *w = call.input(1);
  Product p;
  p.rows = TF_Dim(x, 0);
  p.inner = TF_Dim(x, 1);
  p.columns = TF_Dim(w, 0);
  if (TF_Dim(w, 1) != p.inner || p.inner % 2 != 0) {
    return call.fail("SongProductGelu: the inner dimensions differ or are odd.");
  }
  p.a = {static_cast<const bf16*>(TF_TensorData(x)), p.inner};
  const float* bias = call.in<float>(2);
  bf16* activated = call.out<bf16>(0, TF_BFLOAT16, {p.rows, p.columns});
  bf16* kept = call.out<bf16>(1, TF_BFLOAT16, {attributes.keep ? p.rows : 0, p.columns});
  p.end = gelu_end(bias, p.columns, attributes.keep ? kept : nullptr, activated);
  multiply(p, {static_cast<const bf16*>(TF_TensorData(w)), p.inner}, true);
}

}  // namespace

std::vector<Operation> product_operations() {
  return {
      {"SongProduct", {"a: T", "b: T"}, {"c: T"}, {"transpose_a: bool", "transpose_b: bool"}, nullptr, product},
      {"SongProductGelu", {"x: T", "w: T", "bias: float"}, {"y: T", "kept: T"}, {"keep: bool"}, nullptr, product_gelu},
  };
}
#else
std::vector<Operation> product_operations() { return {}; }
#endif

}  // namespace songs
