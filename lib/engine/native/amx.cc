// See amx.h.
#include "amx.h"

#ifdef SONG_BF16_VECTORS

#ifdef SONG_AMX_EMULATED
#include <cstring>
#elif defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace songs {

#ifdef SONG_AMX_EMULATED

bool has_amx() { return true; }
AmxTiles::AmxTiles() {}
AmxTiles::~AmxTiles() {}

void amx_block(const char* a, int64_t row_bytes, const bf16* b, int64_t steps, float* sums, bool add) {
  if (!add) std::memset(sums, 0, kAmxRows * kTileColumns * sizeof(float));
  for (int64_t p = 0; p < steps * kAmxDepth / 2; p++) {
    for (int64_t m = 0; m < kAmxRows; m++) {
      const bf16* pair = reinterpret_cast<const bf16*>(a + m * row_bytes) + 2 * p;
      for (int64_t n = 0; n < kTileColumns; n++) {
        const bf16* of_b = b + (p * kTileColumns + n) * 2;
        sums[m * kTileColumns + n] += load(pair, 0) * load(of_b, 0) + load(pair, 1) * load(of_b, 1);
      }
    }
  }
}

#elif defined(__linux__)

namespace {

bool allowed() {
  unsigned a, b, c, d;
  // AMX-BF16 and AMX-TILE
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d >> 22 & 1) == 0 || (d >> 24 & 1) == 0) return false;
  // the system hands the tiles' memory out to those that ask: ARCH_REQ_XCOMP_PERM for XFEATURE_XTILEDATA
  constexpr long kRequest = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
}

struct alignas(64) Configuration {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

}  // namespace

bool has_amx() {
  static const bool there = allowed();
  return there;
}

#define SONG_AMX __attribute__((target("amx-tile,amx-bf16")))
#define SONG_TILE_LOAD(tile, at, stride) \
  asm volatile("tileloadd (%0,%1,1), %%tmm" #tile ::"r"(at), "r"(stride) : "memory")
#define SONG_TILE_STORE(tile, at, stride) \
  asm volatile("tilestored %%tmm" #tile ", (%0,%1,1)" ::"r"(at), "r"(stride) : "memory")
#define SONG_TILE_ZERO(tile) asm volatile("tilezero %%tmm" #tile ::)
// sums += a · b
#define SONG_TILE_MULTIPLY(sums, a, b) asm volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #sums ::)

SONG_AMX AmxTiles::AmxTiles() {
  static const Configuration configuration;
  asm volatile("ldtilecfg %0" ::"m"(configuration) : "memory");
}

SONG_AMX AmxTiles::~AmxTiles() { asm volatile("tilerelease" ::: "memory"); }

// Sums in tiles 0 (upper left), 1 (upper right), 2, 3; A in 4 (upper) and 5, B in 6 (left) and 7.
SONG_AMX void amx_block(const char* a, int64_t row_bytes, const bf16* b, int64_t steps, float* sums, bool add) {
  const int64_t stride = kTileColumns * sizeof(float), panel = 2 * kTileColumns * sizeof(bf16);
  float* lower = sums + 16 * kTileColumns;
  if (add) {
    SONG_TILE_LOAD(0, sums, stride);
    SONG_TILE_LOAD(1, sums + 16, stride);
    SONG_TILE_LOAD(2, lower, stride);
    SONG_TILE_LOAD(3, lower + 16, stride);
  } else {
    SONG_TILE_ZERO(0);
    SONG_TILE_ZERO(1);
    SONG_TILE_ZERO(2);
    SONG_TILE_ZERO(3);
  }
  for (int64_t step = 0; step < steps; step++) {
    const char* rows = a + step * kAmxDepth * sizeof(bf16);
    const bf16* pairs = b + step * kAmxDepth * kTileColumns;
    SONG_TILE_LOAD(4, rows, row_bytes);
    SONG_TILE_LOAD(6, pairs, panel);
    SONG_TILE_MULTIPLY(0, 4, 6);
    SONG_TILE_LOAD(7, pairs + 32, panel);
    SONG_TILE_MULTIPLY(1, 4, 7);
    SONG_TILE_LOAD(5, rows + 16 * row_bytes, row_bytes);
    SONG_TILE_MULTIPLY(2, 5, 6);
    SONG_TILE_MULTIPLY(3, 5, 7);
  }
  SONG_TILE_STORE(0, sums, stride);
  SONG_TILE_STORE(1, sums + 16, stride);
  SONG_TILE_STORE(2, lower, stride);
  SONG_TILE_STORE(3, lower + 16, stride);
}

#else

bool has_amx() { return false; }
AmxTiles::AmxTiles() {}
AmxTiles::~AmxTiles() {}
void amx_block(const char*, int64_t, const bf16*, int64_t, float*, bool) {}

#endif

}  // namespace songs
#endif
