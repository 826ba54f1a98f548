// Attention as one operation in float32 or bfloat16: scores, softmax, dropout and context of one head after the other, so that scores
// stay in the cache and in float32. See attention.cc for the same in pieces.
#include "attention_whole.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "operations.h"
#include "threads.h"

namespace songs {

#ifdef SONG_VECTORS
namespace {

// Probabilities that dropout left, on their way to T.
constexpr int64_t kLeft = 512;

// Up to a tile's rows of A (row_bytes apart) times packed panels to float32 sums, `stride` apart.
template <typename T>
void rows_to_float(const T* a, int64_t row_bytes, int64_t rows, const T* panels, int64_t inner, float* sums,
                   int64_t stride, int64_t columns) {
  const Tile<T> run = tile_of<T, false, Into::kFloat>(rows);
  for (int64_t j = 0; j < columns; j += kTileColumns) {
    run(reinterpret_cast<const char*>(a), row_bytes, panels + j * inner, inner / kUnit<T>, sums + j, stride,
        nullptr, 0,
        std::min(kTileColumns, columns - j));
  }
}

// The same to results.
template <bool Packed, typename T>
void rows_to_results(const T* a, int64_t row_bytes, int64_t rows, const T* panels, int64_t inner, T* to, int64_t stride,
                     int64_t columns) {
  const Tile<T> run = tile_of<T, Packed, Into::kResult>(rows);
  for (int64_t j = 0; j < columns; j += kTileColumns) {
    run(reinterpret_cast<const char*>(a), row_bytes, panels + j * inner, inner / kUnit<T>, nullptr, 0, to + j,
        stride,
        std::min(kTileColumns, columns - j));
  }
}

// Xᵀ B, X [rows, length] with rows `even` apart, B packed, to [length, size] with rows `stride` apart.
template <typename T>
void transposed_product(const Heads<T>& h, const T* x, int64_t rows, T* own, const T* panels, T* to, int64_t stride) {
  const int64_t inner = rounded_up(rows, kUnit<T>);
  constexpr int64_t most = 8 * kTileRows;
  for (int64_t from = 0; from < h.length; from += most) {
    const int64_t count = std::min(most, h.length - from);
    pack_transposed({x, h.even}, h.length, from, count, 0, rows, own, inner * kTileRows);
    for (int64_t i = 0; i < count; i += kTileRows) {
      rows_to_results<true>(own + i * inner, 0, std::min(kTileRows, count - i), panels, inner, to + (from + i) * stride,
                         stride, h.size);
    }
  }
}

// A head's queries, keys and values with their biases; of the queries those that ask.
template <typename T>
struct Head {
  int64_t b, head, count;
  const T *q, *k, *v;
};

// Runs part(head, workspace) for every head, with workspaces that a few heads share.
template <typename Workspace, typename T, typename Part>
void over_heads(const Heads<T>& h, const Part& part) {
  const int64_t group = h.group(), groups = h.heads / group;
  Pool::get().run(static_cast<int>(h.batch * groups), [&](int task) {
    const int64_t b = task / groups, first = task % groups * group, all = group * h.one();
    const auto read = scratch<T>(3 * all);
    h.read(b, first, group, read.get());
    Workspace workspace(h);
    for (int64_t i = 0; i < group; i++) {
      T* q = read.get() + i * h.one();
      const int64_t count = h.queries_of(b);
      // they ascend: each moves up to a place that was read
      for (int64_t r = 0; r < count && h.queries != nullptr; r++) {
        std::copy_n(q + h.place(b, r) * h.size, h.size, q + r * h.size);
      }
      part(Head<T>{b, first + i, count, q, q + all, q + 2 * all}, workspace);
    }
  });
}

template <typename T>
struct ForwardSpace {
  Scratch<T> k, v, p;
  Scratch<float> scores;

  explicit ForwardSpace(const Heads<T>& h)
      : k(scratch<T>(h.keys() * h.size)),
        v(scratch<T>(h.even * h.columns())),
        p(scratch<T>(kTileRows * h.even)),
        scores(scratch<float>(kTileRows * h.keys())) {
    std::fill(p.get(), p.get() + kTileRows * h.even, T(0));
  }
};

template <typename T>
void forward(const Heads<T>& h, const Head<T>& head, ForwardSpace<T>& space, T* output) {
  const int64_t length = h.length, keys = h.keys();
  const Dropout drop = h.dropout;
  pack_rows({head.k, h.size}, h.size, length, 0, keys, 0, h.size, space.k.get());
  pack_columns({head.v, h.size}, h.even, h.size, 0, h.columns(), 0, h.even, space.v.get());
  for (int64_t from = 0; from < head.count; from += kTileRows) {
    const int64_t rows = std::min(kTileRows, head.count - from);
    rows_to_float(head.q + from * h.size, sizeof(T) * h.size, rows, space.k.get(), h.size, space.scores.get(), keys, length);
    for (int64_t r = 0; r < rows; r++) {
      const int64_t t = h.place(head.b, from + r), row = (head.b * h.heads + head.head) * length + t, n = length;
      float* e = space.scores.get() + r * keys;
      const float inverted = softmax_row(e, h.mask.at(head.b, head.head, t), h.scale, n, e);
      if (drop.active()) {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) e[i] *= inverted * drop.factor(row, i);
      } else {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) e[i] *= inverted;
      }
      narrow(e, space.p.get() + r * h.even, n);
    }
    rows_to_results<false>(space.p.get(), sizeof(T) * h.even, rows, space.v.get(), h.even,
                        output + (h.first[head.b] + from) * h.width + head.head * h.size, h.width, h.size);
  }
}

}  // namespace

template <typename T>
void attend(const Heads<T>& heads, T* output) {
  over_heads<ForwardSpace<T>>(heads, [&](const Head<T>& head, ForwardSpace<T>& space) {
    forward(heads, head, space, output);
  });
}

namespace {

template <typename T>
void attention(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  const Heads<T> h(call, 0, attributes);
  if (!h.fits) return call.fail("SongAttention: heads of an odd width, or a mask or queries that do not fit.");
  attend(h, call.out<T>(0, type_of<T>(), {h.all_queries(), h.width}));
}

template <typename T>
struct BackwardSpace {
  Scratch<T> k, v, columns, own, p, ds, dq;
  Scratch<float> scores, above;

  explicit BackwardSpace(const Heads<T>& h)
      : k(scratch<T>(h.keys() * h.size)),
        v(scratch<T>(h.keys() * h.size)),
        columns(scratch<T>(h.even * h.columns())),
        own(scratch<T>(8 * kTileRows * h.even)),
        p(scratch<T>(h.length * h.even)),
        ds(scratch<T>(h.length * h.even)),
        dq(scratch<T>(kTileRows * h.size)),
        scores(scratch<float>(kTileRows * h.keys())),
        above(scratch<float>(kTileRows * h.keys())) {}
};

// From a row's scores e and the gradient g of what dropout left of its softmax: to what was left (p) and the gradient of the
// scores before they were scaled (ds), both rounded.
template <typename T>
void softmax_gradient(const Heads<T>& h, int64_t row, const float* mask, float* e, float* g, T* p, T* ds) {
  const Dropout drop = h.dropout;
  const int64_t n = h.length;
  const float inverted = softmax_row(e, mask, h.scale, n, e), scale = h.scale;
  float inner = 0;
  if (drop.active()) {
    float left[kLeft];
    for (int64_t at = 0; at < n; at += kLeft) {
      const int64_t count = std::min(kLeft, n - at);
      float *ea = e + at, *ga = g + at;
#pragma omp simd reduction(+ : inner)
      for (int64_t i = 0; i < count; i++) {
        const float factor = drop.factor(row, at + i), probability = ea[i] * inverted, gradient = ga[i] * factor;
        ea[i] = probability;
        left[i] = probability * factor;
        ga[i] = gradient;
        inner += gradient * probability;
      }
      narrow(left, p + at, count);
    }
  } else {
#pragma omp simd reduction(+ : inner)
    for (int64_t i = 0; i < n; i++) {
      e[i] *= inverted;
      inner += g[i] * e[i];
    }
    narrow(e, p, n);
  }
  // where one probability is nearly 1, its gradient less the mean is small: what rounding the mean left out counts
  float missing = 0;
#pragma omp simd reduction(+ : missing)
  for (int64_t i = 0; i < n; i++) missing += (g[i] - inner) * e[i];
#pragma omp simd
  for (int64_t i = 0; i < n; i++) g[i] = e[i] * (g[i] - inner - missing) * scale;
  narrow(g, ds, n);
}

template <typename T>
void backward(const Heads<T>& h, const Head<T>& head, BackwardSpace<T>& space, const T* dy, T* dqkv, float* sums) {
  const int64_t length = h.length, keys = h.keys(), even = h.even, size = h.size, stride = 3 * h.width;
  T* d[3];
  for (int64_t part = 0; part < 3; part++) d[part] = dqkv + head.b * length * stride + part * h.width + head.head * size;
  dy += h.first[head.b] * h.width + head.head * size;
  if (head.count < length) {
    for (int64_t t = 0; t < length; t++) std::fill(d[0] + t * stride, d[0] + t * stride + size, T(0));
  }
  pack_rows({head.k, size}, size, length, 0, keys, 0, size, space.k.get());
  pack_rows({head.v, size}, size, length, 0, keys, 0, size, space.v.get());
  pack_columns({head.k, size}, even, size, 0, h.columns(), 0, even, space.columns.get());
  for (int64_t from = 0; from < head.count; from += kTileRows) {
    const int64_t rows = std::min(kTileRows, head.count - from);
    rows_to_float(head.q + from * size, sizeof(T) * size, rows, space.k.get(), size, space.scores.get(), keys, length);
    rows_to_float(dy + from * h.width, sizeof(T) * h.width, rows, space.v.get(), size, space.above.get(), keys, length);
    for (int64_t r = 0; r < rows; r++) {
      const int64_t t = h.place(head.b, from + r), row = (head.b * h.heads + head.head) * length + t;
      T *p = space.p.get() + (from + r) * even, *ds = space.ds.get() + (from + r) * even;
      p[even - 1] = ds[even - 1] = 0;
      softmax_gradient(h, row, h.mask.at(head.b, head.head, t), space.scores.get() + r * keys,
                       space.above.get() + r * keys, p, ds);
    }
    rows_to_results<false>(space.ds.get() + from * even, sizeof(T) * even, rows, space.columns.get(), even, space.dq.get(), size,
                        size);
    for (int64_t r = 0; r < rows; r++) {
      std::copy_n(space.dq.get() + r * size, size, d[0] + h.place(head.b, from + r) * stride);
    }
  }
  pack_columns({head.q, size}, head.count, size, 0, h.columns(), 0, head.count, space.columns.get());
  transposed_product(h, space.ds.get(), head.count, space.own.get(), space.columns.get(), d[1], stride);
  pack_columns({dy, h.width}, head.count, size, 0, h.columns(), 0, head.count, space.columns.get());
  transposed_product(h, space.p.get(), head.count, space.own.get(), space.columns.get(), d[2], stride);
  for (int part = 0; part < 3; part++) {
    float* sum = sums + head.b * stride + part * h.width + head.head * size;
    std::fill(sum, sum + size, 0.0f);
    for (int64_t t = 0; t < length; t++) {
      const T* row = d[part] + t * stride;
#pragma omp simd
      for (int64_t i = 0; i < size; i++) sum[i] += load(row, i);
    }
  }
}

}  // namespace

template <typename T>
void attend_gradient(const Heads<T>& h, const T* dy, T* dqkv, float* dbias) {
  const int64_t width = 3 * h.width;
  const auto sums = scratch<float>(h.batch * width);
  over_heads<BackwardSpace<T>>(h, [&](const Head<T>& head, BackwardSpace<T>& space) {
    backward(h, head, space, dy, dqkv, sums.get());
  });
  std::fill(dbias, dbias + width, 0.0f);
  for (int64_t b = 0; b < h.batch; b++) {
    for (int64_t i = 0; i < width; i++) dbias[i] += sums[b * width + i];
  }
}

template void attend(const Heads<float>&, float*);
template void attend_gradient(const Heads<float>&, const float*, float*, float*);
#ifdef SONG_BF16_VECTORS
template void attend(const Heads<bf16>&, bf16*);
template void attend_gradient(const Heads<bf16>&, const bf16*, bf16*, float*);
#endif

namespace {

template <typename T>
void attention_gradient(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  const T* dy = call.in<T>(0);
  const Heads<T> h(call, 1, attributes);
  if (!h.fits) return call.fail("SongAttentionGradient: heads of an odd width, or a mask or queries that do not fit.");
  const int64_t width = 3 * h.width;
  T* dqkv = call.out<T>(0, type_of<T>(), {h.batch * h.length, width});
  float* dbias = call.out<float>(1, TF_FLOAT, {width});
  attend_gradient(h, dy, dqkv, dbias);
}

#ifdef SONG_BF16_VECTORS
constexpr auto bf16_attention = attention<bf16>, bf16_attention_gradient = attention_gradient<bf16>;
#else
constexpr std::nullptr_t bf16_attention = nullptr, bf16_attention_gradient = nullptr;
#endif

}  // namespace

std::vector<Operation> attention_whole_operations() {
  return {
      {"SongAttention",
       {"qkv: T", "bias: float", "mask: float", "key: int32", "sizes: int32", "queries: int32"},
       {"context: T"},
       {"scale: float", "rate: float"},
       attention<float>,
       bf16_attention},
      {"SongAttentionGradient",
       {"dy: T", "qkv: T", "bias: float", "mask: float", "key: int32", "sizes: int32", "queries: int32"},
       {"dqkv: T", "dbias: float"},
       {"scale: float", "rate: float"},
       attention_gradient<float>,
       bf16_attention_gradient},
  };
}
#else
std::vector<Operation> attention_whole_operations() { return {}; }
#endif

}  // namespace songs
