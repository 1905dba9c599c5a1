#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "delivery/hub.h"

namespace parley::delivery {

// Told when a user gets their first connection or loses their last one on this node. Called on
// the thread of that connection.
class Attendance {
 public:
  virtual ~Attendance() = default;
  virtual void arrived(UserId user) = 0;
  virtual void left(UserId user) = 0;
};

// Router brings events to the live connections of their recipients.
//
// Delivery is best effort and at most once per connection: a recipient who is away, slow or on a
// crashed node is not told. Clients notice the missing seq and read it from the store. Safe to
// call from any thread once all hubs are made.
class Router {
 public:
  static constexpr std::size_t kMostHubs = 64;

  // One hub per loop, in order; all of them must be made before the first connection.
  Hub& make_hub(Loop& loop);

  void set_attendance(Attendance* attendance) { attendance_ = attendance; }

  // From the thread of `hub`.
  void add(Hub& hub, Receiver& receiver);
  void remove(Hub& hub, Receiver& receiver);

  // Tells every connection of `recipients` but `except` (the one that asked, which gets a reply
  // instead). Connections of this thread are told at once, the others' threads in one batch per
  // turn of this loop.
  void deliver(Event event, std::vector<UserId> recipients, ConnectionId except = 0);

  // Ends the sockets of `session` of `user`; of all their sessions when none is named.
  void sign_out(UserId user, SessionId session);

  bool online(UserId user) const;

  std::size_t connections() const;

  std::span<const std::unique_ptr<Hub>> hubs() const { return hubs_; }

 private:
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<UserId, std::uint64_t> hubs;  // bit i: the user has connections in hub i
  };
  static constexpr std::size_t kShards = 64;

  Shard& shard_of(UserId user) { return shards_[std::hash<UserId>{}(user) % kShards]; }
  const Shard& shard_of(UserId user) const { return shards_[std::hash<UserId>{}(user) % kShards]; }
  std::uint64_t hubs_of(UserId user) const;
  struct Outbox;
  static Outbox& outbox();
  void dispatch(Delivery delivery);
  void hand_over_later(Hub& hub, Delivery delivery);
  void hand_over();

  std::vector<std::unique_ptr<Hub>> hubs_;
  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> connections_{0};
  Attendance* attendance_ = nullptr;
};

}  // namespace parley::delivery
