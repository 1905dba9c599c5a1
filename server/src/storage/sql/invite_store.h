#pragma once

#include "storage/sql/database.h"
#include "user/invite_store.h"

namespace parley::storage {

// InviteStore on SQLite: a view of a Database.
class SqlInviteStore final : public user::InviteStore {
 public:
  explicit SqlInviteStore(Database& database) : database_(database) {}

  Task<Result<Invite>> create(Caller actor, user::NewInvite invite) override;
  Task<Result<std::vector<Invite>>> list(Caller actor) override;
  Task<Result<void>> remove(Caller actor, InviteId invite) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
