#pragma once

#include "storage/sql/database.h"
#include "user/admin_store.h"

namespace parley::storage {

// AdminStore on SQLite: a view of a Database.
class SqlAdminStore final : public user::AdminStore {
 public:
  explicit SqlAdminStore(Database& database) : database_(database) {}

  Task<Result<user::AccountPage>> list(Caller actor, user::AccountFilter filter,
                                       std::optional<std::string> cursor,
                                       std::int64_t limit) override;
  Task<Result<AccountInfo>> get(Caller actor, UserId user) override;
  Task<Result<AccountInfo>> create(Caller actor, user::NewUser user) override;
  Task<Result<std::vector<SessionId>>> suspend(Caller actor, UserId user,
                                               std::string reason) override;
  Task<Result<void>> unsuspend(Caller actor, UserId user) override;
  Task<Result<user::RemovedAccount>> remove(Caller actor, UserId user) override;
  Task<Result<std::vector<SessionId>>> set_password(Caller actor, UserId user,
                                                    std::string password_hash) override;
  Task<Result<std::vector<SessionId>>> set_role(Caller actor, UserId user, Role role) override;
  Task<Result<user::AuditPage>> audit(Caller actor, user::AuditFilter filter,
                                      std::optional<std::string> cursor,
                                      std::int64_t limit) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
