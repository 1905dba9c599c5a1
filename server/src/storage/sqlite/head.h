#pragma once

#include <cstdint>

#include "model/ids.h"
#include "model/receipt.h"

namespace parley::storage {

// How far the log of a chat has come. Every member only grows, and all of them are written
// together, so of two heads of one chat the one with the greater change_id is the later one.
struct Head {
  Seq last_seq = 0;
  std::int64_t message_count = 0;  // entries of kind message, up to last_seq
  Seq last_message_seq = 0;        // the newest of kind message, 0 before the first
  std::uint64_t activity_id = 0;   // of the newest entry; of the chat before the first
  Timestamp updated_at{};          // when that was
  std::uint64_t change_id = 0;     // of the newest entry or watermark movement
};

constexpr Receipt later(Receipt one, Receipt other) {
  return {.delivered = std::max(one.delivered, other.delivered),
          .read = std::max(one.read, other.read)};
}

}  // namespace parley::storage
