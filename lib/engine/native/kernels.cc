// The operations that carry the cost of training, each in as few passes over memory as it can: TensorFlow runs the same
// arithmetic as five to ten operations with a pass each. Where the processor has vectors for them (AVX-512 or AVX2 for float32,
// AVX-512 BF16 for bfloat16), matrix products are among them, and attention and whole encoder layers as one operation each. Registered with TensorFlow through
// its C API, for the CPU; everything they do can be composed of TensorFlow.js operations too (../composed.ts, ../ops.ts),
// which is what other devices use.
//
// Floats are float32; T is float32 or bfloat16 (converted on loading, rounded to nearest even on storing). Sums over
// rows go through a fixed number of partial sums, so that results do not depend on the number of threads.
//
// Here they are registered; each subject has a file beside this one.
#include <string>
#include <vector>

#include "call.h"
#include "operations.h"

namespace songs {
namespace {

void* read_attributes(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes();
  TF_Status* status = TF_NewStatus();
  auto read = [&](const char* name, float* value) {
    if (TF_OpKernelConstruction_HasAttr(construction, name, status)) {
      TF_OpKernelConstruction_GetAttrFloat(construction, name, value, status);
    }
  };
  read("rate", &attributes->rate);
  read("attention_rate", &attributes->attention_rate);
  read("epsilon", &attributes->epsilon);
  read("scale", &attributes->scale);
  auto read_bool = [&](const char* name, bool* value) {
    if (!TF_OpKernelConstruction_HasAttr(construction, name, status)) return;
    unsigned char read = 0;
    TF_OpKernelConstruction_GetAttrBool(construction, name, &read, status);
    *value = read != 0;
  };
  read_bool("transpose_a", &attributes->transpose_a);
  read_bool("transpose_b", &attributes->transpose_b);
  read_bool("keep", &attributes->keep);
  TF_DeleteStatus(status);
  return attributes;
}

void delete_attributes(void* attributes) { delete static_cast<Attributes*>(attributes); }

std::vector<Operation> all_operations() {
  std::vector<Operation> all;
  for (const auto& subject : {
           activation_operations(),
           attention_operations(),
           attention_whole_operations(),
           elementwise_operations(),
           embedding_operations(),
           encoder_layer_operations(),
           file_operations(),
           loss_operations(),
           norm_operations(),
           optimizer_operations(),
           part_operations(),
           product_operations(),
           rotary_operations(),
       }) {
    all.insert(all.end(), subject.begin(), subject.end());
  }
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
  for (const Operation& operation : all_operations()) {
    TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(operation.name);
    for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(builder, input);
    for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(builder, output);
    TF_OpDefinitionBuilderAddAttr(builder, "T: {float, bfloat16}");
    for (const char* attribute : operation.attributes) TF_OpDefinitionBuilderAddAttr(builder, attribute);
    if (operation.outputs.empty()) TF_OpDefinitionBuilderSetIsStateful(builder, true);
    TF_RegisterOpDefinition(builder, status);
    if (TF_GetCode(status) != TF_OK) break;
    if (operation.float_kernel != nullptr) {
      register_kernel(operation.name, TF_FLOAT, operation.float_kernel, status);
    }
    if (operation.bf16_kernel != nullptr) {
      register_kernel(operation.name, TF_BFLOAT16, operation.bf16_kernel, status);
    }
    if (TF_GetCode(status) != TF_OK) break;
  }
  const int code = TF_GetCode(status);
  TF_DeleteStatus(status);
  return code;
}

}  // namespace
}  // namespace songs

// Registers everything once in a process; 0 when it went well, else TensorFlow's error code.
extern "C" int register_song_kernels() {
  static const int code = songs::register_all();
  return code;
}

// Whether there are products of that many bits (32, 16) among them, on this processor.
extern "C" int has_song_products(int bits) {
  for (const auto& operation : songs::product_operations()) {
    if ((bits == 16 ? operation.bf16_kernel : operation.float_kernel) != nullptr) return 1;
  }
  return 0;
}
