// Tensors out of files.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "call.h"
#include "operations.h"
#include "threads.h"

namespace songs {
namespace {

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

}  // namespace

std::vector<Operation> file_operations() {
  return {
      {"SongReadTensor",
       {"path: int32", "begin: int32", "shape: int32"},
       {"values: T"},
       {},
       read_tensor<float>,
       read_tensor<bf16>},
  };
}

}  // namespace songs
