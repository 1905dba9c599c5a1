#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "model/ids.h"

namespace parley::storage {

// Who sent the entries of a chat from one seq on, without a gap; nobody for what is no message.
struct SenderRun {
  Seq first = 1;
  std::vector<UserId> senders;

  Seq last() const { return first + std::ssize(senders) - 1; }
  // Whether it tells everything in (after, up_to].
  bool covers(Seq after, Seq up_to) const {
    return after >= up_to || (first <= after + 1 && last() >= up_to);
  }
  // Nobody where it tells nothing, too.
  UserId at(Seq seq) const {
    return seq < first || seq > last() ? UserId{} : senders[static_cast<std::size_t>(seq - first)];
  }
  // Adds an entry at its end, or begins anew where that leaves a gap.
  void add(Seq seq, UserId sender);
  void keep_newest(std::size_t most);
};

// What is known of a group without asking, and how it is seen whether it still holds.
struct KnownGroup {
  // Entries that are no messages. Every change of who is in a group, and of what they may do there,
  // is one of those, so the participants are as they were while there are as many.
  std::int64_t others = -1;
  std::vector<UserId> recipients{};
  // What was sent stays so.
  SenderRun recent{};
};

// KnownGroups keeps what a writer has learned of the groups it used last, so that it need not read
// a thousand participants for each message. It is a memory, not a truth: other nodes change groups
// too, and whoever uses it checks it against the chat's row.
class KnownGroups {
 public:
  // `capacity` counts participants and senders of all of them.
  explicit KnownGroups(std::size_t capacity) : capacity_(capacity) {}

  // What is known of it, to be added to. Valid until trim().
  KnownGroup& get(ChatId chat);
  // Forgets those used least, but for the last one. Call it when the work at hand is done.
  void trim();

  std::size_t size() const { return order_.size(); }

 private:
  struct Entry {
    ChatId chat;
    KnownGroup group;
    std::size_t weight = 0;  // as it was counted last
  };
  using Order = std::list<Entry>;

  const std::size_t capacity_;
  std::size_t weight_ = 0;
  Order order_;           // the most recently used first
  std::size_t used_ = 0;  // of those, since the last trim()
  boost::unordered_flat_map<ChatId, Order::iterator, std::hash<ChatId>> index_;
};

}  // namespace parley::storage
