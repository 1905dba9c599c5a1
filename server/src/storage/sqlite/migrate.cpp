#include "storage/sqlite/migrate.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "model/error.h"
#include "storage/sqlite/backup.h"

namespace parley::storage {
namespace {

std::filesystem::path snapshot_name(const std::filesystem::path& backups, int version,
                                    Timestamp now) {
  const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(now);
  return backups / fmt::format("parley-before-{}-{:%Y%m%dT%H%M%SZ}.db", version,
                               fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

}  // namespace

int schema_version(SqliteConnection& db, std::span<const Migration> steps) {
  {
    auto table = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'");
    if (!table.next()) return 0;
  }
  int version = 0;
  auto rows = db.query("SELECT version, name, checksum FROM schema_version ORDER BY version");
  while (rows.next()) {
    version = static_cast<int>(rows.integer(0));
    if (version > static_cast<int>(steps.size()))
      refuse_newer_schema(version, rows.text(1), steps.size());
    check_step(steps[static_cast<std::size_t>(version - 1)], rows.text(2));
  }
  return version;
}

void migrate(SqliteConnection& db, std::span<const Migration> steps,
             const std::filesystem::path& backups, Timestamp now) {
  const int before = schema_version(db, steps);
  if (before == static_cast<int>(steps.size())) return;
  if (before > 0) {
    std::filesystem::create_directories(backups);
    const auto copy = snapshot_name(backups, static_cast<int>(steps.size()), now);
    std::filesystem::remove(copy);  // of a try a moment ago, which changed nothing
    back_up(db, copy);
  }

  db.execute("BEGIN EXCLUSIVE");
  try {
    // Another process may have been faster between the look above and the lock.
    if (schema_version(db, steps) != before)
      throw StorageUnavailable{"another process is changing the schema"};
    db.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT "
        "NULL,"
        " checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
    for (const Migration& step : steps.subspan(static_cast<std::size_t>(before))) {
      db.execute(std::string{step.sql});
      db.run("INSERT INTO schema_version VALUES (?1, ?2, ?3, ?4)", step.version, step.name,
             step.checksum, now);
    }
    db.execute("COMMIT");
  } catch (...) {
    db.rollback();
    throw;
  }
}

void back_up(SqliteConnection& db, const std::filesystem::path& file) {
  UnfinishedFile copy{file};
  copy_pages(db, copy);
  copy.finish();
}

}  // namespace parley::storage
