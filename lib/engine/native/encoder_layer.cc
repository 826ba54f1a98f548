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

// The forward pass. Where nothing is kept, what would be is overwritten as it goes.
void forward(const Layer& layer, const float* x, const Kept& kept, bool keep, float* y) {
  const int64_t width = layer.width, inner = layer.inner, asked = layer.asked;
  const auto joined = layer.joined();
  const auto qkv = room_for_packed(width, 3 * width), out = room_for_packed(width, width),
             first = room_for_packed(width, inner), second = room_for_packed(inner, width);
  pack({{{joined.get(), width}, width, 3 * width, true, qkv.get()},
        {{layer.weights[kOut], width}, width, width, true, out.get()},
        {{layer.weights[kFirst], width}, width, inner, true, first.get()},
        {{layer.weights[kSecond], inner}, inner, width, true, second.get()}});
  over_rows(layer.tokens, [&](int, int64_t from, int64_t to) {
    narrow(x + from * width, kept.x + from * width, (to - from) * width);
  });
  multiply({{layer.tokens, 3 * width, width, {kept.x, width}, false, qkv.get(), kept.qkv, nullptr}});
  Heads heads = layer.heads;
  heads.qkv = kept.qkv;
  attend(heads, kept.context);
  const auto sums = scratch<bf16>(asked * width);
  const auto middle = scratch<float>(asked * width);
  multiply({{asked, width, width, {kept.context, width}, false, out.get(), sums.get(), nullptr}});
  const NormInputs norm1 = layer.norm(kOutBias, kNorm1), norm2 = layer.norm(kSecondBias, kNorm2);
  over_rows(asked, [&](int, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t at = row * width;
      float* m = middle.get() + at;
      const float inverse = add_norm_row(norm1, layer.dropouts[1], row, sums.get() + at, x + layer.token(row) * width,
                                         keep ? kept.normal1 + at : m, m);
      if (keep) kept.inverse1[row] = inverse;
      narrow(m, kept.middle + at, width);
    }
  });
  multiply({{asked, inner, width, {kept.middle, width}, false, first.get(), nullptr,
             gelu_end(layer.vectors[kFirstBias], inner, keep ? kept.inner : nullptr, kept.activated)}});
  multiply({{asked, width, inner, {kept.activated, inner}, false, second.get(), sums.get(), nullptr}});
  over_rows(asked, [&](int, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t at = row * width;
      const float inverse = add_norm_row(norm2, layer.dropouts[2], row, sums.get() + at, middle.get() + at,
                                         keep ? kept.normal2 + at : y + at, y + at);
      if (keep) kept.inverse2[row] = inverse;
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
  const int64_t size = Kept(layer, nullptr).size;
  bf16* block = call.out<bf16>(1, TF_BFLOAT16, {attributes.keep ? size : 0});
  const auto own = scratch<bf16>(attributes.keep ? 0 : size);
  const Kept kept(layer, attributes.keep ? block : own.get());
  forward(layer, static_cast<const float*>(TF_TensorData(input)), kept, attributes.keep, y);
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

// The end that adds sums to rows of floats; `place` is the row each goes to.
template <typename Place>
End adding_end(float* to, int64_t width, const Place& place) {
  return [=](int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums) {
    for (int64_t i = 0; i < rows; i++) {
      float* at = to + place(row + i) * width + column;
      store_32(at, columns, load_32(at, columns) + load_32(sums + i * kTileColumns, columns));
    }
  };
}

// Gradients of the weights and vectors, in their orders.
struct Gradients {
  bf16* weights[kWeights];
  float* vectors[kVectors];
};

void backward(const Layer& layer, const float* dy, const Kept& kept, float* dx, const Gradients& gradients) {
  const int64_t width = layer.width, inner = layer.inner, asked = layer.asked, tokens = layer.tokens;
  const auto joined = layer.joined();
  const auto qkv = room_for_packed(3 * width, width), out = room_for_packed(width, width),
             first = room_for_packed(inner, width), second = room_for_packed(width, inner);
  const auto of_activated = room_for_packed(asked, inner), of_middle = room_for_packed(asked, width),
             of_context = room_for_packed(asked, width), of_x = room_for_packed(tokens, width);
  pack({{{joined.get(), width}, 3 * width, width, false, qkv.get()},
        {{layer.weights[kOut], width}, width, width, false, out.get()},
        {{layer.weights[kFirst], width}, inner, width, false, first.get()},
        {{layer.weights[kSecond], inner}, width, inner, false, second.get()},
        {{kept.activated, inner}, asked, inner, false, of_activated.get()},
        {{kept.middle, width}, asked, width, false, of_middle.get()},
        {{kept.context, width}, asked, width, false, of_context.get()},
        {{kept.x, width}, tokens, width, false, of_x.get()}});
  float* const* vectors = gradients.vectors;
  const auto dmiddle = scratch<float>(asked * width);
  const auto dsecond = scratch<bf16>(asked * width), dfirst = scratch<bf16>(asked * inner),
             dout = scratch<bf16>(asked * width), dcontext = scratch<bf16>(asked * width),
             dqkv = scratch<bf16>(tokens * 3 * width);
  const auto dbias = scratch<float>(3 * width);
  add_norm_gradient(asked, width, dy, kept.normal2, kept.inverse2, layer.vectors[kNorm2], layer.dropouts[2],
                    dmiddle.get(), dsecond.get(), vectors[kSecondBias], vectors[kNorm2], vectors[kOffset2]);
  const EndSums first_bias(asked, inner);
  multiply({{asked, inner, width, {dsecond.get(), width}, false, second.get(), nullptr,
             gelu_gradient_end(layer.vectors[kFirstBias], inner, kept.inner, dfirst.get(), first_bias)}});
  first_bias.into(vectors[kFirstBias]);
  multiply({{asked, width, inner, {dfirst.get(), inner}, false, first.get(), nullptr,
             adding_end(dmiddle.get(), width, [](int64_t row) { return row; })}});
  // of the tokens that do not ask, x has no gradient but through keys and values
  const bool all = layer.heads.queries == nullptr;
  const auto dsum = scratch<float>(all ? 0 : asked * width);
  add_norm_gradient(asked, width, dmiddle.get(), kept.normal1, kept.inverse1, layer.vectors[kNorm1], layer.dropouts[1],
                    all ? dx : dsum.get(), dout.get(), vectors[kOutBias], vectors[kNorm1], vectors[kOffset1]);
  if (!all) {
    std::fill(dx, dx + tokens * width, 0.0f);
    for (int64_t i = 0; i < asked; i++) std::copy_n(dsum.get() + i * width, width, dx + layer.token(i) * width);
  }
  multiply({{asked, width, width, {dout.get(), width}, false, out.get(), dcontext.get(), nullptr}});
  Heads heads = layer.heads;
  heads.qkv = kept.qkv;
  attend_gradient(heads, dcontext.get(), dqkv.get(), dbias.get());
  for (int i = 0; i < 3; i++) std::copy_n(dbias.get() + i * width, width, vectors[kQueryBias + i]);
  // a bias of keys adds the same to all scores of a query, which softmax does not see
  std::fill(vectors[kKeyBias], vectors[kKeyBias] + width, 0.0f);
  std::vector<Product> rest = {
      {tokens, width, 3 * width, {dqkv.get(), 3 * width}, false, qkv.get(), nullptr,
       adding_end(dx, width, [](int64_t row) { return row; })},
      {width, inner, asked, {dsecond.get(), width}, true, of_activated.get(), gradients.weights[kSecond], nullptr},
      {inner, width, asked, {dfirst.get(), inner}, true, of_middle.get(), gradients.weights[kFirst], nullptr},
      {width, width, asked, {dout.get(), width}, true, of_context.get(), gradients.weights[kOut], nullptr},
  };
  for (int i = 0; i < 3; i++) {
    rest.push_back({width, width, tokens, {dqkv.get() + i * width, 3 * width}, true, of_x.get(),
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
