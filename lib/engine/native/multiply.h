// Whole products of bfloat16 matrices, with what becomes of their sums: see products.h for the tiles they are made of.
#pragma once

#include "products.h"

#ifdef SONG_PRODUCTS
#include <functional>
#include <vector>

namespace songs {

// The rows and columns of the result that one task computes.
constexpr int64_t kTaskRows = 96, kTaskColumns = 256;

// What is done with a panel's sums while they are in the cache, in place of rounding them into c: [rows][32], of which
// `columns` count; `row` and `column` are its place. Rows come in tasks of kTaskRows: row / kTaskRows is the task's number.
using End = std::function<void(int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums)>;

// A product with a packed B: c [rows, columns] = op(A) B.
struct Product {
  int64_t rows = 0, columns = 0, inner = 0;
  Side a = {nullptr, 0};
  bool transposed_a = false;
  const bf16* packed = nullptr;
  bf16* c = nullptr;
  End end;
};

// B [inner, columns], or Bᵀ where `transposed`, on its way into panels.
struct Packing {
  Side b;
  int64_t inner, columns;
  bool transposed;
  bf16* to;
};

Scratch<bf16> room_for_packed(int64_t inner, int64_t columns);

// Packs all of them, sharing the work out.
void pack(const std::vector<Packing>& all);

// Computes all of them, sharing the work out.
void multiply(const std::vector<Product>& all);

// The end that stores gelu(sums + bias), and the sums themselves where `kept` is given; both `width` wide.
End gelu_end(const float* bias, int64_t width, bf16* kept, bf16* activated);

}  // namespace songs
#endif
