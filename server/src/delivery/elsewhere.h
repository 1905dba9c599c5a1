#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "delivery/announcement.h"
#include "model/ids.h"

namespace parley::delivery {

// Elsewhere is the rest of the cluster, as the Router of this node sees it (delivery/cluster.h). A
// node that is alone has none. Safe to call from any thread; never blocks.
class Elsewhere {
 public:
  virtual ~Elsewhere() = default;

  // Whether the user has connections on another node, as far as we have heard.
  virtual bool online(UserId user) const = 0;

  // Tells the connections that `recipients` have on other nodes, but `except`.
  virtual void deliver(const Announcement& announcement, const std::vector<UserId>& recipients,
                       ConnectionId except) = 0;

  // Tells every other node that tokens of the session are refused until then, and to close its
  // sockets.
  virtual void sign_out(UserId user, SessionId session, Timestamp until) = 0;
};

}  // namespace parley::delivery
