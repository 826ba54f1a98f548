// TensorFlow's side of an operation: inputs, outputs, attributes, and how operations are listed.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "numbers.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace songs {

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

inline std::vector<int64_t> shape_of(TF_Tensor* tensor) {
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
  float rate = 0, attention_rate = 0, epsilon = 0, scale = 1;
  bool transpose_a = false, transpose_b = false, keep = false;
};

// What a tensor holds, or zeros where it is empty.
inline std::vector<float> values_or_zeros(TF_Tensor* tensor, int64_t size) {
  std::vector<float> values(static_cast<size_t>(size), 0.0f);
  if (TF_TensorElementCount(tensor) > 0) {
    std::memcpy(values.data(), TF_TensorData(tensor), static_cast<size_t>(size) * sizeof(float));
  }
  return values;
}

// An operation as it is registered, for float32 and bfloat16 (its attribute T; null where it is not for that).
struct Operation {
  const char* name;
  std::vector<const char*> inputs, outputs, attributes;
  void (*float_kernel)(void*, TF_OpKernelContext*);
  void (*bf16_kernel)(void*, TF_OpKernelContext*);
};

}  // namespace songs
