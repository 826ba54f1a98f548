// The norm of gradients, and the step of the optimizer.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "call.h"
#include "operations.h"
#include "threads.h"

namespace songs {
namespace {

// Part of one of several arrays.
struct Piece {
  int array;
  int64_t from, to;
};

// Cuts arrays of these sizes into pieces of at most `most`, the same on every machine.
std::vector<Piece> cut(const std::vector<int64_t>& sizes, int64_t most) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < sizes.size(); i++) {
    for (int64_t from = 0; from < sizes[i]; from += most) {
      pieces.push_back({static_cast<int>(i), from, std::min(sizes[i], from + most)});
    }
  }
  return pieces;
}

constexpr int64_t kPiece = 32768;

template <typename T>
float block_of_squares(const T* x, int64_t size) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < size; i++) sum += load(x, i) * load(x, i);
  return sum;
}

// Σ x² over any number of arrays, one number: float32 within blocks, double over them.
template <typename T>
void sum_of_squares(void*, TF_OpKernelContext* context) {
  Call call(context);
  const int count = TF_NumInputs(context);
  std::vector<const T*> arrays;
  std::vector<int64_t> sizes;
  for (int i = 0; i < count; i++) {
    TF_Tensor* x = call.input(i);
    arrays.push_back(static_cast<const T*>(TF_TensorData(x)));
    sizes.push_back(TF_TensorElementCount(x));
  }
  const auto pieces = cut(sizes, kPiece);
  std::vector<double> sums(pieces.size(), 0.0);
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    constexpr int64_t block = 1024;
    const Piece piece = pieces[i];
    for (int64_t at = piece.from; at < piece.to; at += block) {
      sums[i] += block_of_squares(arrays[piece.array] + at, std::min(block, piece.to - at));
    }
  });
  double total = 0;
  for (double sum : sums) total += sum;
  *call.out<float>(0, TF_FLOAT, {}) = static_cast<float>(total);
}

// The numbers of a parameter's step.
struct AdamWNumbers {
  // what decay leaves, the gradient's scale, 1 - β₁, β₂, 1 - β₂, step size, 1 / √(1 - β₂ᵗ), ε; the place of its bfloat16
  // copy among `low`, or -1
  float decay, scale, first, beta2, second, rate, correction, epsilon, low;
};

template <typename T>
void adamw_piece(float* p, float* m, float* v, bf16* low, const T* gradient, int64_t size, AdamWNumbers n) {
#pragma omp simd
  for (int64_t i = 0; i < size; i++) {
    const float g = load(gradient, i) * n.scale;
    const float mi = m[i] + (g - m[i]) * n.first;
    const float vi = v[i] * n.beta2 + g * g * n.second;
    m[i] = mi;
    v[i] = vi;
    p[i] = p[i] * n.decay - n.rate * (mi / (std::sqrt(vi) * n.correction + n.epsilon));
  }
  if (low == nullptr) return;
#pragma omp simd
  for (int64_t i = 0; i < size; i++) store(low, i, p[i]);
}

// One step of AdamW on parameters, their moments and, where they have them, their bfloat16 copies: in place, the inputs
// p, m, v and low share the memory of variables and are written to. parts [parameters, 3]: what is stepped of each begins where in it, and
// where among its gradient's numbers, and how many numbers that is. numbers [parameters, 9].
template <typename T>
void adamw(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* table = call.input(TF_NumInputs(context) - 1);
  const auto* parts = call.in<int32_t>(TF_NumInputs(context) - 2);
  const int count = static_cast<int>(TF_Dim(table, 0)), lows = TF_NumInputs(context) - 2 - 4 * count;
  const auto* numbers = static_cast<const AdamWNumbers*>(TF_TensorData(table));
  std::vector<float *> p, m, v;
  std::vector<bf16*> low;
  std::vector<const T*> gradients;
  std::vector<int64_t> sizes;
  int input = 0;
  for (int i = 0; i < count; i++) p.push_back(call.in<float>(input++) + parts[3 * i]);
  for (int i = 0; i < count; i++) m.push_back(call.in<float>(input++) + parts[3 * i]);
  for (int i = 0; i < count; i++) v.push_back(call.in<float>(input++) + parts[3 * i]);
  for (int i = 0; i < lows; i++) low.push_back(call.in<bf16>(input++));
  for (int i = 0; i < count; i++) {
    gradients.push_back(call.in<const T>(input++) + parts[3 * i + 1]);
    sizes.push_back(parts[3 * i + 2]);
  }
  const auto pieces = cut(sizes, kPiece);
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    const int k = pieces[i].array;
    const int64_t from = pieces[i].from, to = pieces[i].to;
    const int copy = static_cast<int>(numbers[k].low);
    adamw_piece(p[k] + from, m[k] + from, v[k] + from, copy < 0 ? nullptr : low[copy] + parts[3 * k] + from,
                gradients[k] + from, to - from, numbers[k]);
  });
}

// The step of a table [rows, width] of which few rows have a gradient: `places` has each row's place among `gradient`'s, -1 where
// it has none, -2 where it has none and its moments are zeros, so that decay alone moves it.
void adamw_rows(void*, TF_OpKernelContext* context) {
  Call call(context);
  const bool has_low = TF_NumInputs(context) == 7;
  int input = 0;
  TF_Tensor* parameter = call.input(input++);
  auto* p = static_cast<float*>(TF_TensorData(parameter));
  auto* m = call.in<float>(input++);
  auto* v = call.in<float>(input++);
  bf16* low = has_low ? call.in<bf16>(input++) : nullptr;
  const auto* gradient = call.in<float>(input++);
  TF_Tensor* places = call.input(input++);
  const auto* place = static_cast<const int32_t*>(TF_TensorData(places));
  const AdamWNumbers n = *call.in<AdamWNumbers>(input++);
  const int64_t rows = TF_TensorElementCount(places), width = TF_TensorElementCount(parameter) / rows;
  const std::vector<float> zeros(static_cast<size_t>(width), 0.0f);
  const auto pieces = cut({rows}, std::max<int64_t>(1, kPiece / width));
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    for (int64_t row = pieces[i].from; row < pieces[i].to; row++) {
      const int64_t at = row * width;
      bf16* copy = low == nullptr ? nullptr : low + at;
      if (place[row] > -2) {
        const float* g = place[row] < 0 ? zeros.data() : gradient + place[row] * width;
        adamw_piece(p + at, m + at, v + at, copy, g, width, n);
      } else if (n.decay != 1) {
#pragma omp simd
        for (int64_t k = at; k < at + width; k++) p[k] *= n.decay;
        if (copy == nullptr) continue;
#pragma omp simd
        for (int64_t k = 0; k < width; k++) store(copy, k, p[at + k]);
      }
    }
  });
}

}  // namespace

std::vector<Operation> optimizer_operations() {
  return {
      {"SongSumOfSquares", {"x: N * T"}, {"y: float"}, {"N: int >= 1"}, sum_of_squares<float>, sum_of_squares<bf16>},
      {"SongAdamW",
       {"p: N * float", "m: N * float", "v: N * float", "low: lows * bfloat16", "gradient: N * T", "parts: int32",
        "numbers: float"},
       {},
       {"N: int >= 1", "lows: int >= 0"},
       adamw<float>,
       adamw<bf16>},
      {"SongAdamWRows",
       {"p: float", "m: float", "v: float", "low: lows * bfloat16", "gradient: float", "places: int32", "numbers: float"},
       {},
       {"lows: int >= 0"},
       adamw_rows,
       nullptr},
  };
}

}  // namespace songs
