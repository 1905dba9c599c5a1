#pragma once

#include "storage/sql/database.h"
#include "user/session_store.h"

namespace parley::storage {

// SessionStore on SQLite: a view of a Database.
class SqlSessionStore final : public user::SessionStore {
 public:
  explicit SqlSessionStore(Database& database) : database_(database) {}

  Task<Result<user::OpenedSession>> open(user::NewSession session, user::Tidings* tidings) override;
  Task<Result<user::Rotation>> rotate(std::string refresh_hash, std::string next_refresh_hash,
                                      Timestamp expires_at, std::string address,
                                      user::Tidings* tidings) override;
  Task<Result<void>> end(UserId user, SessionId session) override;
  Task<std::vector<SessionId>> end_all(UserId user, SessionId except,
                                       user::Tidings* tidings) override;
  Task<std::vector<SessionInfo>> list(UserId user) override;
  Task<std::vector<SessionId>> ended(Timestamp since) override;
  Task<void> tell(UserId user, user::Tidings* tidings) override;
  Task<Result<user::SecurityEventPage>> events(UserId user, std::optional<std::string> cursor,
                                               std::int64_t limit) override;

 private:
  Database& database_;
};

// Within a transaction of the writer: ends all sessions of `user` but `except`, and yields them.
std::vector<SessionId> end_sessions(Connection& db, UserId user, SessionId except, Timestamp now);

}  // namespace parley::storage
