// Attention as one operation in bfloat16: scores, softmax, dropout and context of one head after the other, so that scores
// stay in the cache and in float32. See attention.cc for the same in pieces.
#include "products.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "attention.h"
#include "call.h"
#include "dropout.h"
#include "operations.h"
#include "threads.h"

namespace songs {

#ifdef SONG_PRODUCTS
namespace {

// How many rows ahead memory is asked for: the processor does not foresee pieces of long rows.
constexpr int64_t kAhead = 8;

void narrow(const float* from, bf16* to, int64_t count) {
  for (int64_t i = 0; i < count; i += 32) store_32(to + i, count - i, load_32(from + i, count - i));
}

// to = from + bias, rounded.
void add_bias(const bf16* from, const float* bias, bf16* to, int64_t count) {
  for (int64_t i = 0; i < count; i += 32) {
    store_32(to + i, count - i, load_32(from + i, count - i) + load_32(bias + i, count - i));
  }
}

// What forward and backward pass begin with: qkv [batch · length, 3 · heads · size], bias [3 · heads · size], a mask, a
// dropout, and the tokens that ask (rows of qkv, ascending; all where there are none): the others are asked alone.
struct Heads {
  int64_t batch, length, heads, size, width;
  int64_t even;  // length, rounded up
  const bf16* qkv;
  const float* bias;
  MaskRows mask;
  float scale;
  Dropout dropout;
  const int32_t* queries = nullptr;
  std::vector<int64_t> first;  // of each row of the batch, its first query; and how many there are
  bool fits;

  // The inputs from `at` on: qkv, bias, mask, key, sizes [batch, length, heads], queries.
  Heads(Call& call, int at, const Attributes& attributes)
      : scale(attributes.scale), dropout(attributes.rate, call.in<int32_t>(at + 3)) {
    TF_Tensor* input = call.input(at);
    qkv = static_cast<const bf16*>(TF_TensorData(input));
    bias = call.in<float>(at + 1);
    const int32_t* sizes = call.in<int32_t>(at + 4);
    batch = sizes[0], length = sizes[1], heads = sizes[2];
    width = TF_Dim(input, 1) / 3;
    size = width / heads;
    even = rounded_up(length, 2);
    fits = size % 2 == 0 && mask.fit(call.input(at + 2), {batch, heads, length, length}) && find(call.input(at + 5));
  }

  // Which queries belong to which row of the batch. False where they do not ascend, or lie outside.
  bool find(TF_Tensor* asked) {
    const int64_t count = TF_TensorElementCount(asked);
    if (count > 0) queries = static_cast<const int32_t*>(TF_TensorData(asked));
    for (int64_t b = 0, i = 0; b <= batch; b++) {
      while (queries != nullptr && i < count && queries[i] < b * length) {
        if (queries[i] < 0 || (i > 0 && queries[i] <= queries[i - 1])) return false;
        i++;
      }
      first.push_back(queries == nullptr ? b * length : i);
    }
    return queries == nullptr || first.back() == count;
  }

  int64_t all_queries() const { return first.back(); }
  int64_t queries_of(int64_t b) const { return first[b + 1] - first[b]; }
  // The place of one of them in its row.
  int64_t place(int64_t b, int64_t i) const { return queries == nullptr ? i : queries[first[b] + i] - b * length; }

  int64_t keys() const { return rounded_up(length, kTileColumns); }
  int64_t columns() const { return rounded_up(size, kTileColumns); }

  // How many neighbouring heads a task takes: as many as stay in the cache, so that rows are read in long pieces, but few
  // where there would be too few tasks.
  int64_t group() const {
    const int64_t fit = std::max<int64_t>(1, (256 << 10) / (6 * even * size));
    const int64_t most = std::min(fit, std::max<int64_t>(1, batch * heads / 32));
    int64_t count = 1;
    for (int64_t i = 2; i <= most; i++) count = heads % i == 0 ? i : count;
    return count;
  }

  // Numbers of one head's queries, keys or values.
  int64_t one() const { return even * size; }

  // Queries, keys and values of heads [first, first + count) with their biases: [3, count, even, size], zeros where length
  // is odd.
  void read(int64_t b, int64_t first, int64_t count, bf16* to) const {
    for (int64_t t = 0; t < length; t++) {
      const bf16* from = qkv + (b * length + t) * 3 * width + first * size;
      for (int part = 0; part < 3; part++) {
        for (int64_t i = 0; i < count * size && t + kAhead < length; i += 32) {
          __builtin_prefetch(from + kAhead * 3 * width + part * width + i);
        }
        for (int64_t head = 0; head < count; head++) {
          const int64_t at = part * width + head * size;
          add_bias(from + at, bias + at + first * size, to + (part * count + head) * one() + t * size, size);
        }
      }
    }
    if (even == length) return;
    for (int64_t i = 0; i < 3 * count; i++) std::fill(to + i * one() + length * size, to + (i + 1) * one(), 0);
  }
};

// Probabilities that dropout left, on their way to bfloat16.
constexpr int64_t kLeft = 512;

// Up to 12 rows of A (row_bytes apart) times packed panels to float32 sums, `stride` apart.
void rows_to_float(const bf16* a, int64_t row_bytes, int64_t rows, const bf16* panels, int64_t inner, float* sums,
                   int64_t stride, int64_t columns) {
  const Tile run = tile_of<false, Into::kFloat>(rows);
  for (int64_t j = 0; j < columns; j += kTileColumns) {
    run(reinterpret_cast<const char*>(a), row_bytes, panels + j * inner, inner / 2, sums + j, stride, nullptr, 0,
        std::min(kTileColumns, columns - j));
  }
}

// The same to bfloat16.
template <bool Packed>
void rows_to_bf16(const bf16* a, int64_t row_bytes, int64_t rows, const bf16* panels, int64_t inner, bf16* to,
                  int64_t stride, int64_t columns) {
  const Tile run = tile_of<Packed, Into::kBf16>(rows);
  for (int64_t j = 0; j < columns; j += kTileColumns) {
    run(reinterpret_cast<const char*>(a), row_bytes, panels + j * inner, inner / 2, nullptr, 0, to + j, stride,
        std::min(kTileColumns, columns - j));
  }
}

// Xᵀ B, X [rows, length] with rows `even` apart, B packed, to [length, size] in bfloat16 with rows `stride` apart.
void transposed_product(const Heads& h, const bf16* x, int64_t rows, bf16* own, const bf16* panels, bf16* to,
                        int64_t stride) {
  const int64_t inner = rounded_up(rows, 2);
  constexpr int64_t most = 8 * kTileRows;
  for (int64_t from = 0; from < h.length; from += most) {
    const int64_t count = std::min(most, h.length - from);
    pack_transposed({x, h.even}, h.length, from, count, 0, rows, own);
    for (int64_t i = 0; i < count; i += kTileRows) {
      rows_to_bf16<true>(own + i * inner, 0, std::min(kTileRows, count - i), panels, inner, to + (from + i) * stride,
                         stride, h.size);
    }
  }
}

// A head's queries, keys and values with their biases; of the queries those that ask.
struct Head {
  int64_t b, head, count;
  const bf16 *q, *k, *v;
};

// Runs part(head, workspace) for every head, with workspaces that a few heads share.
template <typename Workspace, typename Part>
void over_heads(const Heads& h, const Part& part) {
  const int64_t group = h.group(), groups = h.heads / group;
  Pool::get().run(static_cast<int>(h.batch * groups), [&](int task) {
    const int64_t b = task / groups, first = task % groups * group, all = group * h.one();
    const auto read = scratch<bf16>(3 * all);
    h.read(b, first, group, read.get());
    Workspace workspace(h);
    for (int64_t i = 0; i < group; i++) {
      bf16* q = read.get() + i * h.one();
      const int64_t count = h.queries_of(b);
      // they ascend: each moves up to a place that was read
      for (int64_t r = 0; r < count && h.queries != nullptr; r++) {
        std::copy_n(q + h.place(b, r) * h.size, h.size, q + r * h.size);
      }
      part(Head{b, first + i, count, q, q + all, q + 2 * all}, workspace);
    }
  });
}

struct ForwardSpace {
  Scratch<bf16> k, v, p;
  Scratch<float> scores;

  explicit ForwardSpace(const Heads& h)
      : k(scratch<bf16>(h.keys() * h.size)),
        v(scratch<bf16>(h.even * h.columns())),
        p(scratch<bf16>(kTileRows * h.even)),
        scores(scratch<float>(kTileRows * h.keys())) {
    std::fill(p.get(), p.get() + kTileRows * h.even, 0);
  }
};

void forward(const Heads& h, const Head& head, ForwardSpace& space, bf16* output) {
  const int64_t length = h.length, keys = h.keys();
  const Dropout drop = h.dropout;
  pack_rows({head.k, h.size}, h.size, length, 0, keys, 0, h.size, space.k.get());
  pack_columns({head.v, h.size}, h.even, h.size, 0, h.columns(), 0, h.even, space.v.get());
  for (int64_t from = 0; from < head.count; from += kTileRows) {
    const int64_t rows = std::min(kTileRows, head.count - from);
    rows_to_float(head.q + from * h.size, 2 * h.size, rows, space.k.get(), h.size, space.scores.get(), keys, length);
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
    rows_to_bf16<false>(space.p.get(), 2 * h.even, rows, space.v.get(), h.even,
                        output + (h.first[head.b] + from) * h.width + head.head * h.size, h.width, h.size);
  }
}

// Dropout(softmax(q kᵀ · scale + mask)) v of every head, side by side: [queries, width].
void attention(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  const Heads h(call, 0, attributes);
  if (!h.fits) return call.fail("SongAttention: heads of an odd width, or a mask or queries that do not fit.");
  bf16* output = call.out<bf16>(0, TF_BFLOAT16, {h.all_queries(), h.width});
  over_heads<ForwardSpace>(h, [&](const Head& head, ForwardSpace& space) { forward(h, head, space, output); });
}

struct BackwardSpace {
  Scratch<bf16> k, v, columns, own, p, ds, dq;
  Scratch<float> scores, above;

  explicit BackwardSpace(const Heads& h)
      : k(scratch<bf16>(h.keys() * h.size)),
        v(scratch<bf16>(h.keys() * h.size)),
        columns(scratch<bf16>(h.even * h.columns())),
        own(scratch<bf16>(8 * kTileRows * h.even)),
        p(scratch<bf16>(h.length * h.even)),
        ds(scratch<bf16>(h.length * h.even)),
        dq(scratch<bf16>(kTileRows * h.size)),
        scores(scratch<float>(kTileRows * h.keys())),
        above(scratch<float>(kTileRows * h.keys())) {}
};

// From a row's scores e and the gradient g of what dropout left of its softmax: to what was left (p) and the gradient of the
// scores before they were scaled (ds), both rounded.
void softmax_gradient(const Heads& h, int64_t row, const float* mask, float* e, float* g, bf16* p, bf16* ds) {
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

void backward(const Heads& h, const Head& head, BackwardSpace& space, const bf16* dy, bf16* dqkv, float* sums) {
  const int64_t length = h.length, keys = h.keys(), even = h.even, size = h.size, stride = 3 * h.width;
  bf16* d[3];
  for (int64_t part = 0; part < 3; part++) d[part] = dqkv + head.b * length * stride + part * h.width + head.head * size;
  dy += h.first[head.b] * h.width + head.head * size;
  if (head.count < length) {
    for (int64_t t = 0; t < length; t++) std::fill(d[0] + t * stride, d[0] + t * stride + size, 0);
  }
  pack_rows({head.k, size}, size, length, 0, keys, 0, size, space.k.get());
  pack_rows({head.v, size}, size, length, 0, keys, 0, size, space.v.get());
  pack_columns({head.k, size}, even, size, 0, h.columns(), 0, even, space.columns.get());
  for (int64_t from = 0; from < head.count; from += kTileRows) {
    const int64_t rows = std::min(kTileRows, head.count - from);
    rows_to_float(head.q + from * size, 2 * size, rows, space.k.get(), size, space.scores.get(), keys, length);
    rows_to_float(dy + from * h.width, 2 * h.width, rows, space.v.get(), size, space.above.get(), keys, length);
    for (int64_t r = 0; r < rows; r++) {
      const int64_t t = h.place(head.b, from + r), row = (head.b * h.heads + head.head) * length + t;
      bf16 *p = space.p.get() + (from + r) * even, *ds = space.ds.get() + (from + r) * even;
      p[even - 1] = ds[even - 1] = 0;
      softmax_gradient(h, row, h.mask.at(head.b, head.head, t), space.scores.get() + r * keys,
                       space.above.get() + r * keys, p, ds);
    }
    rows_to_bf16<false>(space.ds.get() + from * even, 2 * even, rows, space.columns.get(), even, space.dq.get(), size,
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
      const bf16* row = d[part] + t * stride;
#pragma omp simd
      for (int64_t i = 0; i < size; i++) sum[i] += load(row, i);
    }
  }
}

// From the gradient of what attention gives to those of qkv and of bias. Scores and softmax are computed once more.
void attention_gradient(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  const bf16* dy = call.in<bf16>(0);
  const Heads h(call, 1, attributes);
  if (!h.fits) return call.fail("SongAttentionGradient: heads of an odd width, or a mask or queries that do not fit.");
  const int64_t width = 3 * h.width;
  bf16* dqkv = call.out<bf16>(0, TF_BFLOAT16, {h.batch * h.length, width});
  float* dbias = call.out<float>(1, TF_FLOAT, {width});
  const auto sums = scratch<float>(h.batch * width);
  over_heads<BackwardSpace>(h, [&](const Head& head, BackwardSpace& space) {
    backward(h, head, space, dy, dqkv, sums.get());
  });
  std::fill(dbias, dbias + width, 0.0f);
  for (int64_t b = 0; b < h.batch; b++) {
    for (int64_t i = 0; i < width; i++) dbias[i] += sums[b * width + i];
  }
}

}  // namespace

std::vector<Operation> attention_whole_operations() {
  return {
      {"SongAttention",
       {"qkv: T", "bias: float", "mask: float", "key: int32", "sizes: int32", "queries: int32"},
       {"context: T"},
       {"scale: float", "rate: float"},
       nullptr,
       attention},
      {"SongAttentionGradient",
       {"dy: T", "qkv: T", "bias: float", "mask: float", "key: int32", "sizes: int32", "queries: int32"},
       {"dqkv: T", "dbias: float"},
       {"scale: float", "rate: float"},
       nullptr,
       attention_gradient},
  };
}
#else
std::vector<Operation> attention_whole_operations() { return {}; }
#endif

}  // namespace songs
