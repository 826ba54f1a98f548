// Parameters of which each of several processes steps a part.
#include <algorithm>
#include <cstdint>
#include <cstring>
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

// A member's share of each of some arrays: of n numbers those from n · rank / members to n · (rank + 1) / members.
struct Shares {
  std::vector<int64_t> sizes;
  int members, rank;

  int64_t from(size_t i, int member) const { return sizes[i] * member / members; }
};

// Reads N arrays, whose addresses are put into x, and after them the numbers of members and rank.
template <typename T>
Shares read_shares(Call& call, int count, int at, std::vector<T*>& x) {
  const auto* of = call.in<int32_t>(at);
  Shares shares{{}, of[0], of[1]};
  for (int i = 0; i < count; i++) {
    TF_Tensor* input = call.input(i);
    x.push_back(static_cast<T*>(TF_TensorData(input)));
    shares.sizes.push_back(TF_TensorElementCount(input));
  }
  return shares;
}

// Arrays that are joined have the first member's share of each, then the second's. Calls a function with what they consist of, in pieces:
// the array, where in it a piece begins, where it does among those joined, its size, whose it is.
template <typename Function>
void each_piece(const Shares& shares, const Function& function) {
  int64_t joined = 0;
  for (int member = 0; member < shares.members; member++) {
    for (size_t i = 0; i < shares.sizes.size(); i++) {
      const int64_t end = shares.from(i, member + 1);
      for (int64_t from = shares.from(i, member); from < end;) {
        const int64_t size = std::min(kPiece, end - from);
        function(i, from, joined, size, member);
        from += size;
        joined += size;
      }
    }
  }
}

template <typename T>
struct Copy {
  const T* from;
  T* to;
  int64_t size;
};

template <typename T>
void make(const std::vector<Copy<T>>& copies) {
  Pool::get().run(static_cast<int>(copies.size()), [&](int i) {
    const Copy<T>& copy = copies[static_cast<size_t>(i)];
    std::memcpy(copy.to, copy.from, static_cast<size_t>(copy.size) * sizeof(T));
  });
}

// Joins arrays; written are the own shares alone or the others', as the last of `shares` says: 1 or 0.
template <typename T>
void join_shares(void*, TF_OpKernelContext* context) {
  Call call(context);
  const int count = TF_NumInputs(context) - 1;
  std::vector<const T*> x;
  const Shares shares = read_shares(call, count, count, x);
  const bool own = call.in<int32_t>(count)[2] != 0;
  int64_t total = 0;
  for (int64_t size : shares.sizes) total += size;
  T* y = call.out<T>(0, type_of<T>(), {total});
  std::vector<Copy<T>> copies;
  each_piece(shares, [&](size_t i, int64_t from, int64_t joined, int64_t size, int member) {
    if ((member == shares.rank) == own) copies.push_back({x[i] + from, y + joined, size});
  });
  make(copies);
}

// Writes the others' shares from where they are joined to where they belong: x, which are written to, share the memory of parameters.
void spread_shares(void*, TF_OpKernelContext* context) {
  Call call(context);
  const int count = TF_NumInputs(context) - 2;
  std::vector<float*> x;
  const Shares shares = read_shares(call, count, count + 1, x);
  const auto* y = call.in<float>(count);
  std::vector<Copy<float>> copies;
  each_piece(shares, [&](size_t i, int64_t from, int64_t joined, int64_t size, int member) {
    if (member != shares.rank) copies.push_back({y + joined, x[i] + from, size});
  });
  make(copies);
}

// The sums of the own shares, joined, float32: of x and what the others have of them, received [members - 1, numbers].
template <typename T>
void sum_shares(void*, TF_OpKernelContext* context) {
  Call call(context);
  const int count = TF_NumInputs(context) - 2;
  std::vector<const T*> x;
  const Shares shares = read_shares(call, count, count + 1, x);
  TF_Tensor* others = call.input(count);
  const T* received = static_cast<const T*>(TF_TensorData(others));
  const int64_t numbers = TF_Dim(others, 1);
  float* y = call.out<float>(0, TF_FLOAT, {numbers});
  struct Piece {
    const T* own;
    int64_t at, size;
  };
  std::vector<Piece> pieces;
  int64_t next = 0;
  each_piece(shares, [&](size_t i, int64_t from, int64_t, int64_t size, int member) {
    if (member != shares.rank) return;
    pieces.push_back({x[i] + from, next, size});
    next += size;
  });
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    const Piece& piece = pieces[static_cast<size_t>(i)];
    const int64_t size = piece.size;
    float* sum = y + piece.at;
    for (int member = 0; member < shares.members; member++) {
      const int row = member < shares.rank ? member : member - 1;
      const T* one = member == shares.rank ? piece.own : received + row * numbers + piece.at;
      if (member == 0) {
        for (int64_t k = 0; k < size; k++) sum[k] = load(one, k);
      } else {
#pragma omp simd
        for (int64_t k = 0; k < size; k++) sum[k] += load(one, k);
      }
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
      {"SongJoinShares",
       {"x: N * T", "shares: int32"},
       {"y: T"},
       {"N: int >= 1"},
       join_shares<float>,
       join_shares<bf16>},
      {"SongSumShares",
       {"x: N * T", "received: T", "shares: int32"},
       {"y: float"},
       {"N: int >= 1"},
       sum_shares<float>,
       sum_shares<bf16>},
      {"SongSpreadShares",
       {"x: N * float", "y: float", "shares: int32"},
       {},
       {"N: int >= 1"},
       spread_shares,
       nullptr},
      {"SongNarrowRest",
       {"x: N * float", "y: N * bfloat16", "done: int32"},
       {},
       {"N: int >= 1"},
       narrow_rest,
       nullptr},
  };
}

}  // namespace songs
