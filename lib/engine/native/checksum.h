// CRC-32 as zip archives have it.
#pragma once

#include <cstdint>

namespace songs {

// The checksum of what had `before` (nothing: 0) followed by these bytes.
uint32_t checksum(uint32_t before, const char* bytes, int64_t size);

// The checksum of two pieces, one after the other, by those of each.
uint32_t joined_checksums(uint32_t first, uint32_t second, int64_t size_of_second);

}  // namespace songs
