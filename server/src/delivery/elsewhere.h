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

  // Whether somebody is at one of these connections. Of a node that cannot tell, somebody is.
  virtual bool attended(UserId user) const = 0;

  // Whether this node, where they are connected, tells of the user what every such node notices:
  // one of them does.
  virtual bool speaks_for(UserId user) const = 0;

  // Tells every other node that the user is busy until then, or no longer.
  virtual void busy_changed(UserId user, Timestamp until) = 0;

  // Tells the connections that `recipients` have on other nodes, but `except`.
  virtual void deliver(const Announcement& announcement, const std::vector<UserId>& recipients,
                       ConnectionId except) = 0;

  // Tells every other node that tokens of the session are refused until then, and to close its
  // sockets.
  virtual void sign_out(UserId user, SessionId session, Timestamp until) = 0;
};

}  // namespace parley::delivery
