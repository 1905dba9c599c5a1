#include "storage/postgres/migrate.h"

#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "base/log.h"

namespace parley::storage {
namespace {

// Names the lock among those of this database: "parley" and what for.
constexpr std::int64_t kMigrationLock = 0x7061726c65790001;

// Which step a program must know to work with what this one leaves behind: itself, unless it says.
int least_known(const Migration& step) {
  constexpr std::string_view kMark = "-- works with programs that know step ";
  int least = step.version;
  if (step.sql.starts_with(kMark)) {
    const std::string_view rest = step.sql.substr(kMark.size(), 8);
    std::from_chars(rest.data(), rest.data() + rest.size(), least);
  }
  return least;
}

void apply(PostgresConnection& db, const Migration& step, Timestamp now) {
  db.execute(std::string{step.sql});
  db.run("INSERT INTO schema_version VALUES (?1, ?2, ?3, ?4, ?5)", step.version, step.name,
         step.checksum, now, least_known(step));
  log::info("schema migrated", {{"version", step.version}, {"name", step.name}});
}

}  // namespace

int schema_version(PostgresConnection& db, std::span<const Migration> steps) {
  {
    auto table = db.query("SELECT 1 WHERE to_regclass('schema_version') IS NOT NULL");
    if (!table.next()) return 0;
  }
  int version = 0;
  auto rows =
      db.query("SELECT version, name, checksum, least_known FROM schema_version ORDER BY version");
  while (rows.next()) {
    version = static_cast<int>(rows.integer(0));
    if (version <= static_cast<int>(steps.size())) {
      check_step(steps[static_cast<std::size_t>(version - 1)], rows.text(2));
    } else if (rows.integer(3) > std::ssize(steps)) {
      refuse_newer_schema(version, rows.text(1), steps.size());
    }
  }
  return version;
}

void migrate(PostgresConnection& db, std::span<const Migration> steps, Timestamp now) {
  if (schema_version(db, steps) >= std::ssize(steps)) return;
  db.begin_locking();
  try {
    db.run("SELECT pg_advisory_xact_lock(?1)", kMigrationLock);
    db.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, name TEXT NOT NULL,"
        " checksum TEXT NOT NULL, applied_at BIGINT NOT NULL, least_known BIGINT NOT NULL)");
    // Another node may have been here while we waited for the lock.
    const auto before = static_cast<std::size_t>(schema_version(db, steps));
    if (before < steps.size())
      for (const Migration& step : steps.subspan(before)) apply(db, step, now);
    db.commit();
  } catch (...) {
    db.rollback();
    throw;
  }
}

}  // namespace parley::storage
