#include "storage/sql/session_store.h"

#include <algorithm>
#include <utility>

#include "storage/sql/list_cursor.h"
#include "storage/sql/pairs.h"
#include "storage/sql/tidings.h"

// Sessions: what a refresh token renews. A row lives as long as the session; after that only its
// id is remembered, for as long as an access token of it could be shown.

namespace parley::storage {
namespace {

using user::SessionStore;

constexpr auto kEndedRemembered = std::chrono::days{31};

// False when all of them had ended already.
bool end(Connection& db, const std::vector<SessionId>& sessions, Timestamp now) {
  if (sessions.empty()) return false;
  const std::string them = Pairs{sessions}.text();
  db.run("DELETE FROM sessions WHERE id IN (SELECT CAST(w.key AS BIGINT) FROM json_each(?1) w)",
         them);
  if (db.changes() == 0) return false;
  db.run(
      "DELETE FROM superseded_tokens WHERE session_id IN"
      " (SELECT CAST(w.key AS BIGINT) FROM json_each(?1) w)",
      them);
  db.run(
      "DELETE FROM devices WHERE session_id IN"
      " (SELECT CAST(w.key AS BIGINT) FROM json_each(?1) w)",
      them);
  db.run(
      "INSERT INTO ended_sessions SELECT CAST(w.key AS BIGINT), ?2 FROM json_each(?1) w WHERE 1 = 1"
      " ON CONFLICT DO NOTHING",
      them, now);
  db.run("DELETE FROM ended_sessions WHERE ended_at < ?1", now - kEndedRemembered);
  return true;
}

// Ends what has expired, and the oldest of what is too much.
std::vector<SessionId> make_room(Connection& db, UserId user, Timestamp now) {
  std::vector<SessionId> out;
  {
    auto row = db.query(
        "SELECT id FROM sessions WHERE user_id = ?1 AND (expires_at <= ?2 OR id <="
        " (SELECT id FROM sessions WHERE user_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?3))",
        user, now, SessionStore::kMostSessions - 1);
    while (row.next()) out.push_back(row.id<SessionId>(0));
  }
  end(db, out, now);
  return out;
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
  auto row = db.query(
      "SELECT s.user_id, s.browser, s.expires_at, u.role FROM sessions s"
      " JOIN users u ON u.id = s.user_id WHERE s.id = ?1",
      session);
  if (!row.next()) return std::nullopt;
  return Found{.session = {.id = session,
                           .user_id = row.id<UserId>(0),
                           .role = row.enumerator<Role>(3),
                           .browser = row.integer(1) != 0},
               .expires_at = row.time(2)};
}

std::optional<SessionId> current_in(Connection& db, const std::string& refresh_hash) {
  auto row = db.query("SELECT id FROM sessions WHERE refresh_hash = ?1", Blob{refresh_hash});
  if (!row.next()) return std::nullopt;
  return row.id<SessionId>(0);
}

// What follows when the token was exchanged before: the session ends. Nothing when it was not.
std::optional<Result<user::Rotation>> end_reused(Connection& db, const std::string& refresh_hash,
                                                 Timestamp now) {
  const auto session = superseded_in(db, refresh_hash);
  if (!session) return std::nullopt;
  const auto found = find_session(db, *session);
  if (!found || !end(db, {*session}, now)) return fail(Errc::invalid_refresh_token);
  return user::Rotation{.session = found->session, .reused = true};
}

// Gives the session of a token the next one; nothing when it has no session, or not any more.
std::optional<user::Rotation> exchange(Connection& db, const std::string& old_hash,
                                       const std::string& new_hash, Timestamp expires_at,
                                       const std::string& address, Timestamp now) {
  const auto session = current_in(db, old_hash);
  const auto found = session ? find_session(db, *session) : std::nullopt;
  if (!found || found->expires_at <= now) return std::nullopt;
  db.run(
      "UPDATE sessions SET refresh_hash = ?2, expires_at = ?3, last_used_at = ?4, address = ?5"
      " WHERE id = ?1 AND refresh_hash = ?6",
      *session, Blob{new_hash}, expires_at, now, address, Blob{old_hash});
  if (db.changes() == 0) return std::nullopt;
  // An old token counts as stolen for as long as it would have been good, and then as unknown.
  db.run("DELETE FROM superseded_tokens WHERE session_id = ?1 AND expires_at <= ?2", *session, now);
  db.run("INSERT INTO superseded_tokens VALUES (?1, ?2, ?3)", Blob{old_hash}, *session,
         found->expires_at);
  return user::Rotation{.session = found->session, .reused = false};
}

Result<user::Rotation> rotate(Transaction& transaction, const std::string& old_hash,
                              const std::string& new_hash, Timestamp expires_at,
                              const std::string& address) {
  Connection& db = transaction.db();
  const Timestamp now = transaction.clock().now();
  if (auto reuse = end_reused(db, old_hash, now)) return *reuse;
  if (auto rotation = exchange(db, old_hash, new_hash, expires_at, address, now)) return *rotation;
  // Perhaps somebody showed it at the same time, and was first.
  if (auto reuse = end_reused(db, old_hash, now)) return *reuse;
  return fail(Errc::invalid_refresh_token);
}

// Whether the user may sign in at all.
Result<void> may_sign_in(Connection& db, UserId user) {
  auto row = db.query("SELECT suspended_at FROM users WHERE id = ?1 AND deleted_at IS NULL", user);
  if (!row.next()) return fail(Errc::user_not_found);
  if (!row.null(0)) return fail(Errc::account_suspended);
  return {};
}

// Says what is new about where the user comes from, and remembers it.
void recognise(Connection& db, const user::NewSession& session, Timestamp now,
               user::OpenedSession& opened) {
  bool first = true, known_device = false, known_network = false;
  {
    auto row = db.query("SELECT fingerprint, network FROM known_devices WHERE user_id = ?1",
                        session.user_id);
    while (row.next()) {
      first = false;
      known_device = known_device || row.text(0) == session.fingerprint;
      known_network = known_network || row.text(1) == session.network;
    }
  }
  opened.new_device = !first && !known_device;
  opened.new_network = !first && !known_network;
  db.run(
      "INSERT INTO known_devices VALUES (?1, ?2, ?3, ?4)"
      " ON CONFLICT (user_id, fingerprint, network) DO UPDATE SET last_used_at = ?4",
      session.user_id, Blob{session.fingerprint}, session.network, now);
  db.run(
      "DELETE FROM known_devices WHERE user_id = ?1 AND last_used_at < (SELECT last_used_at FROM"
      " known_devices WHERE user_id = ?1 ORDER BY last_used_at DESC LIMIT 1 OFFSET ?2)",
      session.user_id, SessionStore::kMostDevices - 1);
}

Result<user::OpenedSession> open_session(Transaction& transaction,
                                         const user::NewSession& session) {
  Connection& db = transaction.db();
  const Timestamp now = transaction.clock().now();
  // One at a time for each account, so that all below is about what stays as it is.
  transaction.keep_accounts({session.user_id});
  if (auto may = may_sign_in(db, session.user_id); !may) return std::unexpected(may.error());
  user::OpenedSession opened;
  opened.ended = make_room(db, session.user_id, now);
  recognise(db, session, now, opened);
  opened.id = transaction.next_id<SessionKind>();
  db.run(
      "INSERT INTO sessions (id, user_id, refresh_hash, address, user_agent, browser, created_at,"
      " expires_at, last_used_at, device, platform)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?9, ?10)",
      opened.id, session.user_id, Blob{session.refresh_hash}, session.address, session.user_agent,
      session.browser, now, session.expires_at, session.device, session.platform);
  return opened;
}

}  // namespace

std::vector<SessionId> end_sessions(Connection& db, UserId user, SessionId except, Timestamp now) {
  std::vector<SessionId> sessions;
  {
    auto row = db.query("SELECT id FROM sessions WHERE user_id = ?1 AND id <> ?2", user, except);
    while (row.next()) sessions.push_back(row.id<SessionId>(0));
  }
  end(db, sessions, now);
  return sessions;
}

Task<Result<user::OpenedSession>> SqlSessionStore::open(user::NewSession session,
                                                        user::Tidings* tidings) {
  co_return co_await database_.write_rows([&session, tidings](Transaction& transaction) {
    auto opened = open_session(transaction, session);
    keep_nothing(tidings);
    if (opened && opened->new_device) keep(transaction, session.user_id, tidings);
    return opened;
  });
}

Task<Result<user::Rotation>> SqlSessionStore::rotate(std::string refresh_hash,
                                                     std::string next_refresh_hash,
                                                     Timestamp expires_at, std::string address,
                                                     user::Tidings* tidings) {
  // Who changes the row of the session is the one who exchanged the token.
  co_return co_await database_.write_rows([&, expires_at, tidings](Transaction& transaction) {
    auto rotation =
        storage::rotate(transaction, refresh_hash, next_refresh_hash, expires_at, address);
    keep_nothing(tidings);
    if (rotation && rotation->reused) keep(transaction, rotation->session.user_id, tidings);
    return rotation;
  });
}

Task<Result<void>> SqlSessionStore::end(UserId user, SessionId session) {
  co_return co_await database_.write([user, session](Transaction& transaction) -> Result<void> {
    {
      auto row = transaction.db().query("SELECT 1 FROM sessions WHERE id = ?1 AND user_id = ?2",
                                        session, user);
      if (!row.next()) return fail(Errc::session_not_found);
    }
    storage::end(transaction.db(), {session}, transaction.clock().now());
    return {};
  });
}

Task<std::vector<SessionId>> SqlSessionStore::end_all(UserId user, SessionId except,
                                                      user::Tidings* tidings) {
  co_return co_await database_.write([user, except, tidings](Transaction& transaction) {
    keep(transaction, user, tidings);
    return end_sessions(transaction.db(), user, except, transaction.clock().now());
  });
}

Task<std::vector<SessionInfo>> SqlSessionStore::list(UserId user) {
  co_return co_await database_.read_or_throw([user, now = database_.clock().now()](Connection& db) {
    std::vector<SessionInfo> sessions;
    auto row = db.query(
        "SELECT id, device, platform, user_agent, address, created_at, last_used_at"
        " FROM sessions WHERE user_id = ?1 AND expires_at > ?2 ORDER BY last_used_at DESC,"
        " id DESC",
        user, now);
    while (row.next()) {
      sessions.push_back({.id = row.id<SessionId>(0),
                          .device = row.string(1),
                          .platform = row.string(2),
                          .user_agent = row.string(3),
                          .address = row.string(4),
                          .created_at = row.time(5),
                          .last_used_at = row.time(6)});
    }
    return sessions;
  });
}

Task<std::vector<SessionId>> SqlSessionStore::ended(Timestamp since) {
  co_return co_await database_.read_or_throw([since](Connection& db) {
    std::vector<SessionId> sessions;
    auto row = db.query("SELECT session_id FROM ended_sessions WHERE ended_at > ?1", since);
    while (row.next()) sessions.push_back(row.id<SessionId>(0));
    return sessions;
  });
}

Task<void> SqlSessionStore::tell(UserId user, user::Tidings* tidings) {
  co_await database_.write([user, tidings](Transaction& transaction) {
    keep(transaction, user, tidings);
    return true;
  });
}

Task<Result<user::SecurityEventPage>> SqlSessionStore::events(UserId user,
                                                              std::optional<std::string> cursor,
                                                              std::int64_t limit) {
  const auto before = read_list_cursor(cursor, 'e');
  if (!before) co_return std::unexpected(before.error());
  co_return co_await database_.read(
      [user, from = *before, limit](Connection& db) -> Result<user::SecurityEventPage> {
        user::SecurityEventPage page;
        auto row = db.query(
            "SELECT id, kind, at, address, user_agent FROM security_events WHERE user_id = ?1"
            " AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3",
            user, from, limit + 1);
        while (row.next()) {
          if (std::ssize(page.events) == limit) {
            page.next_cursor = write_list_cursor('e', page.events.back().id.value());
            break;
          }
          page.events.push_back({.id = row.id<SecurityEventId>(0),
                                 .kind = row.enumerator<SecurityEventKind>(1),
                                 .at = row.time(2),
                                 .address = row.string(3),
                                 .user_agent = row.string(4)});
        }
        return page;
      });
}

}  // namespace parley::storage
