// Whole products of matrices of float32 or bfloat16, with what becomes of their sums: see products.h for the tiles they are
// made of.
#pragma once

#include "products.h"

#ifdef SONG_VECTORS
#include <functional>
#include <vector>

namespace songs {

// The rows and columns of the result that one task computes.
constexpr int64_t kTaskRows = 96, kTaskColumns = 256;

// What is done with a panel's sums while they are in the cache, in place of storing them in c: [rows][32], of which
// `columns` count; `row` and `column` are its place. Rows come in tasks of kTaskRows: row / kTaskRows is the task's number.
using End = std::function<void(int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums)>;

// A product with a packed B: c [rows, columns] = op(A) B.
template <typename T>
struct Product {
  int64_t rows = 0, columns = 0, inner = 0;
  Side<T> a = {nullptr, 0};
  bool transposed_a = false;
  const T* packed = nullptr;
  T* c = nullptr;
  End end;
  // of a transposed A that several tasks read, its panels of a tile's rows, one after the other: `multiply` sets and fills them
  T* a_panels = nullptr;
};

// B [inner, columns], or Bᵀ where `transposed`, on its way into panels.
template <typename T>
struct Packing {
  Side<T> b;
  int64_t inner, columns;
  bool transposed;
  T* to;
};

template <typename T>
Scratch<T> room_for_packed(int64_t inner, int64_t columns) {
  return scratch<T>(rounded_up(columns, kTileColumns) * rounded_up(inner, kUnit<T>));
}

// Packs all of them, sharing the work out.
template <typename T>
void pack(const std::vector<Packing<T>>& all);

// Computes all of them, sharing the work out.
template <typename T>
void multiply(const std::vector<Product<T>>& all);

// The end that stores gelu(sums + bias), and the sums themselves where `kept` is given; both `width` wide.
template <typename T>
End gelu_end(const float* bias, int64_t width, T* kept, T* activated);

}  // namespace songs
#endif
