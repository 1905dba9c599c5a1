#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "storage/sql/held_chat.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/overlay.h"

namespace parley::storage {

// Who sent the newest entries of a chat.
class RecentSenders {
 public:
  void add(Seq seq, UserId sender);  // the id of nobody for an entry that is no message

  // The distinct senders in (after, up_to], `but` left out. Nothing when that reaches back
  // further than is remembered.
  std::optional<std::vector<UserId>> between(Seq after, Seq up_to, UserId but) const;

 private:
  static constexpr Seq kKept = 64;

  std::vector<UserId> senders_;  // of seq % kKept
  Seq first_ = 0, last_ = 0;     // what is remembered; 0: nothing
};

// A chat as the writer keeps it in memory: what it needs to accept entries and marks without
// reading anything.
struct CachedChat final : HeldChat {
  RecentSenders recent;
  std::size_t weight = 0;  // as the cache counted it last
};

// ChatCache keeps the chats the writer has used last. It belongs to the writer's thread.
//
// It can forget any chat at any time: what is not in the rows is in the Overlay. Only within a
// batch, before its commit, it knows more than both; forget_touched() takes a failed batch back.
class ChatCache {
 public:
  // `capacity` counts participants of all the chats it keeps, a chat itself as six more.
  ChatCache(const Overlay& overlay, std::size_t capacity)
      : overlay_(overlay), capacity_(capacity) {}

  // The chat, read from the rows when it is not here. Null when there is none. Stays valid until
  // trim() or forget_touched().
  CachedChat* find(SqliteConnection& db, ChatId chat);

  // Reads again, of a chat that is here, what its people want of each other (blocks, tells_reads),
  // after the current batch has changed that.
  void reload_wishes(SqliteConnection& db, ChatId chat);

  // Says that the current batch changes the chat.
  void touch(ChatId chat) { touched_.push_back(chat); }
  void forget_touched();
  // After a commit: keeps what was touched and drops the chats used least.
  void trim();
  // Counts a chat again whose participants changed.
  void weigh(CachedChat& chat);

  // A new chat, made in the current batch.
  CachedChat* insert(CachedChat chat);

 private:
  using Order = std::list<CachedChat>;

  std::optional<CachedChat> load(SqliteConnection& db, ChatId id) const;
  void erase(Order::iterator chat);

  const Overlay& overlay_;
  const std::size_t capacity_;
  std::size_t weight_ = 0;
  Order order_;  // the most recently used first
  boost::unordered_flat_map<ChatId, Order::iterator, std::hash<ChatId>> index_;
  std::vector<ChatId> touched_;
};

}  // namespace parley::storage
