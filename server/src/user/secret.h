#pragma once

#include <array>
#include <stdexcept>

#include <openssl/rand.h>

#include "base/secret.h"

namespace parley::user {

// Bytes that nobody can guess. Throws when the system has none to give.
template <std::size_t count>
std::array<unsigned char, count> random_bytes() {
  std::array<unsigned char, count> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(count)) != 1)
    throw std::runtime_error("the system has no randomness to give");
  return bytes;
}

}  // namespace parley::user
