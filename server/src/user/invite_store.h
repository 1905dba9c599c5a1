#pragma once

#include <string>
#include <vector>

#include "base/task.h"
#include "model/error.h"
#include "model/moderation.h"
#include "model/session.h"

namespace parley::user {

struct NewInvite {
  std::string hash;  // of its token: SHA-256, 32 bytes
  std::int64_t uses = 1;
  Timestamp expires_at;
};

// InviteStore keeps invites; UserStore::create uses them up. All of it is for admins (forbidden)
// and kept in the audit log like all of AdminStore.
class InviteStore {
 public:
  virtual ~InviteStore() = default;

  virtual Task<Result<Invite>> create(Caller actor, NewInvite invite) = 0;
  virtual Task<Result<std::vector<Invite>>> list(Caller actor) = 0;  // newest first
  // Refuses with invite_not_found.
  virtual Task<Result<void>> remove(Caller actor, InviteId invite) = 0;
};

}  // namespace parley::user
