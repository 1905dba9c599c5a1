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

}  // namespace parley::storage
