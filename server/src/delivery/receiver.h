#pragma once

#include "delivery/announcement.h"
#include "model/ids.h"

namespace parley::delivery {

// Whoever can be told of an event: one live connection of one user. Every call comes on the
// thread the receiver was added on.
class Receiver {
 public:
  virtual ~Receiver() = default;

  // Takes the announcement or, when it is too far behind, drops it. Must not block.
  virtual void receive(const std::shared_ptr<const Announcement>& announcement) = 0;

  // Its session has ended: tell the client and go.
  virtual void sign_out() = 0;

  UserId user_id;
  SessionId session_id;
  ConnectionId connection = 0;
  bool attended = true;  // somebody is at it, as far as its client says; Router changes it
};

}  // namespace parley::delivery
