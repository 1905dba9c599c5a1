#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "delivery/bus.h"
#include "model/ids.h"

namespace parley::delivery {

// Directory knows which other nodes hold connections of whom, so that a delivery costs a look in
// memory and no question to anybody (docs/decisions/0011). It also remembers for a few seconds to
// whom something was sent: whoever turns out to have come to a node in between may have missed it.
//
// A node whose users it holds is a slot here, 0..63. Safe to call from any thread.
class Directory {
 public:
  Directory();

  using Places = std::uint64_t;  // bit i: there are connections on the node of slot i
  static constexpr std::size_t kMostNodes = 64;
  static constexpr std::size_t kMostRecent = 4'096;  // per shard and half; more is everybody

  // A slot for the node; nothing when there are kMostNodes already.
  std::optional<std::size_t> take_slot(NodeId node);
  // When nobody is left in it.
  void free_slot(std::size_t slot);
  NodeId node_of(std::size_t slot) const { return NodeId{nodes_[slot].load()}; }

  Places places_of(UserId user) const;
  // The same, and remembers that something is being sent to them.
  Places places_for(UserId user);

  // Whether that changed anything; `others` becomes where else they are.
  bool add(UserId user, std::size_t slot, Places& others);
  bool remove(UserId user, std::size_t slot, Places& others);

  // Of those places, the ones where nobody is at the user's connections.
  Places unattended_of(UserId user) const;
  // Whether that changed anything: only of who is there. The bit goes with the user.
  bool set_attended(UserId user, std::size_t slot, bool attended);

  std::vector<UserId> users_of(std::size_t slot) const;
  std::vector<UserId> unattended_users_of(std::size_t slot) const;

  // Whether something was sent to them between the last forget_recent() but one and now.
  bool was_sent_to(UserId user) const;
  void forget_recent();

  // Users who are on some other node.
  std::size_t size() const;

 private:
  using Recent = boost::unordered_flat_set<UserId, std::hash<UserId>>;
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    boost::unordered_flat_map<UserId, Places, std::hash<UserId>> places;
    // Beside them, so that a delivery looks at nothing but places.
    boost::unordered_flat_map<UserId, Places, std::hash<UserId>> unattended;
    Recent recent;
    Recent less_recent;
  };
  static constexpr std::size_t kShards = 64;

  static void clear_bit(Shard& shard, UserId user, Places bit);
  Shard& shard_of(UserId user) { return shards_[std::hash<UserId>{}(user) % kShards]; }
  const Shard& shard_of(UserId user) const { return shards_[std::hash<UserId>{}(user) % kShards]; }

  static constexpr std::uint16_t kNobody = 0xFFFF;

  std::array<std::atomic<std::uint16_t>, kMostNodes> nodes_;
  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace parley::delivery
