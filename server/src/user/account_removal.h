#pragma once

#include <vector>

#include "delivery/router.h"
#include "model/event.h"

namespace parley::user {

// What is left to tell when an account is gone: its sockets close, and each of its groups hears
// that somebody left.
struct RemovedAccount {
  struct Departure {
    MemberRemoved event;
    std::vector<UserId> recipients;
  };

  std::vector<SessionId> sessions;
  std::vector<Departure> departures;
};

// Tells the groups. The sessions are for Sessions::ended.
void announce(delivery::Router& router, RemovedAccount removed);

}  // namespace parley::user
