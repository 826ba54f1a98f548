// Parameters of which each of several processes steps a part.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "call.h"
#include "operations.h"
#include "threads.h"

namespace songs {
namespace {

// Where the numbers of tensors stand: addresses [N, 2], the low and the high 32 bits of each.
void addresses(void*, TF_OpKernelContext* context) {
  Call call(context);
  const int count = TF_NumInputs(context);
  auto* address = call.out<uint32_t>(0, TF_INT32, {count, 2});
  for (int i = 0; i < count; i++) {
    const uint64_t at = reinterpret_cast<uintptr_t>(TF_TensorData(call.input(i)));
    address[2 * i] = static_cast<uint32_t>(at);
    address[2 * i + 1] = static_cast<uint32_t>(at >> 32);
  }
}

constexpr int64_t kPiece = 8192;

// Σ of the rows of x [parts, size], in their order, float32: [size].
template <typename T>
void sum_parts(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const int64_t parts = TF_Dim(input, 0), size = TF_Dim(input, 1);
  const auto* x = static_cast<const T*>(TF_TensorData(input));
  float* y = call.out<float>(0, TF_FLOAT, {size});
  Pool::get().run(static_cast<int>((size + kPiece - 1) / kPiece), [&](int i) {
    const int64_t from = i * kPiece, count = std::min(kPiece, size - from);
    float* sum = y + from;
    for (int64_t k = 0; k < count; k++) sum[k] = load(x + from, k);
    for (int64_t part = 1; part < parts; part++) {
      const T* row = x + part * size + from;
#pragma omp simd
      for (int64_t k = 0; k < count; k++) sum[k] += load(row, k);
    }
  });
}

// Makes bfloat16 copies anew but for a part, whose copy is right: x and its copies y, which are written to, share the memory of
// parameters; done [N, 2], from where to where each has that part.
void narrow_rest(void*, TF_OpKernelContext* context) {
  Call call(context);
  const int count = (TF_NumInputs(context) - 1) / 2;
  const auto* done = call.in<int32_t>(2 * count);
  struct Piece {
    const float* from;
    bf16* to;
    int64_t size;
  };
  std::vector<Piece> pieces;
  for (int i = 0; i < count; i++) {
    TF_Tensor* input = call.input(i);
    const auto* x = static_cast<const float*>(TF_TensorData(input));
    auto* y = call.in<bf16>(count + i);
    const auto cut = [&](int64_t from, int64_t to) {
      for (; from < to; from += kPiece) pieces.push_back({x + from, y + from, std::min(kPiece, to - from)});
    };
    cut(0, done[2 * i]);
    cut(done[2 * i + 1], TF_TensorElementCount(input));
  }
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    const Piece& piece = pieces[static_cast<size_t>(i)];
    const float* from = piece.from;
    bf16* to = piece.to;
#pragma omp simd
    for (int64_t k = 0; k < piece.size; k++) store(to, k, from[k]);
  });
}

}  // namespace

std::vector<Operation> part_operations() {
  return {
      {"SongAddresses", {"x: N * T"}, {"y: int32"}, {"N: int >= 1"}, addresses, addresses},
      {"SongSumParts", {"x: T"}, {"y: float"}, {}, sum_parts<float>, sum_parts<bf16>},
      {"SongNarrowRest",
       {"x: N * float", "y: N * bfloat16", "done: int32"},
       {},
       {"N: int >= 1"},
       narrow_rest,
       nullptr},
  };
}

}  // namespace songs
