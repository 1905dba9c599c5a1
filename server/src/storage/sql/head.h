#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

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

// What is committed of one chat and not in its rows yet.
struct Unfolded {
  Head head;
  std::vector<std::pair<UserId, Receipt>> receipts;  // of those who moved, by user

  // The receipt of a participant whose row says `row`.
  Receipt receipt(UserId user, Receipt row) const;
};

// Heads tells readers what of the chats is later than their rows: nothing, when an engine writes
// its rows at once. Look here first and into the rows afterwards, and keep the later of both.
// Safe to call from any thread.
class Heads {
 public:
  virtual ~Heads() = default;

  virtual bool rows_lag() const { return false; }
  virtual std::optional<Unfolded> find(ChatId) const { return std::nullopt; }
  virtual std::optional<Head> head(ChatId) const { return std::nullopt; }
};

}  // namespace parley::storage
