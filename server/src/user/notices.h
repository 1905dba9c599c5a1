#pragma once

#include "base/clock.h"
#include "delivery/jobs.h"
#include "delivery/router.h"
#include "model/session.h"
#include "user/session_store.h"
#include "user/user_store.h"

namespace parley::user {

// Notices tells people what happened to their account (FEATURES S12): it is kept for them to look
// up, told to their other connections, and mailed to their address if it is verified.
class Notices {
 public:
  Notices(SessionStore& sessions, UserStore& users, delivery::Jobs& jobs, delivery::Router& router)
      : sessions_(sessions), users_(users), jobs_(jobs), router_(router) {}

  // `caller` is who did it, or tried to.
  Task<void> tell(UserId user, SecurityEventKind kind, const Caller& caller);

  // The mail alone, for what the store has kept together with the change.
  Task<void> mail(UserId user, SecurityEventKind kind, const Caller& caller, Timestamp at);

 private:
  SessionStore& sessions_;
  UserStore& users_;
  delivery::Jobs& jobs_;
  delivery::Router& router_;
};

}  // namespace parley::user
