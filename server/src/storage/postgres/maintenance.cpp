#include "storage/postgres/maintenance.h"

#include "storage/postgres/connection.h"

namespace parley::storage {

std::vector<TableState> table_states(const std::string& url) {
  PostgresConnection db{{.url = url}};
  std::vector<TableState> states;
  auto row = db.query(
      "SELECT CAST(relname AS TEXT), pg_total_relation_size(relid), n_live_tup, n_dead_tup,"
      " coalesce(CAST(date_trunc('second', greatest(last_vacuum, last_autovacuum)) AS TEXT), '-'),"
      " coalesce(CAST(date_trunc('second', greatest(last_analyze, last_autoanalyze)) AS TEXT), '-')"
      " FROM pg_stat_user_tables WHERE schemaname = current_schema()"
      " ORDER BY 2 DESC, relname");
  while (row.next())
    states.push_back({.name = row.string(0),
                      .bytes = row.integer(1),
                      .rows = row.integer(2),
                      .dead = row.integer(3),
                      .vacuumed = row.string(4),
                      .analyzed = row.string(5)});
  return states;
}

}  // namespace parley::storage
