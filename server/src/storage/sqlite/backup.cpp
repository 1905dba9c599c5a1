#include "storage/sqlite/backup.h"

#include <algorithm>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/private_file.h"
#include "model/error.h"
#include "storage/sqlite/backup_digest.h"

namespace parley::storage {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kPiece = 512;           // pages: 2 MiB
constexpr int kPiecesUntilSync = 16;  // what waits to be written never gets much
constexpr auto kLongestRest = std::chrono::milliseconds{50};

// Pages are copied in pieces, and between them somebody else has the disk.
void copy_in_pieces(SqliteConnection& from, SqliteConnection& copy, UnfinishedFile& to,
                    const std::function<bool()>& stops) {
  sqlite3_backup* const backup = sqlite3_backup_init(copy.handle(), "main", from.handle(), "main");
  if (!backup) throw StorageUnavailable{sqlite3_errmsg(copy.handle())};
  int code = SQLITE_OK;
  bool stopped = false;
  for (int piece = 1; code == SQLITE_OK && !stopped; ++piece) {
    const auto begun = SteadyClock::now();
    code = sqlite3_backup_step(backup, kPiece);
    if (code == SQLITE_OK && piece % kPiecesUntilSync == 0) to.sync();
    stopped = stops && stops();
    if (code == SQLITE_OK && !stopped)
      std::this_thread::sleep_for(
          std::min<SteadyClock::duration>(SteadyClock::now() - begun, kLongestRest));
  }
  const int finished = sqlite3_backup_finish(backup);
  if (stopped && code == SQLITE_OK) throw StorageUnavailable{"the backup was interrupted"};
  if (finished != SQLITE_OK)
    throw StorageUnavailable{
        fmt::format("the copy cannot be written: {}", sqlite3_errstr(finished))};
}

bool has_table(SqliteConnection& db, std::string_view name) {
  return db.query("SELECT 1 FROM sqlite_schema WHERE name = ?1", name).next();
}

// Into a table of the copy, so that a backup is one file.
void put_beside(SqliteConnection& copy, const BackupSource& source, Timestamp now) {
  copy.execute(
      "CREATE TABLE IF NOT EXISTS parley_backup (name TEXT PRIMARY KEY, content BLOB NOT NULL);"
      "DELETE FROM parley_backup;");
  const auto put = [&copy](const std::string& name, std::string_view content) {
    copy.run("INSERT INTO parley_backup VALUES (?1, ?2)", name, Blob{content});
  };
  put("made_by", source.made_by);
  put("made_at", std::to_string(now.time_since_epoch().count()));
  for (const std::string& name : source.beside)
    if (const auto content = read_file(source.directory / name)) put("file:" + name, *content);
}

}  // namespace

void copy_pages(SqliteConnection& from, UnfinishedFile& to, const std::function<bool()>& stops) {
  SqliteConnection copy{to.path(), SqliteConnection::Mode::alone};
  {
    // As long as it is read of, one moment stays; writers go on after it in the log.
    const Snapshot moment{from};
    auto any = from.query("SELECT count(*) FROM sqlite_schema");
    any.next();
    copy_in_pieces(from, copy, to, stops);
  }
  // The copy says that there is a log beside it, as the store it is of does.
  copy.execute("PRAGMA journal_mode = DELETE");
  if (has_table(copy, "store_meta"))
    copy.run("UPDATE store_meta SET value = lower(hex(randomblob(8))) WHERE name = 'epoch'");
}

BackupReport make_backup(const BackupSource& source, const std::filesystem::path& file,
                         Timestamp now, const std::function<bool()>& stops) {
  const auto store = source.directory / "parley.db";
  if (!std::filesystem::exists(store))
    throw std::runtime_error(fmt::format("there is no store in {}", source.directory.string()));
  const auto begun = SteadyClock::now();
  BackupReport report;
  UnfinishedFile unfinished{file};
  {
    SqliteConnection from{store, SqliteConnection::Mode::read};
    copy_pages(from, unfinished, stops);
  }
  {
    SqliteConnection copy{unfinished.path(), SqliteConnection::Mode::alone};
    copy.begin();
    put_beside(copy, source, now);
    reserve_digest(copy);
    copy.commit();
  }
  write_digest(unfinished.path(), stops);
  unfinished.sync();
  report.store = check_backup(unfinished.path(), stops);
  report.bytes = std::filesystem::file_size(unfinished.path());
  unfinished.finish();
  report.took = SteadyClock::now() - begun;
  return report;
}

}  // namespace parley::storage
