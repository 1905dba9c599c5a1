#pragma once

#include "delivery/router.h"
#include "model/session.h"
#include "user/session_store.h"
#include "user/tidings.h"

namespace parley::user {

// Notices tells people what happened to their account (FEATURES S12): it is kept for them to look
// up, mailed to their address if it is verified, and told to their other connections. The store
// does the first two together with the change: it is given tidings_of() it, and announce() follows.
class Notices {
 public:
  Notices(SessionStore& sessions, delivery::Router& router)
      : sessions_(sessions), router_(router) {}

  // `caller` is who did it, or tried to.
  static Tidings tidings_of(SecurityEventKind kind, const Caller& caller);

  // Tells `user` what the store has kept, if it has.
  void announce(UserId user, Tidings tidings, const Caller& caller);

  // All of it, of what changes nothing in the store.
  Task<void> tell(UserId user, SecurityEventKind kind, const Caller& caller);

 private:
  SessionStore& sessions_;
  delivery::Router& router_;
};

}  // namespace parley::user
