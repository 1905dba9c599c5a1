#include <utility>

#include "storage/sqlite/user_store.h"

// Sessions: what a refresh token renews. A row lives as long as the session; after that only its
// id is remembered, for as long as an access token of it could be shown.

namespace parley::storage {
namespace {

constexpr std::int64_t kMostSessions = 100;  // of one user
constexpr auto kEndedRemembered = std::chrono::days{31};

void end(Connection& db, SessionId session, Timestamp now) {
  db.run("DELETE FROM sessions WHERE id = ?1", session);
  if (db.changes() == 0) return;  // had ended already
  db.run("DELETE FROM superseded_tokens WHERE session_id = ?1", session);
  db.run("INSERT OR IGNORE INTO ended_sessions VALUES (?1, ?2)", session, now);
  db.run("DELETE FROM ended_sessions WHERE ended_at < ?1", now - kEndedRemembered);
}

// Ends what has expired, and the oldest of what is too much.
void make_room(Connection& db, UserId user, Timestamp now) {
  std::vector<SessionId> out;
  {
    auto row = db.query(
        "SELECT id FROM sessions WHERE user_id = ?1 AND (expires_at <= ?2 OR id <="
        " (SELECT id FROM sessions WHERE user_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?3))",
        user, now, kMostSessions - 1);
    while (row.next()) out.push_back(row.id<SessionId>(0));
  }
  for (const SessionId session : out) end(db, session, now);
}

std::optional<SessionId> superseded_in(Connection& db, const std::string& refresh_hash) {
  auto row = db.query("SELECT session_id FROM superseded_tokens WHERE refresh_hash = ?1",
                      Blob{refresh_hash});
  if (!row.next()) return std::nullopt;
  return row.id<SessionId>(0);
}

struct Found {
  user::KeptSession session;
  Timestamp expires_at;
};

std::optional<Found> find_session(Connection& db, SessionId session) {
  auto row = db.query("SELECT user_id, browser, expires_at FROM sessions WHERE id = ?1", session);
  if (!row.next()) return std::nullopt;
  return Found{
      .session = {.id = session, .user_id = row.id<UserId>(0), .browser = row.integer(1) != 0},
      .expires_at = row.time(2)};
}

std::optional<SessionId> current_in(Connection& db, const std::string& refresh_hash) {
  auto row = db.query("SELECT id FROM sessions WHERE refresh_hash = ?1", Blob{refresh_hash});
  if (!row.next()) return std::nullopt;
  return row.id<SessionId>(0);
}

Result<user::Rotation> rotate(ChatLog& log, const std::string& old_hash,
                              const std::string& new_hash, Timestamp expires_at) {
  Connection& db = log.db();
  const Timestamp now = log.clock().now();
  if (const auto session = superseded_in(db, old_hash)) {
    const auto found = find_session(db, *session);
    if (!found) return fail(Errc::invalid_refresh_token);
    end(db, *session, now);
    return user::Rotation{.session = found->session, .reused = true};
  }
  const auto session = current_in(db, old_hash);
  const auto found = session ? find_session(db, *session) : std::nullopt;
  if (!found || found->expires_at <= now) return fail(Errc::invalid_refresh_token);

  db.run("UPDATE sessions SET refresh_hash = ?2, expires_at = ?3 WHERE id = ?1", *session,
         Blob{new_hash}, expires_at);
  // An old token counts as stolen for as long as it would have been good, and then as unknown.
  db.run("DELETE FROM superseded_tokens WHERE session_id = ?1 AND expires_at <= ?2", *session, now);
  db.run("INSERT INTO superseded_tokens VALUES (?1, ?2, ?3)", Blob{old_hash}, *session,
         found->expires_at);
  return user::Rotation{.session = found->session, .reused = false};
}

}  // namespace

Task<SessionId> SqliteUserStore::open_session(user::NewSession session) {
  co_return co_await database_.writer().run([&session](ChatLog& log) {
    const Timestamp now = log.clock().now();
    make_room(log.db(), session.user_id, now);
    const auto id = log.next_id<SessionKind>();
    log.db().run(
        "INSERT INTO sessions (id, user_id, refresh_hash, address, user_agent, browser,"
        " created_at, expires_at, last_used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7)",
        id, session.user_id, Blob{session.refresh_hash}, session.address, session.user_agent,
        session.browser, now, session.expires_at);
    return id;
  });
}

Task<Result<user::Rotation>> SqliteUserStore::rotate_session(std::string refresh_hash,
                                                             std::string next_refresh_hash,
                                                             Timestamp expires_at) {
  co_return co_await database_.writer().run([&, expires_at](ChatLog& log) {
    return rotate(log, refresh_hash, next_refresh_hash, expires_at);
  });
}

Task<void> SqliteUserStore::end_session(SessionId session) {
  co_await database_.writer().run([session](ChatLog& log) {
    end(log.db(), session, log.clock().now());
    return true;
  });
}

Task<std::vector<SessionId>> SqliteUserStore::ended_sessions(Timestamp since) {
  co_return co_await database_.readers().read_or_throw([since](Connection& db) {
    std::vector<SessionId> sessions;
    auto row = db.query("SELECT session_id FROM ended_sessions WHERE ended_at > ?1", since);
    while (row.next()) sessions.push_back(row.id<SessionId>(0));
    return sessions;
  });
}

}  // namespace parley::storage
