#include "storage/sql/status_log.h"

#include <optional>

#include "delivery/published_events.h"
#include "model/privacy.h"
#include "storage/sql/outbox.h"

namespace parley::storage {
namespace {

// What is to be told of somebody who is there and does not hide it, when that is news.
std::optional<PresenceState> note_online(Connection& db, UserId user, PresenceState state,
                                         Timestamp now) {
  {
    auto row = db.query(
        "SELECT busy_until FROM users WHERE id = ?1 AND deleted_at IS NULL AND online_for <> ?2"
        " AND last_seen_for <> ?2",
        user, Audience::nobody);
    if (!row.next()) return std::nullopt;
    if (!row.null(0) && row.time(0) > now) state = PresenceState::busy;
  }
  db.run(
      "INSERT INTO told_online (user_id, state) VALUES (?1, ?2) ON CONFLICT (user_id)"
      " DO UPDATE SET state = excluded.state WHERE told_online.state <> excluded.state",
      user, state);
  return db.changes() == 1 ? std::optional{state} : std::nullopt;
}

bool note_offline(Connection& db, UserId user) {
  db.run("DELETE FROM told_online WHERE user_id = ?1", user);
  return db.changes() == 1;
}

void leave(Transaction& transaction, const delivery::StatusChange& change) {
  add_event(transaction, delivery::user_status_changed(
                             transaction.next_id<delivery::PublishedEventKind>(), change.user,
                             change.state, change.last_seen_at, transaction.clock().now()));
}

}  // namespace

Task<void> SqlStatusLog::tell(std::vector<delivery::StatusChange> changes) {
  co_await database_.write([&changes](Transaction& transaction) {
    Connection& db = transaction.db();
    for (delivery::StatusChange& change : changes) {
      if (change.state == PresenceState::offline) {
        if (note_offline(db, change.user)) leave(transaction, change);
      } else if (const auto news =
                     note_online(db, change.user, change.state, transaction.clock().now())) {
        change.state = *news;
        leave(transaction, change);
      }
    }
    return true;
  });
}

Task<std::vector<UserId>> SqlStatusLog::told_online(UserId after) {
  co_return co_await database_.read_or_throw([after](Connection& db) {
    std::vector<UserId> users;
    auto row =
        db.query("SELECT user_id FROM told_online WHERE user_id > ?1 ORDER BY user_id LIMIT ?2",
                 after, static_cast<std::int64_t>(kMostAtOnce));
    while (row.next()) users.push_back(row.id<UserId>(0));
    return users;
  });
}

void status_hidden(Transaction& transaction, UserId user) {
  if (note_offline(transaction.db(), user) && transaction.publishes().status)
    leave(transaction, {.user = user});
}

}  // namespace parley::storage
