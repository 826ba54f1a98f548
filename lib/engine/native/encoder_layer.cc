// A whole layer of a Transformer encoder in float32 or bfloat16, forward and backward, each one operation: the same arithmetic
// as its pieces (attention_whole.cc, products.cc, norms.cc), without what lies between them.
//
//   middle = LayerNorm(x + Dropout(Attention(x) Woᵀ + bo)),  y = LayerNorm(middle + Dropout(GELU(middle W1ᵀ + b1) W2ᵀ + b2))
//
// x [tokens, width] float; of tokens that nobody asks for, keys and values alone are computed.
#include "attention_whole.h"
#include "multiply.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "call.h"
#include "gelu.h"
#include "norms.h"
#include "operations.h"
#include "threads.h"

namespace songs {

#ifdef SONG_VECTORS
namespace {

// Whether what goes into products is float32, as what comes out of them: nothing is rounded between.
template <typename T>
constexpr bool kExact = sizeof(T) == sizeof(float);

// The order of the operation's weights, each [out, in], and of its vectors.
enum Weight { kQuery, kKey, kValue, kOut, kFirst, kSecond, kWeights };
enum Vector { kQueryBias, kKeyBias, kValueBias, kOutBias, kNorm1, kOffset1, kFirstBias, kSecondBias, kNorm2, kOffset2, kVectors };

// What forward and backward pass share: the inputs from `at` on (weights, vectors, mask, numbers).
template <typename T>
struct Layer {
  int64_t tokens, width, inner, asked;
  const T* weights[kWeights];
  const float* vectors[kVectors];
  Dropout dropouts[3];  // of attention, of its output, of the second product's output
  std::vector<float> bias;  // of queries, keys, values
  Heads<T> heads;
  float epsilon;
  bool fits;

  Layer(Call& call, int at, const Attributes& attributes, int64_t width)
      : Layer(call, at, attributes, width, call.input(at + kWeights + kVectors + 1)) {}

 private:
  // numbers: batch, length, heads; the keys of the three dropouts, two each; the tokens that ask.
  Layer(Call& call, int at, const Attributes& attributes, int64_t width, TF_Tensor* given)
      : Layer(call, at, attributes, width, static_cast<const int32_t*>(TF_TensorData(given)),
              TF_TensorElementCount(given) - 9) {}

  Layer(Call& call, int at, const Attributes& attributes, int64_t width, const int32_t* numbers, int64_t count)
      : width(width),
        dropouts{{attributes.attention_rate, numbers + 3}, {attributes.rate, numbers + 5}, {attributes.rate, numbers + 7}},
        heads(width, numbers, call.input(at + kWeights + kVectors), numbers + 9, count, attributes.scale, dropouts[0]),
        epsilon(attributes.epsilon) {
    for (int i = 0; i < kWeights; i++) weights[i] = call.in<T>(at + i);
    for (int i = 0; i < kVectors; i++) vectors[i] = call.in<float>(at + kWeights + i);
    for (int i = kQueryBias; i <= kValueBias; i++) bias.insert(bias.end(), vectors[i], vectors[i] + width);
    heads.bias = bias.data();
    tokens = heads.batch * heads.length;
    inner = TF_Dim(call.input(at + kFirst), 0);
    asked = heads.all_queries();
    fits = heads.fits && width % kUnit<T> == 0 && inner % kUnit<T> == 0;
  }

 public:

  NormInputs norm(Vector bias, Vector weight) const {
    return {width, vectors[bias], vectors[weight], vectors[weight + 1], epsilon};
  }

  // The token of a row that asks.
  int64_t token(int64_t i) const { return heads.queries == nullptr ? i : heads.queries[i]; }

  // The weights of queries, keys and values one below the other, from the first of them on: [(3 - first) · width, width].
  Scratch<T> joined(int first) const {
    auto all = scratch<T>((3 - first) * width * width);
    T* to = all.get();
    over_rows((3 - first) * width, [&](int, int64_t from, int64_t end) {
      for (int64_t i = from; i < end; i++) {
        std::copy_n(weights[kQuery + first + i / width] + i % width * width, width, to + i * width);
      }
    });
    return all;
  }

  // The rows that ask, `stride` numbers apart, one after the other.
  Scratch<T> of_asked(const T* rows, int64_t stride) const {
    auto all = scratch<T>(asked * width);
    T* to = all.get();
    over_rows(asked, [&](int, int64_t from, int64_t end) {
      for (int64_t i = from; i < end; i++) std::copy_n(rows + token(i) * stride, width, to + i * width);
    });
    return all;
  }
};

// What the backward pass reads beside x where that is exact, one after the other in one block.
template <typename T>
struct Kept {
  T *x, *qkv, *context, *middle, *inner, *activated;
  float *normal1, *normal2, *inverse1, *inverse2;
  int64_t size = 0;

  Kept(const Layer<T>& layer, T* block) {
    auto take = [&](int64_t count) {
      T* at = block == nullptr ? nullptr : block + size;
      size += rounded_up(count, 64 / sizeof(T));
      return at;
    };
    auto floats = [&](int64_t count) { return reinterpret_cast<float*>(take(count * sizeof(float) / sizeof(T))); };
    x = take(kExact<T> ? 0 : layer.tokens * layer.width);
    qkv = take(layer.tokens * 3 * layer.width);
    context = take(layer.asked * layer.width);
    middle = take(layer.asked * layer.width);
    inner = take(layer.asked * layer.inner);
    activated = take(layer.asked * layer.inner);
    normal1 = floats(layer.asked * layer.width);
    normal2 = floats(layer.asked * layer.width);
    inverse1 = floats(layer.asked);
    inverse2 = floats(layer.asked);
  }
};

// Memory that is kept, or that is free again when nobody needs it any more.
template <typename T>
struct Room {
  Scratch<T> own;
  T* at;

  Room(T* kept, int64_t count) : own(kept == nullptr ? scratch<T>(count) : nullptr), at(kept == nullptr ? own.get() : kept) {}

  void release() { own.reset(); }
};

// The end that stores a panel in rows `stride` apart: those of `rows`, or one after the other where it is null.
template <typename T>
End placing_end(T* to, int64_t stride, const int32_t* rows) {
  return [=](int64_t row, int64_t count, int64_t column, int64_t columns, const float* sums) {
    for (int64_t i = 0; i < count; i++) {
      T* at = to + (rows == nullptr ? row + i : rows[row + i]) * stride + column;
      store_32(at, columns, load_32(sums + i * kTileColumns, columns));
    }
  };
}

// Queries, keys and values side by side; queries of the tokens that ask alone.
template <typename T>
void project(const Layer<T>& layer, const T* x, T* qkv) {
  const int64_t width = layer.width, tokens = layer.tokens;
  if (layer.heads.queries == nullptr) {
    const auto all = room_for_packed<T>(width, 3 * width);
    pack<T>({{{layer.joined(0).get(), width}, width, 3 * width, true, all.get()}});
    multiply<T>({{tokens, 3 * width, width, {x, width}, false, all.get(), qkv, nullptr}});
    return;
  }
  const auto queries = room_for_packed<T>(width, width), others = room_for_packed<T>(width, 2 * width);
  const auto asked = layer.of_asked(x, width);
  pack<T>({{{layer.weights[kQuery], width}, width, width, true, queries.get()},
           {{layer.joined(1).get(), width}, width, 2 * width, true, others.get()}});
  multiply<T>({{tokens, 2 * width, width, {x, width}, false, others.get(), nullptr,
                placing_end(qkv + width, 3 * width, nullptr)},
               {layer.asked, width, width, {asked.get(), width}, false, queries.get(), nullptr,
                placing_end(qkv, 3 * width, layer.heads.queries)}});
}

// The forward pass. `kept` has null pointers where nothing is kept.
template <typename T>
void forward(const Layer<T>& layer, const float* x, const Kept<T>& kept, float* y) {
  const int64_t width = layer.width, inner = layer.inner, asked = layer.asked, tokens = layer.tokens;
  const auto out = room_for_packed<T>(width, width), first = room_for_packed<T>(width, inner),
             second = room_for_packed<T>(inner, width);
  pack<T>({{{layer.weights[kOut], width}, width, width, true, out.get()},
           {{layer.weights[kFirst], width}, width, inner, true, first.get()},
           {{layer.weights[kSecond], inner}, inner, width, true, second.get()}});
  Room<T> qkv(kept.qkv, tokens * 3 * width);
  if constexpr (kExact<T>) {
    project(layer, x, qkv.at);
  } else {
    const Room<T> low(kept.x, tokens * width);
    over_rows(tokens, [&](int, int64_t from, int64_t to) {
      narrow(x + from * width, low.at + from * width, (to - from) * width);
    });
    project<T>(layer, low.at, qkv.at);
  }
  Room<T> context(kept.context, asked * width);
  Heads<T> heads = layer.heads;
  heads.qkv = qkv.at;
  attend(heads, context.at);
  qkv.release();
  const auto sums = scratch<T>(asked * width);
  multiply<T>({{asked, width, width, {context.at, width}, false, out.get(), sums.get(), nullptr}});
  context.release();
  const Room<T> low_middle(kept.middle, asked * width), activated(kept.activated, asked * inner);
  const auto own_middle = scratch<float>(kExact<T> ? 0 : asked * width);
  float* middle = own_middle.get();
  if constexpr (kExact<T>) middle = low_middle.at;
  const NormInputs norm1 = layer.norm(kOutBias, kNorm1), norm2 = layer.norm(kSecondBias, kNorm2);
  over_rows(asked, [&](int, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t at = row * width;
      float* m = middle + at;
      const float inverse = add_norm_row(norm1, layer.dropouts[1], row, sums.get() + at, x + layer.token(row) * width,
                                         kept.normal1 == nullptr ? m : kept.normal1 + at, m);
      if (kept.inverse1 != nullptr) kept.inverse1[row] = inverse;
      if constexpr (!kExact<T>) narrow(m, low_middle.at + at, width);
    }
  });
  multiply<T>({{asked, inner, width, {low_middle.at, width}, false, first.get(), nullptr,
                gelu_end(layer.vectors[kFirstBias], inner, kept.inner, activated.at)}});
  multiply<T>({{asked, width, inner, {activated.at, inner}, false, second.get(), sums.get(), nullptr}});
  over_rows(asked, [&](int, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t at = row * width;
      const float inverse = add_norm_row(norm2, layer.dropouts[2], row, sums.get() + at, middle + at,
                                         kept.normal2 == nullptr ? y + at : kept.normal2 + at, y + at);
      if (kept.inverse2 != nullptr) kept.inverse2[row] = inverse;
    }
  });
}

template <typename T>
void encoder_layer(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const Layer<T> layer(call, 1, attributes, TF_Dim(input, 1));
  if (!layer.fits || TF_Dim(input, 0) != layer.tokens) return call.fail("SongEncoderLayer: sizes that do not fit.");
  float* y = call.out<float>(0, TF_FLOAT, {layer.asked, layer.width});
  T* block = call.out<T>(1, type_of<T>(), {attributes.keep ? Kept<T>(layer, nullptr).size : 0});
  const Kept<T> kept(layer, attributes.keep ? block : nullptr);
  forward(layer, static_cast<const float*>(TF_TensorData(input)), kept, y);
}

// Sums over rows that an end of a product adds up: each task of rows has its own, which are added in order.
class EndSums {
 public:
  EndSums(int64_t rows, int64_t width)
      : width_(width), parts_((rows + kTaskRows - 1) / kTaskRows), sums_(scratch<float>(parts_ * width)) {
    std::fill(sums_.get(), sums_.get() + parts_ * width, 0.0f);
  }

  float* of(int64_t row) const { return sums_.get() + row / kTaskRows * width_; }

  void into(float* sum) const {
    std::fill(sum, sum + width_, 0.0f);
    for (int64_t part = 0; part < parts_; part++) {
      for (int64_t i = 0; i < width_; i++) sum[i] += sums_[part * width_ + i];
    }
  }

 private:
  const int64_t width_, parts_;
  const Scratch<float> sums_;
};

// The end that stores sums · gelu'(inner + bias), and adds that up over rows.
template <typename T>
End gelu_gradient_end(const float* bias, int64_t width, const T* inner, T* gradient, const EndSums& sums_of_rows) {
  return [=, &sums_of_rows](int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums) {
    const VectorGeluDerivative<T> derivative;
    const Pair add = load_32(bias + column, columns);
    float* total_at = sums_of_rows.of(row) + column;
    Pair total = load_32(total_at, columns);
    for (int64_t i = 0; i < rows; i++) {
      const int64_t at = (row + i) * width + column;
      ask_for(inner + at + kAhead * width);
      ask_for(gradient + at + kAhead * width);
      const Pair d = load_32(sums + i * kTileColumns, columns) * derivative(load_32(inner + at, columns) + add);
      store_32(gradient + at, columns, d);
      total = total + d;
    }
    store_32(total_at, columns, total);
  };
}

// The end that adds sums to floats: to the rows of `rows`, or to one after the other where it is null.
End adding_end(float* to, int64_t width, const int32_t* rows) {
  return [=](int64_t row, int64_t count, int64_t column, int64_t columns, const float* sums) {
    for (int64_t i = 0; i < count; i++) {
      float* at = to + (rows == nullptr ? row + i : rows[row + i]) * width + column;
      ask_for(at + kAhead * width);
      store_32(at, columns, load_32(at, columns) + load_32(sums + i * kTileColumns, columns));
    }
  };
}

// Gradients of the weights and vectors, in their orders.
template <typename T>
struct Gradients {
  T* weights[kWeights];
  float* vectors[kVectors];
};

// B packed for a product in which it is not transposed: [inner, columns].
template <typename T>
Scratch<T> packed(const T* b, int64_t inner, int64_t columns) {
  auto panels = room_for_packed<T>(inner, columns);
  pack<T>({{{b, columns}, inner, columns, false, panels.get()}});
  return panels;
}

// The position-wise network: from the gradient of y to that of `middle`, and those of its weights and vectors.
template <typename T>
void backward_network(const Layer<T>& layer, const float* dy, const Kept<T>& kept, float* dmiddle,
                      const Gradients<T>& gradients) {
  const int64_t width = layer.width, inner = layer.inner, asked = layer.asked;
  float* const* vectors = gradients.vectors;
  const auto dsecond = scratch<T>(asked * width), dfirst = scratch<T>(asked * inner);
  add_norm_gradient(asked, width, dy, kept.normal2, kept.inverse2, layer.vectors[kNorm2], layer.dropouts[2], dmiddle,
                    dsecond.get(), vectors[kSecondBias], vectors[kNorm2], vectors[kOffset2]);
  {
    const auto second = packed(layer.weights[kSecond], width, inner);
    const EndSums bias(asked, inner);
    multiply<T>({{asked, inner, width, {dsecond.get(), width}, false, second.get(), nullptr,
                  gelu_gradient_end(layer.vectors[kFirstBias], inner, kept.inner, dfirst.get(), bias)}});
    bias.into(vectors[kFirstBias]);
  }
  const auto first = packed(layer.weights[kFirst], inner, width), activated = packed(kept.activated, asked, inner),
             middle = packed(kept.middle, asked, width);
  multiply<T>(
      {{asked, width, inner, {dfirst.get(), inner}, false, first.get(), nullptr, adding_end(dmiddle, width, nullptr)},
       {width, inner, asked, {dsecond.get(), width}, true, activated.get(), gradients.weights[kSecond], nullptr},
       {inner, width, asked, {dfirst.get(), inner}, true, middle.get(), gradients.weights[kFirst], nullptr}});
}

// Attention's output: from the gradient of `middle`, which becomes that of x as a residual, to that of the context.
template <typename T>
void backward_output(const Layer<T>& layer, const Kept<T>& kept, float* dmiddle, T* dcontext,
                     const Gradients<T>& gradients) {
  const int64_t width = layer.width, asked = layer.asked;
  float* const* vectors = gradients.vectors;
  const auto dout = scratch<T>(asked * width);
  add_norm_gradient(asked, width, dmiddle, kept.normal1, kept.inverse1, layer.vectors[kNorm1], layer.dropouts[1], dmiddle,
                    dout.get(), vectors[kOutBias], vectors[kNorm1], vectors[kOffset1]);
  const auto out = packed(layer.weights[kOut], width, width), context = packed(kept.context, asked, width);
  multiply<T>({{asked, width, width, {dout.get(), width}, false, out.get(), dcontext, nullptr},
               {width, width, asked, {dout.get(), width}, true, context.get(), gradients.weights[kOut], nullptr}});
}

// The projections to queries, keys and values: what they add to dx, and the gradients of their weights.
template <typename T>
void backward_projections(const Layer<T>& layer, const T* x, const T* dqkv, float* dx, const Gradients<T>& gradients) {
  const int64_t width = layer.width, tokens = layer.tokens;
  const bool all = layer.heads.queries == nullptr;
  const int first = all ? kQuery : kKey;
  const auto weights = packed<T>(layer.joined(first).get(), (3 - first) * width, width), inputs = packed(x, tokens, width);
  std::vector<Product<T>> products = {{tokens, width, (3 - first) * width, {dqkv + first * width, 3 * width}, false,
                                       weights.get(), nullptr, adding_end(dx, width, nullptr)}};
  for (int i = first; i < 3; i++) {
    products.push_back({width, width, tokens, {dqkv + i * width, 3 * width}, true, inputs.get(),
                        gradients.weights[kQuery + i], nullptr});
  }
  multiply(products);
  if (all) return;
  // after the others: it adds to the same rows of dx
  const auto queries = packed(layer.weights[kQuery], width, width);
  const auto dqueries = layer.of_asked(dqkv, 3 * width), asked = layer.of_asked(x, width);
  const auto askers = packed<T>(asked.get(), layer.asked, width);
  multiply<T>({{layer.asked, width, width, {dqueries.get(), width}, false, queries.get(), nullptr,
                adding_end(dx, width, layer.heads.queries)},
               {width, width, layer.asked, {dqueries.get(), width}, true, askers.get(), gradients.weights[kQuery], nullptr}});
}

template <typename T>
void backward(const Layer<T>& layer, const float* dy, const Kept<T>& kept, float* dx, const Gradients<T>& gradients) {
  const int64_t width = layer.width, asked = layer.asked, tokens = layer.tokens;
  // where all ask, x's gradient as a residual grows in its place; else that of the others is none
  const bool all = layer.heads.queries == nullptr;
  auto of_asked = scratch<float>(all ? 0 : asked * width);
  float* dmiddle = all ? dx : of_asked.get();
  backward_network(layer, dy, kept, dmiddle, gradients);
  auto dcontext = scratch<T>(asked * width);
  backward_output(layer, kept, dmiddle, dcontext.get(), gradients);
  if (!all) {
    std::fill(dx, dx + tokens * width, 0.0f);
    for (int64_t i = 0; i < asked; i++) std::copy_n(dmiddle + i * width, width, dx + layer.token(i) * width);
    of_asked.reset();
  }
  const auto dqkv = scratch<T>(tokens * 3 * width);
  const auto dbias = scratch<float>(3 * width);
  Heads<T> heads = layer.heads;
  heads.qkv = kept.qkv;
  attend_gradient(heads, dcontext.get(), dqkv.get(), dbias.get());
  dcontext.reset();
  for (int i = 0; i < 3; i++) std::copy_n(dbias.get() + i * width, width, gradients.vectors[kQueryBias + i]);
  // a bias of keys adds the same to all scores of a query, which softmax does not see
  std::fill_n(gradients.vectors[kKeyBias], width, 0.0f);
  backward_projections<T>(layer, kept.x, dqkv.get(), dx, gradients);
}

template <typename T>
void encoder_layer_gradient(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const int64_t width = TF_Dim(input, 1);
  const Layer<T> layer(call, 3, attributes, width);
  TF_Tensor *block = call.input(1), *x = call.input(2);
  Kept<T> kept(layer, static_cast<T*>(TF_TensorData(block)));
  if (!layer.fits || TF_Dim(input, 0) != layer.asked || TF_TensorElementCount(block) != kept.size ||
      TF_TensorElementCount(x) != (kExact<T> ? layer.tokens * width : 0)) {
    return call.fail("SongEncoderLayerGradient: sizes that do not fit.");
  }
  if constexpr (kExact<T>) kept.x = static_cast<T*>(TF_TensorData(x));
  float* dx = call.out<float>(0, TF_FLOAT, {layer.tokens, width});
  Gradients<T> gradients;
  for (int i = 0; i < kWeights; i++) {
    const std::vector<int64_t> shape = i == kFirst    ? std::vector<int64_t>{layer.inner, width}
                                       : i == kSecond ? std::vector<int64_t>{width, layer.inner}
                                                      : std::vector<int64_t>{width, width};
    gradients.weights[i] = call.out<T>(1 + i, type_of<T>(), shape);
  }
  for (int i = 0; i < kVectors; i++) {
    gradients.vectors[i] = call.out<float>(1 + kWeights + i, TF_FLOAT, {i == kFirstBias ? layer.inner : width});
  }
  backward(layer, static_cast<const float*>(TF_TensorData(input)), kept, dx, gradients);
}

#ifdef SONG_BF16_VECTORS
constexpr auto bf16_layer = encoder_layer<bf16>, bf16_layer_gradient = encoder_layer_gradient<bf16>;
#else
constexpr std::nullptr_t bf16_layer = nullptr, bf16_layer_gradient = nullptr;
#endif

}  // namespace

std::vector<Operation> encoder_layer_operations() {
  const std::vector<const char*> shared = {"weights: N * T", "vectors: M * float", "mask: float",
                                           "numbers: int32"};
  const auto after = [&](std::vector<const char*> own) {
    own.insert(own.end(), shared.begin(), shared.end());
    return own;
  };
  const std::vector<const char*> attributes = {"scale: float", "epsilon: float", "rate: float", "attention_rate: float",
                                               "N: int >= 1", "M: int >= 1"};
  auto forward_attributes = attributes;
  forward_attributes.push_back("keep: bool");
  return {
      {"SongEncoderLayer", after({"x: float"}), {"y: float", "kept: T"}, forward_attributes, encoder_layer<float>,
       bf16_layer},
      {"SongEncoderLayerGradient",
       after({"dy: float", "kept: T", "x: float"}),
       {"dx: float", "dweights: N * T", "dvectors: M * float"},
       attributes,
       encoder_layer_gradient<float>,
       bf16_layer_gradient},
  };
}
#else
std::vector<Operation> encoder_layer_operations() { return {}; }
#endif

}  // namespace songs
