// The operations of each file.
#pragma once

#include <vector>

#include "call.h"

namespace songs {

std::vector<Operation> activation_operations();
std::vector<Operation> attention_operations();
std::vector<Operation> attention_whole_operations();
std::vector<Operation> elementwise_operations();
std::vector<Operation> embedding_operations();
std::vector<Operation> encoder_layer_operations();
std::vector<Operation> file_operations();
std::vector<Operation> loss_operations();
std::vector<Operation> norm_operations();
std::vector<Operation> optimizer_operations();
std::vector<Operation> part_operations();
std::vector<Operation> product_operations();
std::vector<Operation> rotary_operations();

}  // namespace songs
