#include "storage/sql/busy_times.h"

namespace parley::storage {

Task<void> SqlBusyTimes::set_busy_until(UserId user, Timestamp until) {
  co_await database_.write([user, until](Transaction& transaction) {
    const std::optional<Timestamp> kept =
        until > transaction.clock().now() ? std::optional{until} : std::nullopt;
    transaction.db().run("UPDATE users SET busy_until = ?2 WHERE id = ?1 AND deleted_at IS NULL",
                         user, kept);
    return true;
  });
}

}  // namespace parley::storage
