#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "storage/sql/head.h"

namespace parley::storage {

// Overlay holds what is committed and not folded yet, of all chats, so that reads never lag behind
// an acknowledgement.
//
// Readers look here first and into the rows afterwards, and keep the later of both: what is no
// longer here was in the rows before it went. Only the writer changes it.
class Overlay final : public Heads {
 public:
  // For readers, from any thread.
  bool rows_lag() const override { return true; }
  std::optional<Unfolded> find(ChatId chat) const override;
  std::optional<Head> head(ChatId chat) const override;

  // Every change up to this id can be seen by a reader who asks afterwards.
  std::uint64_t visible() const { return visible_.load(std::memory_order_acquire); }

  // For the writer.
  void publish(ChatId chat, const Head& head, UserId user, Receipt receipt);
  void show_up_to(std::uint64_t id) { visible_.store(id, std::memory_order_release); }
  struct Entry : Unfolded {
    std::uint64_t since = 0;  // the first change that is not in the rows
  };
  const Entry* peek(ChatId chat) const;

  // The chats in the order in which they were first published, and since when the first waits.
  std::size_t size() const { return order_.size(); }
  ChatId at(std::size_t index) const { return order_[index].chat; }
  std::optional<std::chrono::steady_clock::time_point> oldest() const;
  // Forgets the first `count`: their rows show them now.
  void drop_front(std::size_t count);

 private:
  struct Shard {
    mutable std::mutex mutex;
    boost::unordered_flat_map<ChatId, Entry, std::hash<ChatId>> chats;
  };
  struct Waiting {
    ChatId chat;
    std::chrono::steady_clock::time_point since;
  };

  Shard& shard(ChatId chat) { return shards_[std::hash<ChatId>{}(chat) % shards_.size()]; }
  const Shard& shard(ChatId chat) const {
    return shards_[std::hash<ChatId>{}(chat) % shards_.size()];
  }

  std::array<Shard, 64> shards_;
  std::deque<Waiting> order_;
  std::atomic<std::uint64_t> visible_{0};
};

}  // namespace parley::storage
