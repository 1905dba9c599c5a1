#include "storage/postgres/epoch.h"

#include <stdexcept>

#include "base/log.h"

namespace parley::storage {

void keep_epoch(PostgresConnection& db) {
  // The server, the timeline it writes, the database and the table: initdb, a promotion, CREATE
  // DATABASE and pg_restore make another one each.
  std::string origin;
  bool is_new = false;
  {
    auto row = db.query(
        "SELECT concat_ws('.', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),"
        " (SELECT oid FROM pg_database WHERE datname = current_database()),"
        " CAST(CAST('chats' AS regclass) AS oid)),"
        " (SELECT value FROM store_meta WHERE name = 'origin') FROM pg_control_system()");
    row.next();
    origin = row.string(0);
    is_new = row.null(1);
    if (!is_new && row.text(1) == origin) return;
  }
  // Of several nodes that notice it, one makes the change.
  db.run(
      "WITH moved AS (INSERT INTO store_meta VALUES ('origin', ?1)"
      "  ON CONFLICT (name) DO UPDATE SET value = excluded.value"
      "  WHERE store_meta.value <> excluded.value RETURNING 1)"
      " UPDATE store_meta SET value = left(replace(CAST(gen_random_uuid() AS TEXT), '-', ''), 16)"
      " WHERE name = 'epoch' AND EXISTS (SELECT 1 FROM moved)",
      origin);
  if (db.changes() > 0 && !is_new)
    log::warning("the store is not where it was: clients start over", {{"origin", origin}});
}

std::string read_epoch(Connection& db) {
  auto row = db.query("SELECT value FROM store_meta WHERE name = 'epoch'");
  if (!row.next()) throw std::runtime_error("the database has no epoch: it is damaged");
  return row.string(0);
}

}  // namespace parley::storage
