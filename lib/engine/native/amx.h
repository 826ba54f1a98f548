// Products in AMX's tiles, on processors that have them beside AVX-512 BF16 (Intel's, from Sapphire Rapids on). They read the
// same panels of B as products.h's tiles, and rows of A as they stand.
//
// Whether it is there is asked at run time. Compiled with SONG_AMX_EMULATED, a plain loop stands in for the tiles, so that
// what is built on them can be tested on any processor with AVX-512 BF16.
#pragma once

#include "products.h"

#ifdef SONG_BF16_VECTORS
namespace songs {

// A block of the result, and how much of the inner dimension one step of the tiles takes.
constexpr int64_t kAmxRows = 32, kAmxDepth = 32;

// Whether this processor has AMX for bfloat16, and the system lets the process use it.
bool has_amx();

// Sets this thread's tiles up for as long as it lives.
class AmxTiles {
 public:
  AmxTiles();
  ~AmxTiles();
  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;
};

// sums [32][32] = A B, or += A B where `add`: A has 32 rows, row_bytes apart, B is a panel, both `steps` · kAmxDepth deep.
void amx_block(const char* a, int64_t row_bytes, const bf16* b, int64_t steps, float* sums, bool add);

}  // namespace songs
#endif
