// Embeddings: rows looked up in tables, and the way back for gradients.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "call.h"
#include "operations.h"
#include "threads.h"

namespace songs {
namespace {

// y [tokens, width] = the sum of a row of each table [its rows, width], in their order: rows [tables, tokens].
template <typename T>
void look_up(void*, TF_OpKernelContext* context) {
  Call call(context);
  const int count = TF_NumInputs(context) - 1;
  TF_Tensor* places = call.input(count);
  const auto* rows = static_cast<const int32_t*>(TF_TensorData(places));
  const int64_t tokens = TF_Dim(places, 1);
  std::vector<const T*> tables;
  int64_t width = 0;
  for (int k = 0; k < count; k++) {
    TF_Tensor* table = call.input(k);
    if (k > 0 && TF_Dim(table, 1) != width) return call.fail("SongLookUp: tables of several widths.");
    width = TF_Dim(table, 1);
    tables.push_back(static_cast<const T*>(TF_TensorData(table)));
    const int64_t size = TF_Dim(table, 0);
    const bool fits = std::all_of(rows + k * tokens, rows + (k + 1) * tokens,
                                  [&](int32_t row) { return row >= 0 && row < size; });
    if (!fits) return call.fail("SongLookUp: a row that its table does not have.");
  }
  float* y = call.out<float>(0, TF_FLOAT, {tokens, width});
  over_rows(tokens, [&](int, int64_t from, int64_t to) {
    const int64_t n = width;
    for (int64_t token = from; token < to; token++) {
      float* sum = y + token * n;
      for (int k = 0; k < count; k++) {
        const T* row = tables[k] + rows[k * tokens + token] * n;
        if (k == 0) {
#pragma omp simd
          for (int64_t i = 0; i < n; i++) sum[i] = load(row, i);
        } else {
#pragma omp simd
          for (int64_t i = 0; i < n; i++) sum[i] += load(row, i);
        }
      }
    }
  });
}

// Adds each row of x [n, width] to the row of y [size, width] that `rows` names; what has a negative one is left out. Threads
// share the columns, so that each sum has its order.
void sum_into_rows(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor *input = call.input(0), *places = call.input(1);
  const int64_t count = TF_Dim(input, 0), width = TF_Dim(input, 1), size = *call.in<int32_t>(2);
  const auto* x = static_cast<const float*>(TF_TensorData(input));
  const auto* rows = static_cast<const int32_t*>(TF_TensorData(places));
  if (TF_TensorElementCount(places) != count || std::any_of(rows, rows + count, [&](int32_t row) { return row >= size; })) {
    return call.fail("SongSumIntoRows: a row that the result does not have.");
  }
  float* y = call.out<float>(0, TF_FLOAT, {size, width});
  constexpr int64_t most = 64;
  Pool::get().run(static_cast<int>((width + most - 1) / most), [&](int part) {
    const int64_t first = part * most, n = std::min(most, width - first);
    for (int64_t row = 0; row < size; row++) std::fill_n(y + row * width + first, n, 0.0f);
    for (int64_t i = 0; i < count; i++) {
      if (rows[i] < 0) continue;
      float* sum = y + rows[i] * width + first;
      const float* added = x + i * width + first;
#pragma omp simd
      for (int64_t k = 0; k < n; k++) sum[k] += added[k];
    }
  });
}

}  // namespace

std::vector<Operation> embedding_operations() {
  return {
      {"SongLookUp", {"tables: N * T", "rows: int32"}, {"y: float"}, {"N: int >= 1"}, look_up<float>, look_up<bf16>},
      {"SongSumIntoRows", {"x: T", "rows: int32", "size: int32"}, {"y: float"}, {}, sum_into_rows, nullptr},
  };
}

}  // namespace songs
