#include "storage/sql/last_seen.h"

namespace parley::storage {

Task<std::optional<Timestamp>> SqlLastSeen::last_seen(UserId user) {
  co_return co_await database_.read_or_throw([user](Connection& db) -> std::optional<Timestamp> {
    auto row = db.query("SELECT last_seen_at FROM users WHERE id = ?1", user);
    if (!row.next() || row.null(0)) return std::nullopt;
    return row.time(0);
  });
}

Task<void> SqlLastSeen::set_last_seen(UserId user, Timestamp at) {
  co_await database_.write([user, at](Transaction& transaction) {
    // Of two connections that end at once, the later word stands.
    transaction.db().run(
        "UPDATE users SET last_seen_at = CASE WHEN last_seen_at > ?2 THEN last_seen_at ELSE ?2 END"
        " WHERE id = ?1 AND deleted_at IS NULL",
        user, at);
    // They may be mailed a digest, if they stay away.
    transaction.db().run(
        "INSERT INTO absences SELECT id, CAST(?2 AS BIGINT) FROM users WHERE id = ?1"
        " AND email_verified = 1 AND deleted_at IS NULL ON CONFLICT (user_id) DO UPDATE SET since ="
        " CASE WHEN absences.since > excluded.since THEN absences.since ELSE excluded.since END",
        user, at);
    return true;
  });
}

}  // namespace parley::storage
