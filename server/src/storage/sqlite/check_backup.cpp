// Whether a file holds a whole store.
#include <chrono>
#include <functional>
#include <thread>

#include <fmt/format.h>
#include <sqlite3.h>

#include "model/error.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/backup_digest.h"
#include "storage/sqlite/migrate.h"

namespace parley::storage {
namespace {

void check_pages(SqliteConnection& db) {
  auto row = db.query("PRAGMA integrity_check(1)");
  if (!row.next() || row.text(0) != "ok") throw DamagedStore{row.string(0)};
}

void check_references(SqliteConnection& db) {
  auto row = db.query("PRAGMA foreign_key_check");
  if (row.next()) throw DamagedStore{fmt::format("a row of {} refers to none", row.text(0))};
}

// The log stands twice: by chats, and in the order of acceptance.
void check_log(SqliteConnection& db) {
  auto row = db.query(
      "SELECT (SELECT count(*) FROM messages m LEFT JOIN message_log l ON l.id = m.id"
      "  WHERE l.id IS NULL OR l.chat_id <> m.chat_id OR l.seq <> m.seq),"
      " (SELECT count(*) FROM message_log) - (SELECT count(*) FROM messages)");
  row.next();
  if (row.integer(0) != 0)
    throw DamagedStore{fmt::format("{} entries are not in the log of all", row.integer(0))};
  if (row.integer(1) != 0)
    throw DamagedStore{fmt::format("the log of all has {} entries too many", row.integer(1))};
}

StoreReport check(SqliteConnection& db, const std::filesystem::path& file,
                  const std::function<bool()>& stops) {
  // A page that cannot be read is to be an error, and no signal.
  db.execute("PRAGMA mmap_size = 0");
  // One moment of a store that is written to.
  const Snapshot moment{db};
  int version = 0;
  try {
    version = schema_version(db, sqlite_migrations());
  } catch (const StorageUnavailable&) {
    throw;
  } catch (const std::exception&) {
    check_pages(db);
    throw;
  }
  if (version == 0) throw std::runtime_error("there is no store of parley in it");
  check_pages(db);
  check_references(db);
  check_chats(db);
  check_log(db);
  check_digest(db, file, stops);
  if (stops && stops()) throw StorageUnavailable{"nobody wants to know any more"};
  return count_rows(db, version, static_cast<int>(sqlite_migrations().size()));
}

// What the exception under way means to the operator.
[[noreturn]] void explain(const std::string& name) {
  try {
    throw;
  } catch (const DamagedStore& damage) {
    throw DamagedStore{fmt::format("{} is damaged: {}", name, damage.what())};
  } catch (const StorageUnavailable& failure) {
    throw std::runtime_error(fmt::format("{} cannot be read: {}", name, failure.what()));
  } catch (const std::exception& refused) {
    throw std::runtime_error(fmt::format("{} is no backup to use: {}", name, refused.what()));
  }
}

// Ends what a connection is doing when it is to stop: a check of pages asks nobody by itself.
class Interrupter {
 public:
  Interrupter(SqliteConnection& db, const std::function<bool()>& stops) {
    if (!stops) return;
    thread_ = std::jthread{[&db, &stops](const std::stop_token& over) {
      for (; !over.stop_requested(); std::this_thread::sleep_for(kLook))
        if (stops()) sqlite3_interrupt(db.handle());
    }};
  }

 private:
  static constexpr std::chrono::milliseconds kLook{20};
  std::jthread thread_;
};

}  // namespace

StoreReport check_backup(const std::filesystem::path& file, const std::function<bool()>& stops) {
  const std::string name = file.string();
  if (!std::filesystem::is_regular_file(file))
    throw std::runtime_error(fmt::format("there is no file {}", name));
  try {
    SqliteConnection db{file, SqliteConnection::Mode::read};
    const Interrupter interrupter{db, stops};
    return check(db, file, stops);
  } catch (const std::exception&) {
    if (stops && stops()) throw StorageUnavailable{"the check was interrupted"};
    explain(name);
  }
}

}  // namespace parley::storage
