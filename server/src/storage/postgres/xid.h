#pragma once

#include <cstdint>

namespace parley::storage {

// Rows know the lower half of the number of the transaction they came with. The whole number, of
// the last transaction before `end` that has this half.
constexpr std::uint64_t whole_xid(std::uint32_t half, std::uint64_t end) {
  constexpr std::uint64_t kHalves = std::uint64_t{1} << 32;
  const std::uint64_t whole = (end & ~(kHalves - 1)) | half;
  return whole >= end && whole >= kHalves ? whole - kHalves : whole;
}

}  // namespace parley::storage
