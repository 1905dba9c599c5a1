#pragma once

#include "storage/sqlite/database.h"
#include "user/user_store.h"

namespace parley::storage {

// UserStore on SQLite: a view of a Database.
class SqliteUserStore final : public user::UserStore {
 public:
  explicit SqliteUserStore(Database& database) : database_(database) {}

  Task<Result<Profile>> create(user::NewUser user) override;
  Task<std::optional<user::Credentials>> credentials(std::string name) override;
  Task<std::optional<Profile>> find(UserId user) override;
  Task<std::optional<User>> find_by_name(std::string username) override;
  Task<Result<Profile>> update(UserId user, user::ProfileChange change) override;

  Task<SessionId> open_session(user::NewSession session) override;
  Task<Result<user::Rotation>> rotate_session(std::string refresh_hash,
                                              std::string next_refresh_hash,
                                              Timestamp expires_at) override;
  Task<void> end_session(SessionId session) override;
  Task<std::vector<SessionId>> ended_sessions(Timestamp since) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
