// Matrix products in float32, and in bfloat16 where the processor multiplies it: see products.h.
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

#ifdef SONG_VECTORS
namespace {

// The tiles of a task for a slab of the inner dimension, panel by panel; of a packed A, the stride is a row's share of the
// way to the next panel; `sums` has 32 columns of all its rows after another.
template <typename T, bool Packed, Into into>
void tiles(const Product<T>& p, const Side<T>& a, int64_t row, int64_t rows, int64_t column, int64_t columns, int64_t k,
           int64_t depth, float* sums, bool ends) {
  for (int64_t j = 0; j < columns; j += kTileColumns) {
    const T* panel = p.packed + (column + j) * rounded_up(p.inner, kUnit<T>) + k * kTileColumns;
    for (int64_t i = 0; i < rows; i += kTileRows) {
      const int64_t count = std::min(kTileRows, rows - i);
      const char* from = reinterpret_cast<const char*>(a.values + i * a.stride);
      tile_of<T, Packed, into>(count)(from, sizeof(T) * a.stride, panel, rounded_up(depth, kUnit<T>) / kUnit<T>,
                                      sums + i * kTileColumns, kTileColumns,
                                      p.c + (row + i) * p.columns + column + j, p.columns,
                                      std::min(kTileColumns, columns - j));
    }
    if (ends) p.end(row, rows, column + j, std::min(kTileColumns, columns - j), sums);
    sums += kTaskRows * kTileColumns;
  }
}

// Whether rows of A share their places in the cache, which holds fewer than a tile has.
template <typename T>
bool collide(const Side<T>& a) {
  return a.stride * sizeof(T) % 4096 == 0;
}

// How much of the inner dimension of a transposed A a thread packs at once: its rows as they stand, one after the other.
constexpr int64_t kPackedDepth = 64;

// The columns of a task: more where A is packed (floats gain nothing from that).
template <typename T>
int64_t task_columns(const Product<T>& p) {
  return sizeof(T) == 2 && p.transposed_a ? 2 * kTaskColumns : kTaskColumns;
}

template <typename T, bool Packed>
void task(const Product<T>& p, int64_t row, int64_t column) {
  const int64_t rows = std::min(kTaskRows, p.rows - row), columns = std::min(task_columns(p), p.columns - column);
  // sums of bf16 numbers, two at once, may be as long as is fastest; of floats short ones lose less
  const int64_t most = sizeof(T) == 4 ? std::min(p.inner, kSlab / 2) : p.inner <= 2 * kSlab ? p.inner : kSlab;
  const auto sums = scratch<float>(p.inner > most || p.end ? kTaskRows * rounded_up(columns, kTileColumns) : 0);
  const bool copied = !Packed && collide(p.a);
  const int64_t apart = most + 64 / sizeof(T);
  const bool packs = Packed && p.a_panels == nullptr;
  const auto own = scratch<T>(packs || copied ? kTaskRows * rounded_up(apart, kUnit<T>) : 0);
  for (int64_t k = 0; k < p.inner; k += most) {
    const int64_t depth = std::min(most, p.inner - k);
    Side<T> a = {p.a.values + row * p.a.stride + k, p.a.stride};
    if (packs) {
      a = {own.get(), rounded_up(depth, kUnit<T>)};
      pack_transposed(p.a, p.rows, row, rows, k, depth, own.get(), a.stride * kTileRows);
    } else if (Packed) {
      a.stride = rounded_up(p.inner, kUnit<T>);
      a.values = p.a_panels + row * a.stride + k * kTileRows;
    } else if (copied) {
      for (int64_t i = 0; i < rows; i++) std::copy_n(a.values + i * a.stride, depth, own.get() + i * apart);
      a = {own.get(), apart};
    }
    const bool ends = p.end && k + depth == p.inner;
    const bool first = k == 0, last = k + depth == p.inner && !ends;
    auto run = first ? (last ? tiles<T, Packed, Into::kResult> : tiles<T, Packed, Into::kFloat>)
                     : (last ? tiles<T, Packed, Into::kAddedResult> : tiles<T, Packed, Into::kAddedFloat>);
    run(p, a, row, rows, column, columns, k, depth, sums.get(), ends);
  }
}

#ifdef SONG_BF16_VECTORS

// Columns [from, from + count) of X [inner, rows] as rows, depth apart (rounded up to even, zeros at the end): X's rows
// [k, k + depth).
void transpose_rows(const Side<bf16>& x, int64_t rows, int64_t from, int64_t count, int64_t k, int64_t depth, bf16* to) {
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
      transpose_units(pairs);
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
      const auto run = added ? tile_of<bf16, false, Into::kAddedFloat>(count) : tile_of<bf16, false, Into::kFloat>(count);
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
void narrow_panel(const Product<bf16>& p, int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums) {
  for (int64_t i = 0; i < rows; i++) {
    store_32(p.c + (row + i) * p.columns + column, columns, load_32(sums + i * kTileColumns, columns));
  }
}

void amx_task(const Product<bf16>& p, int64_t row, int64_t column) {
  const AmxTiles tiles;
  const int64_t rows = std::min(kTaskRows, p.rows - row), columns = std::min(task_columns(p), p.columns - column);
  const int64_t most = p.inner <= 2 * kSlab ? p.inner : kSlab;
  const auto sums = scratch<float>(kTaskRows * rounded_up(columns, kTileColumns));
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

#endif

// Whether tasks read a transposed A from such panels; AMX wants other ones, which its tasks make.
template <typename T>
bool packs_left_sides() {
#ifdef SONG_BF16_VECTORS
  if (sizeof(T) == 2) return !has_amx();
#endif
  return true;
}

// What computes a task of a product.
template <typename T>
auto task_of(const Product<T>& p) {
#ifdef SONG_BF16_VECTORS
  if constexpr (sizeof(T) == 2) {
    if (has_amx()) return amx_task;
  }
#endif
  return p.transposed_a ? task<T, true> : task<T, false>;
}

// A part of one of several products.
struct Piece {
  size_t product;
  int64_t i, j;
};

}  // namespace

template <typename T>
void pack(const std::vector<Packing<T>>& all) {
  std::vector<Piece> pieces;
  for (size_t n = 0; n < all.size(); n++) {
    for (int64_t j = 0; j < all[n].columns; j += kTaskColumns) {
      for (int64_t k = 0; k < all[n].inner; k += kSlab) pieces.push_back({n, j, k});
    }
  }
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    const Packing<T>& p = all[pieces[i].product];
    const int64_t from = pieces[i].i, k = pieces[i].j;
    const int64_t width = std::min(kTaskColumns, rounded_up(p.columns, kTileColumns) - from);
    const int64_t depth = std::min(kSlab, p.inner - k);
    if (p.transposed) {
      pack_rows(p.b, p.inner, p.columns, from, width, k, depth, p.to);
    } else {
      pack_columns(p.b, p.inner, p.columns, from, width, k, depth, p.to);
    }
  });
}

template <typename T>
End gelu_end(const float* bias, int64_t width, T* kept, T* activated) {
  return [=](int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums) {
    const VectorGelu<T> gelu;
    const Pair add = load_32(bias + column, columns);
    for (int64_t i = 0; i < rows; i++) {
      const int64_t at = (row + i) * width + column;
      ask_for(activated + at + kAhead * width);
      if (kept != nullptr) ask_for(kept + at + kAhead * width);
      const Pair x = load_32(sums + i * kTileColumns, columns);
      if (kept != nullptr) store_32(kept + at, columns, x);
      store_32(activated + at, columns, gelu(x + add));
    }
  };
}

// Packs every A that is transposed and read by several tasks, once for all of them. Returns where they are packed.
template <typename T>
std::vector<Scratch<T>> pack_left_sides(std::vector<Product<T>>& all) {
  std::vector<Scratch<T>> rooms;
  std::vector<Piece> pieces;
  for (size_t n = 0; n < all.size(); n++) {
    if (!all[n].transposed_a || all[n].columns <= task_columns(all[n])) continue;
    rooms.push_back(scratch<T>(rounded_up(all[n].rows, kTileRows) * rounded_up(all[n].inner, kUnit<T>)));
    all[n].a_panels = rooms.back().get();
    for (int64_t k = 0; k < all[n].inner; k += kPackedDepth) pieces.push_back({n, 0, k});
  }
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    const Product<T>& p = all[pieces[i].product];
    const int64_t from = pieces[i].i, k = pieces[i].j;
    const int64_t depth = std::min(kPackedDepth, p.inner - k), apart = rounded_up(p.inner, kUnit<T>) * kTileRows;
    pack_transposed(p.a, p.rows, from, p.rows, k, depth, p.a_panels + k * kTileRows, apart);
  });
  return rooms;
}

template <typename T>
void multiply(const std::vector<Product<T>>& given) {
  std::vector<Product<T>> all = given;
  const std::vector<Scratch<T>> packed = packs_left_sides<T>() ? pack_left_sides(all) : std::vector<Scratch<T>>();
  std::vector<Piece> pieces;
  for (size_t n = 0; n < all.size(); n++) {
    // one group of columns after the other: its panels stay in the cache while the rows pass
    for (int64_t column = 0; column < all[n].columns; column += task_columns(all[n])) {
      for (int64_t row = 0; row < all[n].rows; row += kTaskRows) pieces.push_back({n, row, column});
    }
  }
  // long ones first: no thread is left with one when the others are done
  std::stable_sort(pieces.begin(), pieces.end(),
                   [&](const Piece& a, const Piece& b) { return all[a.product].inner > all[b.product].inner; });
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    const Product<T>& p = all[pieces[i].product];
    task_of(p)(p, pieces[i].i, pieces[i].j);
  });
}

template void pack(const std::vector<Packing<float>>&);
template void multiply(const std::vector<Product<float>>&);
template End gelu_end(const float*, int64_t, float*, float*);
#ifdef SONG_BF16_VECTORS
template void pack(const std::vector<Packing<bf16>>&);
template void multiply(const std::vector<Product<bf16>>&);
template End gelu_end(const float*, int64_t, bf16*, bf16*);
#endif

namespace {

template <typename T>
void multiply(const Product<T>& p, const Side<T>& b, bool transposed_b) {
  const auto packed = room_for_packed<T>(p.inner, p.columns);
  pack<T>({{b, p.inner, p.columns, transposed_b, packed.get()}});
  Product<T> whole = p;
  whole.packed = packed.get();
  songs::multiply<T>({whole});
}

// op(a) op(b), where op transposes or not: a [rows, inner] or [inner, rows], b [inner, columns] or [columns, inner]. Only
// aᵀ b takes an odd inner dimension in bfloat16: the others read pairs of neighbours in a row.
template <typename T>
void product(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor *a = call.input(0), *b = call.input(1);
  const bool transposed_b = attributes.transpose_b;
  Product<T> p;
  p.transposed_a = attributes.transpose_a;
  p.rows = TF_Dim(a, p.transposed_a ? 1 : 0);
  p.inner = TF_Dim(a, p.transposed_a ? 0 : 1);
  p.columns = TF_Dim(b, transposed_b ? 0 : 1);
  if (TF_Dim(b, transposed_b ? 1 : 0) != p.inner) return call.fail("SongProduct: the inner dimensions differ.");
  if (p.inner % kUnit<T> != 0 && !(p.transposed_a && !transposed_b)) {
    return call.fail("SongProduct: the inner dimension is odd.");
  }
  p.a = {static_cast<const T*>(TF_TensorData(a)), TF_Dim(a, 1)};
  p.c = call.out<T>(0, type_of<T>(), {p.rows, p.columns});
  multiply(p, {static_cast<const T*>(TF_TensorData(b)), TF_Dim(b, 1)}, transposed_b);
}

// gelu(x wᵀ + bias), x [rows, inner], w [columns, inner], and x wᵀ itself, or nothing where it is not to be kept.
template <typename T>
void product_gelu(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor *x = call.input(0), *w = call.input(1);
  Product<T> p;
  p.rows = TF_Dim(x, 0);
  p.inner = TF_Dim(x, 1);
  p.columns = TF_Dim(w, 0);
  if (TF_Dim(w, 1) != p.inner || p.inner % kUnit<T> != 0) {
    return call.fail("SongProductGelu: the inner dimensions differ or are odd.");
  }
  p.a = {static_cast<const T*>(TF_TensorData(x)), p.inner};
  const float* bias = call.in<float>(2);
  T* activated = call.out<T>(0, type_of<T>(), {p.rows, p.columns});
  T* kept = call.out<T>(1, type_of<T>(), {attributes.keep ? p.rows : 0, p.columns});
  p.end = gelu_end(bias, p.columns, attributes.keep ? kept : nullptr, activated);
  multiply(p, {static_cast<const T*>(TF_TensorData(w)), p.inner}, true);
}

#ifdef SONG_BF16_VECTORS
constexpr auto bf16_product = product<bf16>, bf16_product_gelu = product_gelu<bf16>;
#else
constexpr std::nullptr_t bf16_product = nullptr, bf16_product_gelu = nullptr;
#endif

}  // namespace

std::vector<Operation> product_operations() {
  return {
      {"SongProduct", {"a: T", "b: T"}, {"c: T"}, {"transpose_a: bool", "transpose_b: bool"}, product<float>, bf16_product},
      {"SongProductGelu", {"x: T", "w: T", "bias: float"}, {"y: T", "kept: T"}, {"keep: bool"}, product_gelu<float>,
       bf16_product_gelu},
  };
}
#else
std::vector<Operation> product_operations() { return {}; }
#endif

}  // namespace songs
