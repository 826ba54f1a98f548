// A whole layer of a Transformer encoder in bfloat16, forward and backward, each one operation: the same arithmetic as its
// pieces (attention_whole.cc, products.cc, norms.cc), without what lies between them.
//
//   middle = LayerNorm(x + Dropout(Attention(x) Woᵀ + bo)),  y = LayerNorm(middle + Dropout(GELU(middle W1ᵀ + b1) W2ᵀ + b2))
//
// x [tokens, width] float; of the tokens asked for alone, all but keys and values is computed.
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

#ifdef SONG_PRODUCTS
namespace {

// The order of the operation's weights, each [out, in], and of its vectors.
enum Weight { kQuery, kKey, kValue, kOut, kFirst, kSecond, kWeights };
enum Vector { kQueryBias, kKeyBias, kValueBias, kOutBias, kNorm1, kOffset1, kFirstBias, kSecondBias, kNorm2, kOffset2, kVectors };

// What forward and backward pass share: the inputs from `at` on (weights, vectors, mask, numbers).
struct Layer {
  int64_t tokens, width, inner, asked;
  const bf16* weights[kWeights];
  const float* vectors[kVectors];
  Dropout dropouts[3];  // of attention, of its output, of the second product's output
  std::vector<float> bias;  // of queries, keys, values
  Heads heads;
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
    for (int i = 0; i < kWeights; i++) weights[i] = call.in<bf16>(at + i);
    for (int i = 0; i < kVectors; i++) vectors[i] = call.in<float>(at + kWeights + i);
    for (int i = kQueryBias; i <= kValueBias; i++) bias.insert(bias.end(), vectors[i], vectors[i] + width);
    heads.bias = bias.data();
    tokens = heads.batch * heads.length;
    inner = TF_Dim(call.input(at + kFirst), 0);
    asked = heads.all_queries();
    fits = heads.fits && width % 2 == 0 && inner % 2 == 0;
  }

 public:

  NormInputs norm(Vector bias, Vector weight) const {
    return {width, vectors[bias], vectors[weight], vectors[weight + 1], epsilon};
  }

  // The token of a row that asks.
  int64_t token(int64_t i) const { return heads.queries == nullptr ? i : heads.queries[i]; }

  // The weights of queries, keys and values one below the other, [3 · width, width].
  Scratch<bf16> joined() const {
    auto all = scratch<bf16>(3 * width * width);
    for (int i = 0; i < 3; i++) std::copy_n(weights[kQuery + i], width * width, all.get() + i * width * width);
    return all;
  }
};

// What the backward pass reads, one after the other in one block.
struct Kept {
  bf16 *x, *qkv, *context, *middle, *inner, *activated;
  float *normal1, *normal2, *inverse1, *inverse2;
  int64_t size = 0;

  Kept(const Layer& layer, bf16* block) {
    auto take = [&](int64_t count) {
      bf16* at = block == nullptr ? nullptr : block + size;
      size += rounded_up(count, 32);
      return at;
    };
    auto floats = [&](int64_t count) { return reinterpret_cast<float*>(take(2 * count)); };
    x = take(layer.tokens * layer.width);
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

// The forward pass. `kept` has null pointers where nothing is kept.
void forward(const Layer& layer, const float* x, const Kept& kept, float* y) {
  const int64_t width = layer.width, inner = layer.inner, asked = layer.asked, tokens = layer.tokens;
  const auto qkv_weights = room_for_packed(width, 3 * width), out = room_for_packed(width, width),
             first = room_for_packed(width, inner), second = room_for_packed(inner, width);
  pack({{{layer.joined().get(), width}, width, 3 * width, true, qkv_weights.get()},
        {{layer.weights[kOut], width}, width, width, true, out.get()},
        {{layer.weights[kFirst], width}, width, inner, true, first.get()},
        {{layer.weights[kSecond], inner}, inner, width, true, second.get()}});
  Room<bf16> low(kept.x, tokens * width), qkv(kept.qkv, tokens * 3 * width);
  over_rows(tokens, [&](int, int64_t from, int64_t to) {
    narrow(x + from * width, low.at + from * width, (to - from) * width);
  });
  multiply({{tokens, 3 * width, width, {low.at, width}, false, qkv_weights.get(), qkv.at, nullptr}});
  low.release();
  Room<bf16> context(kept.context, asked * width);
  Heads heads = layer.heads;
  heads.qkv = qkv.at;
  attend(heads, context.at);
  qkv.release();
  const auto sums = scratch<bf16>(asked * width);
  multiply({{asked, width, width, {context.at, width}, false, out.get(), sums.get(), nullptr}});
  context.release();
  const auto middle = scratch<float>(asked * width);
  Room<bf16> low_middle(kept.middle, asked * width), activated(kept.activated, asked * inner);
  const NormInputs norm1 = layer.norm(kOutBias, kNorm1), norm2 = layer.norm(kSecondBias, kNorm2);
  over_rows(asked, [&](int, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t at = row * width;
      float* m = middle.get() + at;
      const float inverse = add_norm_row(norm1, layer.dropouts[1], row, sums.get() + at, x + layer.token(row) * width,
                                         kept.normal1 == nullptr ? m : kept.normal1 + at, m);
      if (kept.inverse1 != nullptr) kept.inverse1[row] = inverse;
      narrow(m, low_middle.at + at, width);
    }
  });
  multiply({{asked, inner, width, {low_middle.at, width}, false, first.get(), nullptr,
             gelu_end(layer.vectors[kFirstBias], inner, kept.inner, activated.at)}});
  multiply({{asked, width, inner, {activated.at, inner}, false, second.get(), sums.get(), nullptr}});
  over_rows(asked, [&](int, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t at = row * width;
      const float inverse = add_norm_row(norm2, layer.dropouts[2], row, sums.get() + at, middle.get() + at,
                                         kept.normal2 == nullptr ? y + at : kept.normal2 + at, y + at);
      if (kept.inverse2 != nullptr) kept.inverse2[row] = inverse;
    }
  });
}

void encoder_layer(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const Layer layer(call, 1, attributes, TF_Dim(input, 1));
  if (!layer.fits || TF_Dim(input, 0) != layer.tokens) return call.fail("SongEncoderLayer: sizes that do not fit.");
  float* y = call.out<float>(0, TF_FLOAT, {layer.asked, layer.width});
  bf16* block = call.out<bf16>(1, TF_BFLOAT16, {attributes.keep ? Kept(layer, nullptr).size : 0});
  const Kept kept(layer, attributes.keep ? block : nullptr);
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
End gelu_gradient_end(const float* bias, int64_t width, const bf16* inner, bf16* gradient, const EndSums& sums_of_rows) {
  return [=, &sums_of_rows](int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums) {
    const VectorGeluDerivative derivative;
    const Pair add = load_32(bias + column, columns);
    float* total_at = sums_of_rows.of(row) + column;
    Pair total = load_32(total_at, columns);
    for (int64_t i = 0; i < rows; i++) {
      const int64_t at = (row + i) * width + column;
      const Pair d = load_32(sums + i * kTileColumns, columns) * derivative(load_32(inner + at, columns) + add);
      store_32(gradient + at, columns, d);
      total = total + d;
    }
    store_32(total_at, columns, total);
  };
}

// The end that adds sums to floats.
End adding_end(float* to, int64_t width) {
  return [=](int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums) {
    for (int64_t i = 0; i < rows; i++) {
      float* at = to + (row + i) * width + column;
      store_32(at, columns, load_32(at, columns) + load_32(sums + i * kTileColumns, columns));
    }
  };
}

// Gradients of the weights and vectors, in their orders.
struct Gradients {
  bf16* weights[kWeights];
  float* vectors[kVectors];
};

// B packed for a product in which it is not transposed: [inner, columns].
Scratch<bf16> packed(const bf16* b, int64_t inner, int64_t columns) {
  auto panels = room_for_packed(inner, columns);
  pack({{{b, columns}, inner, columns, false, panels.get()}});
  return panels;
}

// The position-wise network: from the gradient of y to that of `middle`, and those of its weights and vectors.
void backward_network(const Layer& layer, const float* dy, const Kept& kept, float* dmiddle, const Gradients& gradients) {
  const int64_t width = layer.width, inner = layer.inner, asked = layer.asked;
  float* const* vectors = gradients.vectors;
  const auto dsecond = scratch<bf16>(asked * width), dfirst = scratch<bf16>(asked * inner);
  add_norm_gradient(asked, width, dy, kept.normal2, kept.inverse2, layer.vectors[kNorm2], layer.dropouts[2], dmiddle,
                    dsecond.get(), vectors[kSecondBias], vectors[kNorm2], vectors[kOffset2]);
  {
    const auto second = packed(layer.weights[kSecond], width, inner);
    const EndSums bias(asked, inner);
    multiply({{asked, inner, width, {dsecond.get(), width}, false, second.get(), nullptr,
               gelu_gradient_end(layer.vectors[kFirstBias], inner, kept.inner, dfirst.get(), bias)}});
    bias.into(vectors[kFirstBias]);
  }
  const auto first = packed(layer.weights[kFirst], inner, width), activated = packed(kept.activated, asked, inner),
             middle = packed(kept.middle, asked, width);
  multiply({{asked, width, inner, {dfirst.get(), inner}, false, first.get(), nullptr, adding_end(dmiddle, width)},
            {width, inner, asked, {dsecond.get(), width}, true, activated.get(), gradients.weights[kSecond], nullptr},
            {inner, width, asked, {dfirst.get(), inner}, true, middle.get(), gradients.weights[kFirst], nullptr}});
}

// Attention's output: from the gradient of `middle`, which becomes that of x as a residual, to that of the context.
void backward_output(const Layer& layer, const Kept& kept, float* dmiddle, bf16* dcontext, const Gradients& gradients) {
  const int64_t width = layer.width, asked = layer.asked;
  float* const* vectors = gradients.vectors;
  const auto dout = scratch<bf16>(asked * width);
  add_norm_gradient(asked, width, dmiddle, kept.normal1, kept.inverse1, layer.vectors[kNorm1], layer.dropouts[1], dmiddle,
                    dout.get(), vectors[kOutBias], vectors[kNorm1], vectors[kOffset1]);
  const auto out = packed(layer.weights[kOut], width, width), context = packed(kept.context, asked, width);
  multiply({{asked, width, width, {dout.get(), width}, false, out.get(), dcontext, nullptr},
            {width, width, asked, {dout.get(), width}, true, context.get(), gradients.weights[kOut], nullptr}});
}

void backward(const Layer& layer, const float* dy, const Kept& kept, float* dx, const Gradients& gradients) {
  const int64_t width = layer.width, asked = layer.asked, tokens = layer.tokens;
  // where all ask, x's gradient as a residual grows in its place; else that of the others is none
  const bool all = layer.heads.queries == nullptr;
  auto of_asked = scratch<float>(all ? 0 : asked * width);
  float* dmiddle = all ? dx : of_asked.get();
  backward_network(layer, dy, kept, dmiddle, gradients);
  auto dcontext = scratch<bf16>(asked * width);
  backward_output(layer, kept, dmiddle, dcontext.get(), gradients);
  if (!all) {
    std::fill(dx, dx + tokens * width, 0.0f);
    for (int64_t i = 0; i < asked; i++) std::copy_n(dmiddle + i * width, width, dx + layer.token(i) * width);
    of_asked.reset();
  }
  const auto dqkv = scratch<bf16>(tokens * 3 * width);
  const auto dbias = scratch<float>(3 * width);
  Heads heads = layer.heads;
  heads.qkv = kept.qkv;
  attend_gradient(heads, dcontext.get(), dqkv.get(), dbias.get());
  dcontext.reset();
  for (int i = 0; i < 3; i++) std::copy_n(dbias.get() + i * width, width, gradients.vectors[kQueryBias + i]);
  // a bias of keys adds the same to all scores of a query, which softmax does not see
  std::fill_n(gradients.vectors[kKeyBias], width, 0.0f);
  const auto qkv = packed(layer.joined().get(), 3 * width, width), x = packed(kept.x, tokens, width);
  std::vector<Product> rest = {
      {tokens, width, 3 * width, {dqkv.get(), 3 * width}, false, qkv.get(), nullptr, adding_end(dx, width)}};
  for (int i = 0; i < 3; i++) {
    rest.push_back({width, width, tokens, {dqkv.get() + i * width, 3 * width}, true, x.get(),
                    gradients.weights[kQuery + i], nullptr});
  }
  multiply(rest);
}

void encoder_layer_gradient(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const int64_t width = TF_Dim(input, 1);
  const Layer layer(call, 2, attributes, width);
  TF_Tensor* block = call.input(1);
  const Kept kept(layer, static_cast<bf16*>(TF_TensorData(block)));
  if (!layer.fits || TF_Dim(input, 0) != layer.asked || TF_TensorElementCount(block) != kept.size) {
    return call.fail("SongEncoderLayerGradient: sizes that do not fit.");
  }
  float* dx = call.out<float>(0, TF_FLOAT, {layer.tokens, width});
  Gradients gradients;
  for (int i = 0; i < kWeights; i++) {
    const std::vector<int64_t> shape = i == kFirst    ? std::vector<int64_t>{layer.inner, width}
                                       : i == kSecond ? std::vector<int64_t>{width, layer.inner}
                                                      : std::vector<int64_t>{width, width};
    gradients.weights[i] = call.out<bf16>(1 + i, TF_BFLOAT16, shape);
  }
  for (int i = 0; i < kVectors; i++) {
    gradients.vectors[i] = call.out<float>(1 + kWeights + i, TF_FLOAT, {i == kFirstBias ? layer.inner : width});
  }
  backward(layer, static_cast<const float*>(TF_TensorData(input)), kept, dx, gradients);
}

}  // namespace

std::vector<Operation> encoder_layer_operations() {
  const std::vector<const char*> shared = {"weights: N * bfloat16", "vectors: M * float", "mask: float",
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
      {"SongEncoderLayer", after({"x: float"}), {"y: float", "kept: T"}, forward_attributes, nullptr, encoder_layer},
      {"SongEncoderLayerGradient",
       after({"dy: float", "kept: T"}),
       {"dx: float", "dweights: N * bfloat16", "dvectors: M * float"},
       attributes,
       nullptr,
       encoder_layer_gradient},
  };
}
#else
std::vector<Operation> encoder_layer_operations() { return {}; }
#endif

}  // namespace songs
