#include "storage/sql/status_log.h"

#include "delivery/published_events.h"
#include "model/privacy.h"
#include "storage/sql/outbox.h"

namespace parley::storage {
namespace {

// Whether that is news of somebody who does not hide it.
bool note_online(Connection& db, UserId user) {
  db.run(
      "INSERT INTO told_online (user_id) SELECT id FROM users WHERE id = ?1"
      " AND deleted_at IS NULL AND online_for <> ?2 AND last_seen_for <> ?2"
      " ON CONFLICT (user_id) DO NOTHING",
      user, Audience::nobody);
  return db.changes() == 1;
}

bool note_offline(Connection& db, UserId user) {
  db.run("DELETE FROM told_online WHERE user_id = ?1", user);
  return db.changes() == 1;
}

void leave(Transaction& transaction, const delivery::StatusChange& change) {
  add_event(transaction, delivery::user_status_changed(
                             transaction.next_id<delivery::PublishedEventKind>(), change.user,
                             change.online, change.last_seen_at, transaction.clock().now()));
}

}  // namespace

Task<void> SqlStatusLog::tell(std::vector<delivery::StatusChange> changes) {
  co_await database_.write([&changes](Transaction& transaction) {
    for (const delivery::StatusChange& change : changes) {
      const bool news = change.online ? note_online(transaction.db(), change.user)
                                      : note_offline(transaction.db(), change.user);
      if (news) leave(transaction, change);
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
    leave(transaction, {.user = user, .online = false});
}

}  // namespace parley::storage
