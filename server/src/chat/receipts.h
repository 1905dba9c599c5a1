#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/task.h"
#include "chat/message_store.h"
#include "delivery/router.h"

namespace parley::chat {

// Receipts tells people that somebody's watermarks moved: the authors of what is newly covered,
// and the mover's own other connections (DESIGN.md §2).
//
// In a direct chat they hear at once. In a group the moves of half a second become one event per
// mover, so that a message read by hundreds does not become a storm. Safe to call from any loop.
class Receipts {
 public:
  static constexpr std::chrono::milliseconds kGroupDelay{500};

  // `loop` carries the timer for groups.
  Receipts(delivery::Router& router, Loop& loop,
           std::chrono::milliseconds group_delay = kGroupDelay)
      : router_(router), loop_(loop), group_delay_(group_delay) {}

  void announce(ChatId chat, UserId mover, Moved moved, ConnectionId except);

 private:
  // One mover's moves in one group, not announced yet.
  struct Pending {
    Moved moved;
    ConnectionId except = 0;
  };
  using Movers = std::map<UserId, Pending>;

  void tell(ChatId chat, UserId mover, Moved moved, ConnectionId except);
  void tell_later();
  void tell_pending();

  delivery::Router& router_;
  Loop& loop_;
  const std::chrono::milliseconds group_delay_;
  std::mutex mutex_;  // guards pending_
  std::unordered_map<ChatId, Movers> pending_;
};

}  // namespace parley::chat
