#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/task.h"
#include "delivery/receiver.h"

namespace parley::delivery {

// What one thread asks another one's hub to do.
struct Delivery {
  std::shared_ptr<const Announcement> announcement;  // or none: sign out
  std::vector<UserId> recipients;
  ConnectionId except = 0;
  SessionId session;  // to sign out; no session means all of the recipients' sessions
};

// Hub keeps the live connections of one thread, by user. Everything but hand_over() is for that
// thread alone.
class Hub {
 public:
  // `index` is the hub's place among the Router's hubs.
  Hub(Loop& loop, std::size_t index) : loop_(loop), index_(index) {}

  // Router's own business, see router.h.
  bool add(Receiver& receiver);     // true when it is the user's first connection here
  bool remove(Receiver& receiver);  // true when it was the user's last connection here
  bool has(UserId user) const { return receivers_.contains(user); }
  // Whether somebody is at one of the user's connections here.
  bool attended(UserId user) const;
  // Nothing happens when the connection is not here.
  void set_attended(UserId user, ConnectionId connection, bool attended);

  void deliver(const Delivery& delivery);

  // Takes a batch from another thread. One post wakes this hub's loop, however many batches come
  // before it runs.
  void hand_over(std::vector<Delivery> batch);

  Loop& loop() const { return loop_; }
  std::size_t index() const { return index_; }
  std::size_t connections() const { return count_; }

  // Calls `visit` for every receiver; `visit` must not add or remove any.
  void each(const std::function<void(Receiver&)>& visit) const;

 private:
  void take_handed_over();

  Loop& loop_;
  const std::size_t index_;
  std::unordered_map<UserId, std::vector<Receiver*>> receivers_;
  std::size_t count_ = 0;

  std::mutex mutex_;  // guards what follows
  std::vector<Delivery> handed_over_;
  bool woken_ = false;
};

}  // namespace parley::delivery
