// Tensors out of files.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "call.h"
#include "checksum.h"
#include "operations.h"
#include "threads.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

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

// The system copies two to four times slower between places that are not equally far from a multiple of this.
constexpr int64_t kAligned = 32;
// What a thread takes at once, and of that what it reads at once: as much as stays in its cache.
constexpr int64_t kPiece = 1 << 20, kChunk = 128 << 10;

// Copies out of the cache to memory, past the cache.
void stream(const char* from, char* to, int64_t size) {
  int64_t done = 0;
#ifdef __SSE2__
  for (; done + 64 <= size; done += 64) {
    const auto* lines = reinterpret_cast<const __m128i*>(from + done);
    auto* target = reinterpret_cast<__m128i*>(to + done);
    for (int i = 0; i < 4; i++) _mm_stream_si128(target + i, _mm_loadu_si128(lines + i));
  }
#endif
  std::memcpy(to + done, from + done, static_cast<size_t>(size - done));
}

// A tensor's place in its file and in memory.
struct Placed {
  int64_t begin, size;
  bool checked;
  char* to;
};

// Fills a piece of a tensor. `sum` becomes the piece's checksum where the tensor's is asked for. Returns why it could not, or "".
std::string read_piece(int file, const Placed& tensor, int64_t at, int64_t size, uint32_t& sum) {
  const int64_t apart = (tensor.begin - reinterpret_cast<int64_t>(tensor.to)) % kAligned;
  std::unique_ptr<char[]> own(apart == 0 ? nullptr : new char[kChunk + 2 * kAligned]);
  for (int64_t end = at + size; at < end; at += kChunk) {
    const int64_t count = std::min(kChunk, end - at), from = tensor.begin + at;
    char* to = tensor.to + at;
    if (own != nullptr) {
      // a place as far from a multiple as that in the file
      char* aligned = own.get() + kAligned - reinterpret_cast<int64_t>(own.get()) % kAligned;
      to = aligned + from % kAligned;
    }
    const std::string problem = read_bytes(file, to, count, from);
    if (!problem.empty()) return problem;
    if (tensor.checked) sum = checksum(sum, to, count);
    if (own != nullptr) stream(to, tensor.to + at, count);
  }
  return "";
}

// Tensors out of a file, whose bytes stand there as in memory: path [bytes]; places, of each tensor the low and the high 32 bits
// of its first byte's place, whether its checksum is asked for, how many dimensions it has and these. The checksums are 0 where
// nobody asked.
template <typename T>
void read_tensors(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor *name = call.input(0), *places = call.input(1);
  std::string path;
  for (int64_t i = 0; i < TF_TensorElementCount(name); i++) {
    path.push_back(static_cast<char>(static_cast<const int32_t*>(TF_TensorData(name))[i]));
  }
  const auto* at = static_cast<const int32_t*>(TF_TensorData(places));
  const int32_t* end = at + TF_TensorElementCount(places);
  std::vector<Placed> tensors;
  struct Piece {
    size_t tensor;
    int64_t at, size;
    uint32_t sum;
  };
  std::vector<Piece> pieces;
  while (at < end) {
    const int64_t begin = static_cast<int64_t>(at[1]) << 32 | static_cast<uint32_t>(at[0]);
    const bool checked = at[2] != 0;
    const std::vector<int64_t> shape(at + 4, at + 4 + at[3]);
    at += 4 + at[3];
    int64_t size = sizeof(T);
    for (const int64_t n : shape) size *= n;
    const size_t i = tensors.size();
    tensors.push_back({begin, size, checked, reinterpret_cast<char*>(call.out<T>(static_cast<int>(i), type_of<T>(), shape))});
    for (int64_t from = 0; from < size; from += kPiece) pieces.push_back({i, from, std::min(kPiece, size - from), 0});
  }
  const auto count = static_cast<int>(tensors.size());
  auto* sums = reinterpret_cast<uint32_t*>(call.out<int32_t>(count, TF_INT32, {count}));
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    call.fail((path + " cannot be opened: " + std::strerror(errno)).c_str());
    return;
  }
  std::mutex mutex;
  std::string problem;
  Pool::get().run(static_cast<int>(pieces.size()), [&](int i) {
    Piece& piece = pieces[i];
    const std::string found = read_piece(file, tensors[piece.tensor], piece.at, piece.size, piece.sum);
    if (found.empty()) return;
    std::lock_guard<std::mutex> lock(mutex);
    problem = found;
  });
  close(file);
  if (!problem.empty()) call.fail((path + " " + problem).c_str());
  std::fill_n(sums, count, 0u);
  for (const Piece& piece : pieces) {
    if (tensors[piece.tensor].checked) sums[piece.tensor] = joined_checksums(sums[piece.tensor], piece.sum, piece.size);
  }
}

}  // namespace

std::vector<Operation> file_operations() {
  return {
      {"SongReadTensors",
       {"path: int32", "places: int32"},
       {"values: N * T", "checksums: int32"},
       {"N: int >= 1"},
       read_tensors<float>,
       read_tensors<bf16>},
  };
}

}  // namespace songs
