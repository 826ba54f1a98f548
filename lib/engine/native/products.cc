// Matrix products in bfloat16, where the processor multiplies it: see products.h.
#include "products.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "call.h"
#include "gelu.h"
#include "operations.h"
#include "threads.h"

namespace songs {

#ifdef SONG_PRODUCTS
namespace {

// The rows and columns of the result that one task computes.
constexpr int64_t kTaskRows = 96, kTaskColumns = 256;

struct Product {
  int64_t rows, columns, inner;
  int64_t even;  // inner, rounded up
  Side a, b;
  bool transpose_a, transpose_b;
  bf16* c;
  // where they are given, what GELU makes of the sums with a bias; c may be null then
  const float* bias = nullptr;
  bf16* activated = nullptr;
};

// The end of a panel with GELU: its sums are still in the cache.
void activate(const Product& p, int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums) {
  const VectorGelu gelu;
  const Pair bias = load_32(p.bias + column, columns);
  for (int64_t i = 0; i < rows; i++) {
    const int64_t at = (row + i) * p.columns + column;
    const Pair x = load_32(sums + i * kTileColumns, columns);
    if (p.c != nullptr) store_32(p.c + at, columns, x);
    store_32(p.activated + at, columns, gelu(x + bias));
  }
}

// The tiles of a task for a slab of the inner dimension, panel by panel; `sums` has 32 columns of all its rows after another.
template <bool Packed, Into into>
void tiles(const Product& p, const bf16* a, int64_t row, int64_t rows, int64_t column, int64_t columns, int64_t k,
           int64_t depth, const bf16* packed, float* sums, bool ends) {
  for (int64_t j = 0; j < columns; j += kTileColumns) {
    const bf16* panel = packed + (column + j) * p.even + k * kTileColumns;
    for (int64_t i = 0; i < rows; i += kTileRows) {
      const int64_t count = std::min(kTileRows, rows - i);
      const char* from = reinterpret_cast<const char*>(Packed ? a + i * rounded_up(depth, 2) : a + i * p.a.stride);
      tile_of<Packed, into>(count)(from, 2 * p.a.stride, panel, (depth + 1) / 2, sums + i * kTileColumns, kTileColumns,
                                   p.c + (row + i) * p.columns + column + j, p.columns,
                                   std::min(kTileColumns, columns - j));
    }
    if (ends) activate(p, row, rows, column + j, std::min(kTileColumns, columns - j), sums);
    sums += kTaskRows * kTileColumns;
  }
}

template <bool Packed>
void task(const Product& p, int64_t row, int64_t column, const bf16* packed) {
  const int64_t rows = std::min(kTaskRows, p.rows - row), columns = std::min(kTaskColumns, p.columns - column);
  const int64_t most = p.inner <= 2 * kSlab ? p.inner : kSlab;
  const auto sums = scratch<float>(p.inner > most || p.activated != nullptr ? kTaskRows * kTaskColumns : 0);
  const auto own = scratch<bf16>(Packed ? kTaskRows * rounded_up(most, 2) : 0);
  for (int64_t k = 0; k < p.inner; k += most) {
    const int64_t depth = std::min(most, p.inner - k);
    if (Packed) pack_transposed(p.a, p.rows, row, rows, k, depth, own.get());
    const bf16* a = Packed ? own.get() : p.a.values + row * p.a.stride + k;
    const bool ends = p.activated != nullptr && k + depth == p.inner;
    const bool first = k == 0, last = k + depth == p.inner && !ends;
    auto run = first ? (last ? tiles<Packed, Into::kBf16> : tiles<Packed, Into::kFloat>)
                     : (last ? tiles<Packed, Into::kAddedBf16> : tiles<Packed, Into::kAddedFloat>);
    run(p, a, row, rows, column, columns, k, depth, packed, sums.get(), ends);
  }
}

void multiply(const Product& p) {
  const int64_t width = rounded_up(p.columns, kTileColumns);
  const auto packed = scratch<bf16>(width * p.even);
  const int64_t down = (p.rows + kTaskRows - 1) / kTaskRows, across = (p.columns + kTaskColumns - 1) / kTaskColumns;
  const int64_t slabs = (p.inner + kSlab - 1) / kSlab;
  Pool::get().run(static_cast<int>(across * slabs), [&](int i) {
    const int64_t from = i / slabs * kTaskColumns, k = i % slabs * kSlab;
    (p.transpose_b ? pack_rows : pack_columns)(p.b, p.inner, p.columns, from, std::min(kTaskColumns, width - from), k,
                                               std::min(kSlab, p.inner - k), packed.get());
  });
  // one group of columns after the other: its panels stay in the cache while the rows pass
  Pool::get().run(static_cast<int>(down * across), [&](int i) {
    (p.transpose_a ? task<true> : task<false>)(p, i % down * kTaskRows, i / down * kTaskColumns, packed.get());
  });
}

// op(a) op(b), where op transposes or not: a [rows, inner] or [inner, rows], b [inner, columns] or [columns, inner]. Only
// aᵀ b takes an odd inner dimension: the others read pairs of neighbours in a row.
void product(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor *a = call.input(0), *b = call.input(1);
  Product p;
  p.transpose_a = attributes.transpose_a;
  p.transpose_b = attributes.transpose_b;
  p.rows = TF_Dim(a, p.transpose_a ? 1 : 0);
  p.inner = TF_Dim(a, p.transpose_a ? 0 : 1);
  p.columns = TF_Dim(b, p.transpose_b ? 0 : 1);
  p.even = rounded_up(p.inner, 2);
  if (TF_Dim(b, p.transpose_b ? 1 : 0) != p.inner) return call.fail("SongProduct: the inner dimensions differ.");
  if (p.even != p.inner && !(p.transpose_a && !p.transpose_b)) {
    return call.fail("SongProduct: the inner dimension is odd.");
  }
  p.a = {static_cast<const bf16*>(TF_TensorData(a)), TF_Dim(a, 1)};
  p.b = {static_cast<const bf16*>(TF_TensorData(b)), TF_Dim(b, 1)};
  p.c = call.out<bf16>(0, TF_BFLOAT16, {p.rows, p.columns});
  multiply(p);
}

// gelu(x wᵀ + bias), x [rows, inner], w [columns, inner], and x wᵀ itself, or nothing where it is not to be kept.
void product_gelu(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor *x = call.input(0), *w = call.input(1);
  Product p;
  p.transpose_a = false;
  p.transpose_b = true;
  p.rows = TF_Dim(x, 0);
  p.inner = TF_Dim(x, 1);
  p.columns = TF_Dim(w, 0);
  p.even = rounded_up(p.inner, 2);
  if (TF_Dim(w, 1) != p.inner || p.even != p.inner) {
    return call.fail("SongProductGelu: the inner dimensions differ or are odd.");
  }
  p.a = {static_cast<const bf16*>(TF_TensorData(x)), p.inner};
  p.b = {static_cast<const bf16*>(TF_TensorData(w)), p.inner};
  p.bias = call.in<float>(2);
  p.activated = call.out<bf16>(0, TF_BFLOAT16, {p.rows, p.columns});
  bf16* kept = call.out<bf16>(1, TF_BFLOAT16, {attributes.keep ? p.rows : 0, p.columns});
  p.c = attributes.keep ? kept : nullptr;
  multiply(p);
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
