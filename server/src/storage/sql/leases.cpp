#include "storage/sql/leases.h"

namespace parley::storage {

Task<bool> SqlLeases::hold(std::string name, std::uint64_t holder, std::chrono::seconds how_long) {
  co_return co_await database_.write([&name, holder, how_long](Transaction& transaction) {
    const Timestamp now = transaction.clock().now();
    transaction.db().run(
        "INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?3) ON CONFLICT (name)"
        " DO UPDATE SET holder = excluded.holder, until = excluded.until"
        " WHERE leases.until <= ?4 OR leases.holder = excluded.holder",
        name, holder, now + how_long, now);
    return transaction.db().changes() > 0;
  });
}

Task<bool> SqlLeases::is_held(std::string name) {
  co_return co_await database_.read_or_throw(
      [&name, now = database_.clock().now()](Connection& db) {
        auto row = db.query("SELECT 1 FROM leases WHERE name = ?1 AND until > ?2", name, now);
        return row.next();
      });
}

}  // namespace parley::storage
