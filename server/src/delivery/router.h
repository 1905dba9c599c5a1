#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "delivery/elsewhere.h"
#include "delivery/hub.h"

namespace parley::delivery {

// Whom a node tells of what happened on another one.
enum class Reach : std::uint8_t {
  onlookers,   // who looks at a group here: the other node tells everybody else
  here,        // their peers on this node as well, whom the other could not reach for a while
  everywhere,  // whoever is to know, on whichever node: the other could not
};

// Told of who comes and goes.
class Attendance {
 public:
  virtual ~Attendance() = default;

  // The user got their first connection or lost their last one on this node, and has none on any
  // other. Called on the thread of that connection.
  virtual void arrived(UserId user) = 0;
  // `away`: nobody was at it any more.
  virtual void left(UserId user, bool away) = 0;

  // Who has connections, and may have more elsewhere: somebody is at one of them again, or nobody
  // is at any, as of this node; and nobody is at those elsewhere. Called on the thread of that
  // connection.
  virtual void attention_changed(UserId user) = 0;

  // The same happened on another node, and they are not here either. Called on the loop of the
  // cluster.
  virtual void arrived_elsewhere(UserId, Reach) {}
  virtual void left_elsewhere(UserId, bool /*away*/, Reach) {}
  virtual void attention_changed_elsewhere(UserId, Reach) {}

  // They said on another node that they are busy until then, or no longer. Called on the loop of
  // the cluster.
  virtual void busy_changed_elsewhere(UserId, Timestamp /*until*/) {}

  // From now on nothing goes to other nodes or comes from them; or it does again, and what was told
  // since, or some moments before, may not have arrived. Called on the loop of the cluster.
  virtual void interrupted() {}
  virtual void came_back() {}
};

// Router brings events to the live connections of their recipients, here and on other nodes.
//
// Delivery is best effort and at most once per connection: a recipient who is away, slow or on a
// crashed node is not told. Clients notice the missing seq and read it from the store. Safe to
// call from any thread once all hubs are made.
class Router {
 public:
  static constexpr std::size_t kMostHubs = 64;

  // One hub per loop, in order; all of them must be made before the first connection.
  Hub& make_hub(Loop& loop);

  // Both before the first connection; a node that is alone has no elsewhere.
  void set_attendance(Attendance* attendance) { attendance_ = attendance; }
  void set_elsewhere(Elsewhere* elsewhere) { elsewhere_ = elsewhere; }

  // From the thread of `hub`.
  void add(Hub& hub, Receiver& receiver);
  void remove(Hub& hub, Receiver& receiver);

  // Somebody is at the connection, or nobody any more; from its thread. Nothing happens when it is
  // gone.
  void set_attended(UserId user, ConnectionId connection, bool attended);

  // Tells every connection of `recipients` but `except` (the one that asked, which gets a reply
  // instead). Connections of this thread are told at once, the others' threads in one batch per
  // turn of this loop.
  void deliver(Event event, std::vector<UserId> recipients, ConnectionId except = 0);
  // The same on this node only.
  void deliver_here(std::shared_ptr<const Announcement> announcement,
                    std::vector<UserId> recipients, ConnectionId except = 0);

  // Ends the sockets of `session` of `user`; of all their sessions when none is named. Its tokens
  // have expired at `until`: other nodes refuse them so long.
  void sign_out(UserId user, SessionId session, Timestamp until);
  // The same on this node only.
  void sign_out_here(UserId user, SessionId session);
  // Ends the sockets on this node whose session has ended, as `ended` says. It is called on all
  // loops at once, and later than now.
  void sign_out_here(std::function<bool(SessionId)> ended);

  // Whether they have a connection anywhere, and on this node.
  bool online(UserId user) const;
  bool online_here(UserId user) const;
  // Whether somebody is at one of these connections, as far as their clients say.
  bool attended(UserId user) const;
  bool attended_here(UserId user) const;
  // Whether this node tells of the user what all nodes notice that they are connected to.
  bool speaks_for(UserId user) const;
  // Whether there are no other nodes, and never will be.
  bool alone() const { return elsewhere_ == nullptr; }
  // Tells the other nodes that the user is busy until then, or no longer.
  void busy_changed_here(UserId user, Timestamp until);

  std::size_t connections() const;

  std::span<const std::unique_ptr<Hub>> hubs() const { return hubs_; }

 private:
  // Bit i: the user has connections in hub i; and somebody is at one of those.
  struct Places {
    std::uint64_t connected = 0;
    std::uint64_t attended = 0;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<UserId, Places> hubs;
  };
  static constexpr std::size_t kShards = 64;

  Shard& shard_of(UserId user) { return shards_[std::hash<UserId>{}(user) % kShards]; }
  const Shard& shard_of(UserId user) const { return shards_[std::hash<UserId>{}(user) % kShards]; }
  Places places_of(UserId user) const;
  void settle(Hub& hub, UserId user);
  struct Outbox;
  static Outbox& outbox();
  void dispatch(Delivery delivery);
  void hand_over_later(Hub& hub, Delivery delivery);
  void hand_over();

  std::vector<std::unique_ptr<Hub>> hubs_;
  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> connections_{0};
  Attendance* attendance_ = nullptr;
  Elsewhere* elsewhere_ = nullptr;
};

}  // namespace parley::delivery
