// The operations that carry the cost of training beside matrix products, each in one pass over memory: TensorFlow runs
// the same arithmetic as five to ten operations with a pass each. Registered with TensorFlow through its C API, for the
// CPU; everything they do can be composed of TensorFlow.js operations too (../ops.ts), which is what other devices use.
//
// Floats are float32; T is float32 or bfloat16 (converted on loading, rounded to nearest even on storing). Sums over
// rows go through a fixed number of partial sums, so that results do not depend on the number of threads.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace {

// ---------------------------------------------------------------------------------------------- threads

// Runs parts 0 … count - 1 on all cores; the caller works too.
class Pool {
 public:
  static Pool& get() {
    static Pool* pool = new Pool();  // never destroyed: threads may outlive static destruction
    return *pool;
  }

  void run(int count, const std::function<void(int)>& part) {
    if (count <= 1 || threads_ == 0) {
      for (int i = 0; i < count; i++) part(i);
      return;
    }
    std::lock_guard<std::mutex> one_job(run_);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      part_ = &part;
      count_ = count;
      next_.store(0);
      working_ = threads_;
      job_++;
    }
    wake_.notify_all();
    work();
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return working_ == 0; });
  }

 private:
  Pool() : threads_(std::max(1u, std::thread::hardware_concurrency()) - 1) {
    for (int i = 0; i < threads_; i++) std::thread([this] { loop(); }).detach();
  }

  void work() {
    for (int i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) (*part_)(i);
  }

  void loop() {
    uint64_t seen = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return job_ != seen; });
      seen = job_;
      lock.unlock();
      work();
      lock.lock();
      if (--working_ == 0) done_.notify_one();
    }
  }

  const int threads_;
  std::mutex run_, mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int)>* part_ = nullptr;
  std::atomic<int> next_{0};
  int count_ = 0, working_ = 0;
  uint64_t job_ = 0;
};

// The parts that rows are cut into; the same on every machine.
constexpr int kParts = 32;

// Calls part(i, from, to) for each of them. What a part's inner loops use is copied into variables of its own first:
// compilers do not vectorise loops that read through a captured reference.
void over_rows(int64_t rows, const std::function<void(int, int64_t, int64_t)>& part) {
  const int parts = static_cast<int>(std::min<int64_t>(kParts, rows));
  Pool::get().run(parts, [&](int i) { part(i, rows * i / parts, rows * (i + 1) / parts); });
}

// ---------------------------------------------------------------------------------------------- numbers

using bf16 = uint16_t;

inline float bits_to_float(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

inline uint32_t float_to_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

inline float load(const float* from, int64_t i) { return from[i]; }
inline float load(const bf16* from, int64_t i) { return bits_to_float(static_cast<uint32_t>(from[i]) << 16); }

inline void store(float* to, int64_t i, float value) { to[i] = value; }
inline void store(bf16* to, int64_t i, float value) {
  const uint32_t bits = float_to_bits(value);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
  to[i] = static_cast<bf16>(nan ? ((bits >> 16) | 0x40u) : rounded);
}

// e^x to about one unit in the last place; 0 below the smallest normal number.
inline float fast_exp(float x) {
  const float clamped = std::min(std::max(x, -87.3f), 88.3f);
  const float n = std::nearbyint(clamped * 1.44269504f);
  const float r = std::fma(n, 2.12194440e-4f, std::fma(n, -0.693359375f, clamped));
  float p = 1.9875691500e-4f;
  p = std::fma(p, r, 1.3981999507e-3f);
  p = std::fma(p, r, 8.3334519073e-3f);
  p = std::fma(p, r, 4.1665795894e-2f);
  p = std::fma(p, r, 1.6666665459e-1f);
  p = std::fma(p, r, 5.0000001201e-1f);
  const float y = std::fma(p, r * r, r + 1.0f);
  const float scale = bits_to_float(static_cast<uint32_t>(static_cast<int32_t>(n) + 127) << 23);
  return x < -87.3f ? 0.0f : y * scale;
}

// erf(x) as x P(x²) / Q(x²), fitted to 2e-8 relative on |x| <= 3.92, beyond which erf is ±1 in float32; so is this at 4, once
// it is cut to 1.
inline float fast_erf(float value) {
  const float x = std::min(std::max(value, -4.0f), 4.0f), z = x * x;
  float p = 2.050078364845831e-6f;
  p = std::fma(p, z, 2.84861569525674e-4f);
  p = std::fma(p, z, 3.7650277372449636e-3f);
  p = std::fma(p, z, 5.2746858447790146e-2f);
  p = std::fma(p, z, 1.903938502073288e-1f);
  p = std::fma(p, z, 1.1283791065216064f);
  float q = 3.809052213910036e-5f;
  q = std::fma(q, z, 1.1623782338574529e-3f);
  q = std::fma(q, z, 1.4968035742640495e-2f);
  q = std::fma(q, z, 1.1410372704267502e-1f);
  q = std::fma(q, z, 5.020648837089539e-1f);
  q = std::fma(q, z, 1.0f);
  return std::min(std::max(x * p / q, -1.0f), 1.0f);
}

// The hash that decides what dropout drops: an entry's place under a key of two words, equally likely in 0 … 2³² - 1.
inline uint32_t hash(uint32_t column, uint32_t row, uint32_t key0, uint32_t key1) {
  uint32_t h = column * 0x9e3779b1u + key0;
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= key1 + row * 0xc2b2ae35u;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  h ^= h >> 16;
  h *= 0x27d4eb2fu;
  return h ^ (h >> 15);
}

// Which entries a dropout keeps, and what they are multiplied by.
class Dropout {
 public:
  Dropout(float rate, const int32_t* key) : active_(rate > 0) {
    if (!active_) return;
    key0_ = static_cast<uint32_t>(key[0]);
    key1_ = static_cast<uint32_t>(key[1]);
    threshold_ = static_cast<uint32_t>(std::min(4294967295.0, static_cast<double>(rate) * 4294967296.0));
    scale_ = static_cast<float>(1.0 / (1.0 - static_cast<double>(rate)));
  }

  bool active() const { return active_; }

  // The factor of a row's entry; 1 where nothing is dropped.
  inline float factor(int64_t row, int64_t column) const {
    const uint32_t drawn = hash(static_cast<uint32_t>(column), static_cast<uint32_t>(row), key0_, key1_);
    return drawn >= threshold_ ? scale_ : 0.0f;
  }

 private:
  const bool active_;
  uint32_t key0_ = 0, key1_ = 0, threshold_ = 0;
  float scale_ = 1;
};

// ---------------------------------------------------------------------------------------------- TensorFlow

// An operation's inputs and outputs, with their lifetimes.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}

  ~Call() {
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelContext_Failure(context_, status_);
    TF_DeleteStatus(status_);
  }

  TF_Tensor* input(int i) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, i, &tensor, status_);
    tensors_.push_back(tensor);
    return tensor;
  }

  template <typename T>
  T* in(int i) {
    return static_cast<T*>(TF_TensorData(input(i)));
  }

  template <typename T>
  T* out(int i, TF_DataType type, const std::vector<int64_t>& shape) {
    size_t size = sizeof(T);
    for (int64_t n : shape) size *= static_cast<size_t>(n);
    TF_Tensor* tensor =
        TF_AllocateOutput(context_, i, type, shape.data(), static_cast<int>(shape.size()), size, status_);
    tensors_.push_back(tensor);
    return static_cast<T*>(TF_TensorData(tensor));
  }

  void fail(const char* message) { TF_SetStatus(status_, TF_INVALID_ARGUMENT, message); }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

std::vector<int64_t> shape_of(TF_Tensor* tensor) {
  std::vector<int64_t> shape(TF_NumDims(tensor));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(tensor, static_cast<int>(i));
  return shape;
}

template <typename T>
constexpr TF_DataType type_of() {
  return sizeof(T) == 2 ? TF_BFLOAT16 : TF_FLOAT;
}

// What an operation is made with.
struct Attributes {
  float rate = 0, epsilon = 0, scale = 1;
};

void* read_attributes(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes();
  TF_Status* status = TF_NewStatus();
  auto read = [&](const char* name, float* value) {
    if (TF_OpKernelConstruction_HasAttr(construction, name, status)) {
      TF_OpKernelConstruction_GetAttrFloat(construction, name, value, status);
    }
  };
  read("rate", &attributes->rate);
  read("epsilon", &attributes->epsilon);
  read("scale", &attributes->scale);
  TF_DeleteStatus(status);
  return attributes;
}

void delete_attributes(void* attributes) { delete static_cast<Attributes*>(attributes); }

// Sums over rows, of `width` numbers: each part of the rows has its own, which are added in order.
class RowSums {
 public:
  RowSums(int64_t rows, int64_t width)
      : width_(width), sums_(static_cast<size_t>(std::min<int64_t>(kParts, rows) * width), 0.0f) {}

  float* of(int part) { return sums_.data() + part * width_; }

  void into(float* sum) const {
    std::fill(sum, sum + width_, 0.0f);
    for (size_t at = 0; at < sums_.size(); at += static_cast<size_t>(width_)) {
      for (int64_t i = 0; i < width_; i++) sum[i] += sums_[at + i];
    }
  }

 private:
  const int64_t width_;
  std::vector<float> sums_;
};

// What a tensor holds, or zeros where it is empty.
std::vector<float> values_or_zeros(TF_Tensor* tensor, int64_t size) {
  std::vector<float> values(static_cast<size_t>(size), 0.0f);
  if (TF_TensorElementCount(tensor) > 0) {
    std::memcpy(values.data(), TF_TensorData(tensor), static_cast<size_t>(size) * sizeof(float));
  }
  return values;
}

// ---------------------------------------------------------------------------------------------- GELU

// y = gelu(x + bias): x [rows, width], bias [width].
template <typename T>
void gelu(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const float* bias = call.in<float>(1);
  T* y = call.out<T>(0, type_of<T>(), shape);
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const int64_t n = width;
    const float* b = bias;
    for (int64_t row = from; row < to; row++) {
      const T* xr = x + row * n;
      T* yr = y + row * n;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        const float v = load(xr, i) + b[i];
        store(yr, i, v * 0.5f * (1.0f + fast_erf(v * 0.707106781f)));
      }
    }
  });
}

// dx = dy · gelu'(x + bias), dbias = Σ dx.
template <typename T>
void gelu_gradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  const T* dy = call.in<T>(0);
  TF_Tensor* input = call.input(1);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const float* bias = call.in<float>(2);
  T* dx = call.out<T>(0, type_of<T>(), shape);
  float* dbias = call.out<float>(1, TF_FLOAT, {width});
  RowSums sums(rows, width);
  over_rows(rows, [&](int part, int64_t from, int64_t to) {
    const int64_t n = width;
    const float* b = bias;
    float* sum = sums.of(part);
    for (int64_t row = from; row < to; row++) {
      const T* xr = x + row * n;
      const T* dyr = dy + row * n;
      T* dxr = dx + row * n;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        const float v = load(xr, i) + b[i];
        const float cdf = 0.5f * (1.0f + fast_erf(v * 0.707106781f));
        const float density = 0.398942280f * fast_exp(-0.5f * v * v);
        const float d = load(dyr, i) * (cdf + v * density);
        store(dxr, i, d);
        sum[i] += d;
      }
    }
  });
  sums.into(dbias);
}

// ---------------------------------------------------------------------------------------------- SwiGLU

// y = silu(g + bias) · (u + bias): x [rows, 2 · width] has g and u side by side, bias is as wide or empty.
template <typename T>
void gate(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const int64_t rows = TF_Dim(input, 0), width = TF_Dim(input, 1) / 2;
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const std::vector<float> biases = values_or_zeros(call.input(1), 2 * width);
  T* y = call.out<T>(0, type_of<T>(), {rows, width});
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const int64_t n = width;
    const float *bg = biases.data(), *bu = bg + n;
    for (int64_t row = from; row < to; row++) {
      const T* gr = x + row * 2 * n;
      const T* ur = gr + n;
      T* yr = y + row * n;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        const float v = load(gr, i) + bg[i];
        store(yr, i, v / (1.0f + fast_exp(-v)) * (load(ur, i) + bu[i]));
      }
    }
  });
}

// From dy to the gradients of x and of bias.
template <typename T>
void gate_gradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  const T* dy = call.in<T>(0);
  TF_Tensor* input = call.input(1);
  const int64_t rows = TF_Dim(input, 0), width = TF_Dim(input, 1) / 2;
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const std::vector<float> biases = values_or_zeros(call.input(2), 2 * width);
  T* dx = call.out<T>(0, type_of<T>(), {rows, 2 * width});
  float* dbias = call.out<float>(1, TF_FLOAT, {2 * width});
  RowSums sums(rows, 2 * width);
  over_rows(rows, [&](int part, int64_t from, int64_t to) {
    const int64_t n = width;
    const float *bg = biases.data(), *bu = bg + n;
    float *sum_g = sums.of(part), *sum_u = sum_g + n;
    for (int64_t row = from; row < to; row++) {
      const T* gr = x + row * 2 * n;
      const T* ur = gr + n;
      const T* dyr = dy + row * n;
      T* dgr = dx + row * 2 * n;
      T* dur = dgr + n;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        const float v = load(gr, i) + bg[i], d = load(dyr, i);
        const float s = 1.0f / (1.0f + fast_exp(-v));
        const float du = d * v * s;
        const float dg = d * (load(ur, i) + bu[i]) * s * (1.0f + v * (1.0f - s));
        store(dgr, i, dg);
        store(dur, i, du);
        sum_g[i] += dg;
        sum_u[i] += du;
      }
    }
  });
  sums.into(dbias);
}

// ---------------------------------------------------------------------------------------------- residual and LayerNorm

// y = normal · weight + offset, normal = (z - μ) / √(σ² + ε), z = residual + dropout(x + bias); z = x where the residual
// is empty.
template <typename T>
void add_norm(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const float* bias = call.in<float>(1);
  TF_Tensor* added = call.input(2);
  const float* residual =
      TF_TensorElementCount(added) == 0 ? nullptr : static_cast<const float*>(TF_TensorData(added));
  const float* weight = call.in<float>(3);
  const float* offset = call.in<float>(4);
  const Dropout dropout(attributes.rate, call.in<int32_t>(5));
  float* y = call.out<float>(0, TF_FLOAT, shape);
  float* normal = call.out<float>(1, TF_FLOAT, shape);
  float* inverse = call.out<float>(2, TF_FLOAT, {rows, 1});
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const Dropout drop = dropout;
    const int64_t n = width;
    const float *b = bias, *w = weight, *o = offset;
    for (int64_t row = from; row < to; row++) {
      const T* xr = x + row * n;
      const float* rr = residual + row * n;
      float* z = normal + row * n;
      float* yr = y + row * n;
      float sum = 0;
      if (residual == nullptr) {
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < n; i++) {
          z[i] = load(xr, i);
          sum += z[i];
        }
      } else if (drop.active()) {
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < n; i++) {
          z[i] = rr[i] + (load(xr, i) + b[i]) * drop.factor(row, i);
          sum += z[i];
        }
      } else {
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < n; i++) {
          z[i] = rr[i] + (load(xr, i) + b[i]);
          sum += z[i];
        }
      }
      const float mean = sum / n;
      float squares = 0;
#pragma omp simd reduction(+ : squares)
      for (int64_t i = 0; i < n; i++) {
        const float centred = z[i] - mean;
        squares += centred * centred;
      }
      const float inverted = 1.0f / std::sqrt(squares / n + attributes.epsilon);
      inverse[row] = inverted;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        z[i] = (z[i] - mean) * inverted;
        yr[i] = z[i] * w[i] + o[i];
      }
    }
  });
}

// The gradients of add_norm: of z (the residual's), of x, of bias, weight and offset.
template <typename T>
void add_norm_gradient(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const float* dy = static_cast<const float*>(TF_TensorData(input));
  const float* normal = call.in<float>(1);
  const float* inverse = call.in<float>(2);
  const float* weight = call.in<float>(3);
  const Dropout dropout(attributes.rate, call.in<int32_t>(4));
  float* dz = call.out<float>(0, TF_FLOAT, shape);
  T* dx = call.out<T>(1, type_of<T>(), shape);
  float* dbias = call.out<float>(2, TF_FLOAT, {width});
  float* dweight = call.out<float>(3, TF_FLOAT, {width});
  float* doffset = call.out<float>(4, TF_FLOAT, {width});
  RowSums biases(rows, width), weights(rows, width), offsets(rows, width);
  over_rows(rows, [&](int part, int64_t from, int64_t to) {
    const Dropout drop = dropout;
    const int64_t n = width;
    const float* w = weight;
    float* sum_bias = biases.of(part);
    float* sum_weight = weights.of(part);
    float* sum_offset = offsets.of(part);
    for (int64_t row = from; row < to; row++) {
      const float* dyr = dy + row * n;
      const float* nr = normal + row * n;
      float* dzr = dz + row * n;
      T* dxr = dx + row * n;
      float sum = 0, projection = 0;
#pragma omp simd reduction(+ : sum, projection)
      for (int64_t i = 0; i < n; i++) {
        const float g = dyr[i] * w[i];
        sum += g;
        projection += g * nr[i];
        sum_weight[i] += dyr[i] * nr[i];
        sum_offset[i] += dyr[i];
      }
      const float mean = sum / n, along = projection / n, inverted = inverse[row];
      if (drop.active()) {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) {
          const float d = (dyr[i] * w[i] - mean - nr[i] * along) * inverted;
          dzr[i] = d;
          const float left = d * drop.factor(row, i);
          store(dxr, i, left);
          sum_bias[i] += left;
        }
      } else {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) {
          const float d = (dyr[i] * w[i] - mean - nr[i] * along) * inverted;
          dzr[i] = d;
          store(dxr, i, d);
          sum_bias[i] += d;
        }
      }
    }
  });
  biases.into(dbias);
  weights.into(dweight);
  offsets.into(doffset);
}

// ---------------------------------------------------------------------------------------------- RMS normalisation

// y = normal · weight, normal = x / √(mean(x²) + ε).
template <typename T>
void rms_norm(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const float* x = static_cast<const float*>(TF_TensorData(input));
  const float* weight = call.in<float>(1);
  T* y = call.out<T>(0, type_of<T>(), shape);
  float* normal = call.out<float>(1, TF_FLOAT, shape);
  float* inverse = call.out<float>(2, TF_FLOAT, {rows, 1});
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const int64_t n = width;
    const float* w = weight;
    for (int64_t row = from; row < to; row++) {
      const float* xr = x + row * n;
      float* z = normal + row * n;
      T* yr = y + row * n;
      float squares = 0;
#pragma omp simd reduction(+ : squares)
      for (int64_t i = 0; i < n; i++) squares += xr[i] * xr[i];
      const float inverted = 1.0f / std::sqrt(squares / n + attributes.epsilon);
      inverse[row] = inverted;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        z[i] = xr[i] * inverted;
        store(yr, i, z[i] * w[i]);
      }
    }
  });
}

// The gradients of rms_norm: of x and weight.
template <typename T>
void rms_norm_gradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t rows = shape[0], width = shape[1];
  const T* dy = static_cast<const T*>(TF_TensorData(input));
  const float* normal = call.in<float>(1);
  const float* inverse = call.in<float>(2);
  const float* weight = call.in<float>(3);
  float* dx = call.out<float>(0, TF_FLOAT, shape);
  float* dweight = call.out<float>(1, TF_FLOAT, {width});
  RowSums weights(rows, width);
  over_rows(rows, [&](int part, int64_t from, int64_t to) {
    const int64_t n = width;
    const float* w = weight;
    float* sum_weight = weights.of(part);
    for (int64_t row = from; row < to; row++) {
      const T* dyr = dy + row * n;
      const float* nr = normal + row * n;
      float* dxr = dx + row * n;
      float projection = 0;
#pragma omp simd reduction(+ : projection)
      for (int64_t i = 0; i < n; i++) {
        const float d = load(dyr, i);
        projection += d * w[i] * nr[i];
        sum_weight[i] += d * nr[i];
      }
      const float along = projection / n, inverted = inverse[row];
#pragma omp simd
      for (int64_t i = 0; i < n; i++) dxr[i] = (load(dyr, i) * w[i] - nr[i] * along) * inverted;
    }
  });
  weights.into(dweight);
}

// ---------------------------------------------------------------------------------------------- attention

// qkv [batch · length, 3 · heads · size] + bias to q, k, v [batch, heads, length, size].
template <typename T>
void split_heads(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const int64_t tripled = TF_Dim(input, 1);
  const T* qkv = static_cast<const T*>(TF_TensorData(input));
  const float* bias = call.in<float>(1);
  const int32_t* sizes = call.in<int32_t>(2);
  const int64_t batch = sizes[0], length = sizes[1], heads = sizes[2], width = tripled / 3, size = width / heads;
  T* parts[3];
  for (int i = 0; i < 3; i++) parts[i] = call.out<T>(i, type_of<T>(), {batch, heads, length, size});
  over_rows(batch * length, [&](int, int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t b = row / length, t = row % length;
      for (int part = 0; part < 3; part++) {
        const T* source = qkv + row * tripled + part * width;
        const float* add = bias + part * width;
        for (int64_t head = 0; head < heads; head++) {
          const int64_t n = size, at = head * n;
          T* target = parts[part] + ((b * heads + head) * length + t) * n;
#pragma omp simd
          for (int64_t i = 0; i < n; i++) store(target, i, load(source, at + i) + add[at + i]);
        }
      }
    }
  });
}

// The way back for gradients: dq, dk, dv to dqkv, and Σ dqkv.
template <typename T>
void merge_heads(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* first = call.input(0);
  const auto shape = shape_of(first);
  const int64_t batch = shape[0], heads = shape[1], length = shape[2], size = shape[3], width = heads * size;
  const T* parts[3] = {static_cast<const T*>(TF_TensorData(first)), call.in<T>(1), call.in<T>(2)};
  T* dqkv = call.out<T>(0, type_of<T>(), {batch * length, 3 * width});
  float* dbias = call.out<float>(1, TF_FLOAT, {3 * width});
  const int64_t rows = batch * length;
  RowSums sums(rows, 3 * width);
  over_rows(rows, [&](int index, int64_t from, int64_t to) {
    float* sum = sums.of(index);
    for (int64_t row = from; row < to; row++) {
      const int64_t b = row / length, t = row % length;
      for (int part = 0; part < 3; part++) {
        for (int64_t head = 0; head < heads; head++) {
          const int64_t n = size, at = part * width + head * n;
          const T* source = parts[part] + ((b * heads + head) * length + t) * n;
          T* target = dqkv + row * 3 * width + at;
          float* total = sum + at;
#pragma omp simd
          for (int64_t i = 0; i < n; i++) {
            target[i] = source[i];
            total[i] += load(source, i);
          }
        }
      }
    }
  });
  sums.into(dbias);
}

// The sizes of grouped-query attention: [batch, length, heads, keyHeads, size]. Heads are those of queries, then of keys,
// then of values.
struct GroupedSizes {
  int64_t batch, length, heads, key_heads, size;

  explicit GroupedSizes(const int32_t* sizes)
      : batch(sizes[0]), length(sizes[1]), heads(sizes[2]), key_heads(sizes[3]), size(sizes[4]) {}

  // Of a part (queries, keys, values): its heads, and the heads before it.
  int64_t of_part(int part) const { return part == 0 ? heads : key_heads; }
  int64_t before(int part) const { return part == 0 ? 0 : heads + (part - 1) * key_heads; }
  int64_t width() const { return (heads + 2 * key_heads) * size; }
};

// qkv [batch · length, all heads · size] + bias (or none) to q, k, v [batch, heads or keyHeads, length, size], where each
// head's pairs (i, i + size / 2) of q and k are rotated by the position's angles: cos and sin [1 or batch, 1, length, size].
template <typename T>
void rotary_heads(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const T* qkv = static_cast<const T*>(TF_TensorData(input));
  const int64_t wide = TF_Dim(input, 1);
  const std::vector<float> biases = values_or_zeros(call.input(1), wide);
  TF_Tensor* cosines = call.input(2);
  const float* cos = static_cast<const float*>(TF_TensorData(cosines));
  const float* sin = call.in<float>(3);
  const GroupedSizes s(call.in<int32_t>(4));
  const int64_t by_row = TF_Dim(cosines, 0) == 1 ? 0 : s.length * s.size;
  T* parts[3];
  for (int i = 0; i < 3; i++) parts[i] = call.out<T>(i, type_of<T>(), {s.batch, s.of_part(i), s.length, s.size});
  over_rows(s.batch * s.length, [&](int, int64_t from, int64_t to) {
    const int64_t n = s.size, half = n / 2;
    for (int64_t row = from; row < to; row++) {
      const int64_t b = row / s.length, t = row % s.length;
      const float* c = cos + b * by_row + t * n;
      const float* r = sin + b * by_row + t * n;
      for (int part = 0; part < 3; part++) {
        for (int64_t head = 0; head < s.of_part(part); head++) {
          const int64_t at = (s.before(part) + head) * n;
          const T* source = qkv + row * wide + at;
          const float* add = biases.data() + at;
          T* target = parts[part] + ((b * s.of_part(part) + head) * s.length + t) * n;
          if (part == 2) {
#pragma omp simd
            for (int64_t i = 0; i < n; i++) store(target, i, load(source, i) + add[i]);
            continue;
          }
#pragma omp simd
          for (int64_t i = 0; i < half; i++) {
            const float first = load(source, i) + add[i], second = load(source, half + i) + add[half + i];
            store(target, i, first * c[i] - second * r[i]);
            store(target, half + i, second * c[half + i] + first * r[half + i]);
          }
        }
      }
    }
  });
}

// The way back for gradients: dq, dk, dv to dqkv, and Σ dqkv.
template <typename T>
void rotary_heads_gradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  const T* parts[3] = {call.in<T>(0), call.in<T>(1), call.in<T>(2)};
  TF_Tensor* cosines = call.input(3);
  const float* cos = static_cast<const float*>(TF_TensorData(cosines));
  const float* sin = call.in<float>(4);
  const GroupedSizes s(call.in<int32_t>(5));
  const int64_t by_row = TF_Dim(cosines, 0) == 1 ? 0 : s.length * s.size;
  const int64_t rows = s.batch * s.length, wide = s.width();
  T* dqkv = call.out<T>(0, type_of<T>(), {rows, wide});
  float* dbias = call.out<float>(1, TF_FLOAT, {wide});
  RowSums sums(rows, wide);
  over_rows(rows, [&](int index, int64_t from, int64_t to) {
    const int64_t n = s.size, half = n / 2;
    for (int64_t row = from; row < to; row++) {
      const int64_t b = row / s.length, t = row % s.length;
      const float* c = cos + b * by_row + t * n;
      const float* r = sin + b * by_row + t * n;
      for (int part = 0; part < 3; part++) {
        for (int64_t head = 0; head < s.of_part(part); head++) {
          const int64_t at = (s.before(part) + head) * n;
          const T* source = parts[part] + ((b * s.of_part(part) + head) * s.length + t) * n;
          T* target = dqkv + row * wide + at;
          float* sum = sums.of(index) + at;
          if (part == 2) {
#pragma omp simd
            for (int64_t i = 0; i < n; i++) {
              target[i] = source[i];
              sum[i] += load(source, i);
            }
            continue;
          }
#pragma omp simd
          for (int64_t i = 0; i < half; i++) {
            const float first = load(source, i), second = load(source, half + i);
            const float low = first * c[i] + second * r[half + i], high = second * c[half + i] - first * r[i];
            store(target, i, low);
            store(target, half + i, high);
            sum[i] += low;
            sum[half + i] += high;
          }
        }
      }
    }
  });
  sums.into(dbias);
}

// e = exp(scores · scale + mask - most of them) of one row, and what it must be multiplied by to be the softmax; the mask
// may be null.
template <typename T>
float softmax_row(const T* scores, const float* mask, float scale, int64_t keys, float* e) {
  // by comparison: std::max keeps compilers from vectorising
  float most = -INFINITY;
  if (mask != nullptr) {
#pragma omp simd reduction(max : most)
    for (int64_t i = 0; i < keys; i++) {
      const float score = load(scores, i) * scale + mask[i];
      e[i] = score;
      most = score > most ? score : most;
    }
  } else {
#pragma omp simd reduction(max : most)
    for (int64_t i = 0; i < keys; i++) {
      const float score = load(scores, i) * scale;
      e[i] = score;
      most = score > most ? score : most;
    }
  }
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < keys; i++) {
    e[i] = fast_exp(e[i] - most);
    sum += e[i];
  }
  return 1.0f / sum;
}

// Where the row of a mask lies that belongs to a row of scores.
struct MaskRows {
  const float* values = nullptr;
  int64_t batch = 0, head = 0, row = 0;

  // mask: empty, or [batch or 1, heads or 1, length or 1, keys]. False when it is neither.
  bool fit(TF_Tensor* mask, const std::vector<int64_t>& scores) {
    if (TF_TensorElementCount(mask) == 0) return true;
    const auto shape = shape_of(mask);
    if (shape.size() != 4 || shape[3] != scores[3]) return false;
    for (int axis = 0; axis < 3; axis++) {
      if (shape[axis] != 1 && shape[axis] != scores[axis]) return false;
    }
    values = static_cast<const float*>(TF_TensorData(mask));
    row = shape[2] == 1 ? 0 : shape[3];
    head = shape[1] == 1 ? 0 : shape[2] * shape[3];
    batch = shape[0] == 1 ? 0 : shape[1] * shape[2] * shape[3];
    return true;
  }

  const float* at(int64_t b, int64_t h, int64_t t) const {
    return values == nullptr ? nullptr : values + b * batch + h * head + t * row;
  }
};

// What dropout leaves of softmax(scores · scale + mask). scores [batch, heads, length, keys].
template <typename T>
void attention_softmax(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t heads = shape[1], length = shape[2], keys = shape[3], rows = shape[0] * heads * length;
  const T* scores = static_cast<const T*>(TF_TensorData(input));
  MaskRows mask;
  if (!mask.fit(call.input(1), shape)) return call.fail("SongAttentionSoftmax: the mask does not fit the scores.");
  const Dropout dropout(attributes.rate, call.in<int32_t>(2));
  T* left = call.out<T>(0, type_of<T>(), shape);
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const Dropout drop = dropout;
    const int64_t n = keys;
    std::vector<float> values(static_cast<size_t>(n));
    float* e = values.data();
    for (int64_t row = from; row < to; row++) {
      const float* masked = mask.at(row / (heads * length), row / length % heads, row % length);
      const float inverted = softmax_row(scores + row * n, masked, attributes.scale, n, e);
      T* lr = left + row * n;
      if (drop.active()) {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) store(lr, i, e[i] * inverted * drop.factor(row, i));
      } else {
#pragma omp simd
        for (int64_t i = 0; i < n; i++) store(lr, i, e[i] * inverted);
      }
    }
  });
}

// From the gradient of what attention_softmax gives to that of the scores; and what it gave, which the gradient of the
// values needs. The softmax is computed once more, so that none of it was rounded to T.
template <typename T>
void attention_softmax_gradient(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  const T* dleft = call.in<T>(0);
  TF_Tensor* input = call.input(1);
  const auto shape = shape_of(input);
  const int64_t heads = shape[1], length = shape[2], keys = shape[3], rows = shape[0] * heads * length;
  const T* scores = static_cast<const T*>(TF_TensorData(input));
  MaskRows mask;
  if (!mask.fit(call.input(2), shape)) {
    return call.fail("SongAttentionSoftmaxGradient: the mask does not fit the scores.");
  }
  const Dropout dropout(attributes.rate, call.in<int32_t>(3));
  T* dscores = call.out<T>(0, type_of<T>(), shape);
  T* left = call.out<T>(1, type_of<T>(), shape);
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const Dropout drop = dropout;
    const float scale = attributes.scale;
    const int64_t n = keys;
    std::vector<float> values(static_cast<size_t>(2 * n));
    float* d = values.data();
    float* p = d + n;
    for (int64_t row = from; row < to; row++) {
      const float* masked = mask.at(row / (heads * length), row / length % heads, row % length);
      const float inverted = softmax_row(scores + row * n, masked, scale, n, p);
      const T* dr = dleft + row * n;
      T* lr = left + row * n;
      T* out = dscores + row * n;
      float inner = 0;
      if (drop.active()) {
#pragma omp simd reduction(+ : inner)
        for (int64_t i = 0; i < n; i++) {
          const float factor = drop.factor(row, i);
          p[i] *= inverted;
          store(lr, i, p[i] * factor);
          d[i] = load(dr, i) * factor;
          inner += d[i] * p[i];
        }
      } else {
#pragma omp simd reduction(+ : inner)
        for (int64_t i = 0; i < n; i++) {
          p[i] *= inverted;
          store(lr, i, p[i]);
          d[i] = load(dr, i);
          inner += d[i] * p[i];
        }
      }
      // where one p is nearly 1, its d less the mean is small: what rounding the mean left out counts
      float missing = 0;
#pragma omp simd reduction(+ : missing)
      for (int64_t i = 0; i < n; i++) missing += (d[i] - inner) * p[i];
#pragma omp simd
      for (int64_t i = 0; i < n; i++) store(out, i, p[i] * (d[i] - inner - missing) * scale);
    }
  });
}

// Dropout by itself: y = x · factor. x of any shape, rows along the last axis.
template <typename T>
void dropout_only(void* made, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(made);
  Call call(context);
  TF_Tensor* input = call.input(0);
  const auto shape = shape_of(input);
  const int64_t width = shape.empty() ? 1 : shape.back();
  const int64_t rows = width == 0 ? 0 : TF_TensorElementCount(input) / width;
  const T* x = static_cast<const T*>(TF_TensorData(input));
  const Dropout dropout(attributes.rate, call.in<int32_t>(1));
  T* y = call.out<T>(0, type_of<T>(), shape);
  over_rows(rows, [&](int, int64_t from, int64_t to) {
    const Dropout drop = dropout;
    const int64_t n = width;
    for (int64_t row = from; row < to; row++) {
      const T* xr = x + row * n;
      T* yr = y + row * n;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) store(yr, i, load(xr, i) * drop.factor(row, i));
    }
  });
}

// a + b of one shape, in float.
template <typename T>
void add(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* input = call.input(0);
  const float* a = static_cast<const float*>(TF_TensorData(input));
  const T* b = call.in<T>(1);
  float* y = call.out<float>(0, TF_FLOAT, shape_of(input));
  over_rows(TF_TensorElementCount(input), [&](int, int64_t from, int64_t to) {
    const float* p = a;
    const T* q = b;
    float* sum = y;
#pragma omp simd
    for (int64_t i = from; i < to; i++) sum[i] = p[i] + load(q, i);
  });
}

// ---------------------------------------------------------------------------------------------- optimizer

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
// p, m, v and low share the memory of variables and are written to. numbers [parameters, 9].
template <typename T>
void adamw(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* table = call.input(TF_NumInputs(context) - 1);
  const int count = static_cast<int>(TF_Dim(table, 0)), lows = TF_NumInputs(context) - 1 - 4 * count;
  const auto* numbers = static_cast<const AdamWNumbers*>(TF_TensorData(table));
  std::vector<float *> p, m, v;
  std::vector<bf16*> low;
  std::vector<const T*> gradients;
  std::vector<int64_t> sizes;
  int input = 0;
  for (int i = 0; i < count; i++) {
    TF_Tensor* parameter = call.input(input++);
    p.push_back(static_cast<float*>(TF_TensorData(parameter)));
    sizes.push_back(TF_TensorElementCount(parameter));
  }
  for (int i = 0; i < count; i++) m.push_back(call.in<float>(input++));
  for (int i = 0; i < count; i++) v.push_back(call.in<float>(input++));
  for (int i = 0; i < lows; i++) low.push_back(call.in<bf16>(input++));
  for (int i = 0; i < count; i++) gradients.push_back(call.in<T>(input++));
  const auto pieces = cut(sizes, kPiece);
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    const auto [k, from, to] = pieces[i];
    const int copy = static_cast<int>(numbers[k].low);
    adamw_piece(p[k] + from, m[k] + from, v[k] + from, copy < 0 ? nullptr : low[copy] + from, gradients[k] + from,
                to - from, numbers[k]);
  });
}

// ---------------------------------------------------------------------------------------------- files

// Fills `to` from a place in a file. Returns why it could not, or "".
std::string read_bytes(int file, char* to, int64_t size, int64_t from) {
  while (size > 0) {
    const ssize_t count = pread(file, to, static_cast<size_t>(size), static_cast<off_t>(from));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::string("cannot be read: ") + std::strerror(errno);
    if (count == 0) return "ends at byte " + std::to_string(from) + ": it is truncated";
    to += count;
    from += count;
    size -= count;
  }
  return "";
}

constexpr int64_t kReadPiece = 1 << 20;

// A tensor out of a file, whose bytes stand there as in memory: path [bytes], begin [2] (the low and the high 32 bits of the
// first byte's place), shape [dimensions].
template <typename T>
void read_tensor(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor *name = call.input(0), *dimensions = call.input(2);
  std::string path;
  for (int64_t i = 0; i < TF_TensorElementCount(name); i++) {
    path.push_back(static_cast<char>(static_cast<const int32_t*>(TF_TensorData(name))[i]));
  }
  const auto* words = call.in<uint32_t>(1);
  const int64_t begin = static_cast<int64_t>(words[1]) << 32 | words[0];
  std::vector<int64_t> shape(static_cast<size_t>(TF_TensorElementCount(dimensions)));
  int64_t size = sizeof(T);
  for (size_t i = 0; i < shape.size(); i++) {
    shape[i] = static_cast<const int32_t*>(TF_TensorData(dimensions))[i];
    size *= shape[i];
  }
  char* to = reinterpret_cast<char*>(call.out<T>(0, type_of<T>(), shape));
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    call.fail((path + " cannot be opened: " + std::strerror(errno)).c_str());
    return;
  }
  std::mutex mutex;
  std::string problem;
  Pool::get().run(static_cast<int>((size + kReadPiece - 1) / kReadPiece), [&](int i) {
    const int64_t from = i * kReadPiece, count = std::min(kReadPiece, size - from);
    const std::string found = read_bytes(file, to + from, count, begin + from);
    if (found.empty()) return;
    std::lock_guard<std::mutex> lock(mutex);
    problem = found;
  });
  close(file);
  if (!problem.empty()) call.fail((path + " " + problem).c_str());
}

// ---------------------------------------------------------------------------------------------- registration

struct Operation {
  const char* name;
  std::vector<const char*> inputs, outputs, attributes;
  void (*float_kernel)(void*, TF_OpKernelContext*);
  void (*bf16_kernel)(void*, TF_OpKernelContext*);
};

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {"SongGelu", {"x: T", "bias: float"}, {"y: T"}, {}, gelu<float>, gelu<bf16>},
      {"SongGeluGradient", {"dy: T", "x: T", "bias: float"}, {"dx: T", "dbias: float"}, {}, gelu_gradient<float>,
       gelu_gradient<bf16>},
      {"SongGate", {"x: T", "bias: float"}, {"y: T"}, {}, gate<float>, gate<bf16>},
      {"SongGateGradient", {"dy: T", "x: T", "bias: float"}, {"dx: T", "dbias: float"}, {}, gate_gradient<float>,
       gate_gradient<bf16>},
      {"SongRmsNorm",
       {"x: float", "weight: float"},
       {"y: T", "normal: float", "inverse: float"},
       {"epsilon: float"},
       rms_norm<float>,
       rms_norm<bf16>},
      {"SongRmsNormGradient",
       {"dy: T", "normal: float", "inverse: float", "weight: float"},
       {"dx: float", "dweight: float"},
       {},
       rms_norm_gradient<float>,
       rms_norm_gradient<bf16>},
      {"SongAddNorm",
       {"x: T", "bias: float", "residual: float", "weight: float", "offset: float", "key: int32"},
       {"y: float", "normal: float", "inverse: float"},
       {"epsilon: float", "rate: float"},
       add_norm<float>,
       add_norm<bf16>},
      {"SongAddNormGradient",
       {"dy: float", "normal: float", "inverse: float", "weight: float", "key: int32"},
       {"dz: float", "dx: T", "dbias: float", "dweight: float", "doffset: float"},
       {"rate: float"},
       add_norm_gradient<float>,
       add_norm_gradient<bf16>},
      {"SongSplitHeads", {"qkv: T", "bias: float", "sizes: int32"}, {"q: T", "k: T", "v: T"}, {}, split_heads<float>,
       split_heads<bf16>},
      {"SongMergeHeads", {"dq: T", "dk: T", "dv: T"}, {"dqkv: T", "dbias: float"}, {}, merge_heads<float>,
       merge_heads<bf16>},
      {"SongRotaryHeads",
       {"qkv: T", "bias: float", "cos: float", "sin: float", "sizes: int32"},
       {"q: T", "k: T", "v: T"},
       {},
       rotary_heads<float>,
       rotary_heads<bf16>},
      {"SongRotaryHeadsGradient",
       {"dq: T", "dk: T", "dv: T", "cos: float", "sin: float", "sizes: int32"},
       {"dqkv: T", "dbias: float"},
       {},
       rotary_heads_gradient<float>,
       rotary_heads_gradient<bf16>},
      {"SongAttentionSoftmax",
       {"scores: T", "mask: float", "key: int32"},
       {"left: T"},
       {"scale: float", "rate: float"},
       attention_softmax<float>,
       attention_softmax<bf16>},
      {"SongAttentionSoftmaxGradient",
       {"dleft: T", "scores: T", "mask: float", "key: int32"},
       {"dscores: T", "left: T"},
       {"scale: float", "rate: float"},
       attention_softmax_gradient<float>,
       attention_softmax_gradient<bf16>},
      {"SongDropout", {"x: T", "key: int32"}, {"y: T"}, {"rate: float"}, dropout_only<float>, dropout_only<bf16>},
      {"SongAdd", {"a: float", "b: T"}, {"y: float"}, {}, add<float>, add<bf16>},
      {"SongReadTensor",
       {"path: int32", "begin: int32", "shape: int32"},
       {"values: T"},
       {},
       read_tensor<float>,
       read_tensor<bf16>},
      {"SongSumOfSquares", {"x: N * T"}, {"y: float"}, {"N: int >= 1"}, sum_of_squares<float>, sum_of_squares<bf16>},
      {"SongAdamW",
       {"p: N * float", "m: N * float", "v: N * float", "low: lows * bfloat16", "gradient: N * T", "numbers: float"},
       {},
       {"N: int >= 1", "lows: int >= 0"},
       adamw<float>,
       adamw<bf16>},
  };
  return all;
}

void register_kernel(const char* name, TF_DataType type, void (*compute)(void*, TF_OpKernelContext*),
                     TF_Status* status) {
  TF_KernelBuilder* builder = TF_NewKernelBuilder(name, "CPU", read_attributes, compute, delete_attributes);
  TF_KernelBuilder_TypeConstraint(builder, "T", type, status);
  const std::string label = std::string(name) + (type == TF_FLOAT ? "Float" : "Bfloat16");
  TF_RegisterKernelBuilder(label.c_str(), builder, status);
}

int register_all() {
  TF_Status* status = TF_NewStatus();
  for (const Operation& operation : operations()) {
    TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(operation.name);
    for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(builder, input);
    for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(builder, output);
    TF_OpDefinitionBuilderAddAttr(builder, "T: {float, bfloat16}");
    for (const char* attribute : operation.attributes) TF_OpDefinitionBuilderAddAttr(builder, attribute);
    if (operation.outputs.empty()) TF_OpDefinitionBuilderSetIsStateful(builder, true);
    TF_RegisterOpDefinition(builder, status);
    if (TF_GetCode(status) != TF_OK) break;
    register_kernel(operation.name, TF_FLOAT, operation.float_kernel, status);
    register_kernel(operation.name, TF_BFLOAT16, operation.bf16_kernel, status);
    if (TF_GetCode(status) != TF_OK) break;
  }
  const int code = TF_GetCode(status);
  TF_DeleteStatus(status);
  return code;
}

}  // namespace

// Registers everything once in a process; 0 when it went well, else TensorFlow's error code.
extern "C" int register_song_kernels() {
  static const int code = register_all();
  return code;
}
