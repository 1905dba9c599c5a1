#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "delivery/node_message.h"
#include "delivery/router.h"

namespace parley::delivery {

// OwnUsers is what the other nodes have been told of who is connected here. note() is for any
// thread, the rest for the loop of the cluster.
class OwnUsers {
 public:
  explicit OwnUsers(const Router& router) : router_(router) {}

  // Somebody came or went; `told` says that this node tells their peers when they have left. True
  // when nobody had since the last take(), which is then to come.
  bool note(UserId user, bool told);
  // Somebody is at their connections again, or nobody any more; the same otherwise.
  bool note_attention(UserId user);

  // What changed since, as the next Moves; nothing when all is as it was. Only how things are now
  // counts, so it does not matter in which order two threads noted something.
  std::optional<Moves> take();

  // All but whom it was sent to.
  Heartbeat heartbeat() const;

  // Everybody, in as many parts as it takes: one at least.
  std::vector<Snapshot> snapshot();

  std::vector<UserId> all() const { return {users_.begin(), users_.end()}; }

 private:
  const Router& router_;
  boost::unordered_flat_set<UserId, std::hash<UserId>> users_;
  boost::unordered_flat_set<UserId, std::hash<UserId>> unattended_;  // of those
  std::uint64_t digest_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t serial_ = 0;

  std::mutex mutex_;  // guards what follows
  boost::unordered_flat_map<UserId, bool, std::hash<UserId>> noted_;
};

}  // namespace parley::delivery
