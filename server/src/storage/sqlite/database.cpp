#include "storage/sqlite/database.h"

#include <stdexcept>

#include <sys/stat.h>

#include "base/private_directory.h"
#include "model/error.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/migrate.h"
#include "storage/sqlite/recovery.h"

namespace parley::storage {
namespace {

std::string read_epoch(SqliteConnection& db) {
  auto row = db.query("SELECT value FROM store_meta WHERE name = 'epoch'");
  if (!row.next()) throw std::runtime_error("the database has no epoch: it is damaged");
  return row.string(0);
}

}  // namespace

SqliteDatabase::SqliteDatabase(Options options, IdSource& ids, const Clock& clock)
    : options_(std::move(options)), clock_(clock), file_(options_.directory / "parley.db") {
  make_private(options_.directory);
  lock_ = std::make_unique<DirectoryLock>(options_.directory);
  const mode_t previous = ::umask(0077);
  try {
    db_ = std::make_unique<SqliteConnection>(file_, SqliteConnection::Mode::write);
    migrate(*db_, sqlite_migrations(), options_.directory / "backups", clock.now());
    adopt_backup(*db_);
  } catch (...) {
    ::umask(previous);
    throw;
  }
  ::umask(previous);

  const std::uint64_t greatest = recover(*db_);
  ids.continue_after(greatest);
  overlay_.show_up_to(greatest);
  epoch_ = read_epoch(*db_);

  log_ = std::make_unique<SqliteChatLog>(
      *db_, file_, overlay_, ids, clock,
      SqliteChatLog::Limits{.cached_participants = options_.cached_participants,
                            .dedup_window = options_.dedup_window,
                            .publishes = options_.publishes});
  checkpointer_ = std::make_unique<Checkpointer>(
      file_, [this] { return writer_->in_lull(); }, options_.checkpoints);
  checkpointer_->watch(*db_);
  readers_ = std::make_unique<Readers>(file_, options_.readers, options_.longest_read_queue);
  writer_ = std::make_unique<Writer>(*db_, *log_, options_.fold_after);
}

SqliteDatabase::~SqliteDatabase() {
  writer_->stop();
  checkpointer_.reset();  // asks the writer whether it has time
  readers_.reset();
  writer_.reset();
  log_.reset();  // a filter may still be read from the file
  db_.reset();
}

Task<void> SqliteDatabase::transact(std::function<void(Transaction&)> work) {
  co_await writer_->run([&work](SqliteChatLog& log) {
    work(log);
    return true;
  });
}

Task<void> SqliteDatabase::change_chats(std::function<void(ChatLog&)> work) {
  co_await writer_->run([&work](SqliteChatLog& log) {
    work(log);
    return true;
  });
}

Task<bool> SqliteDatabase::look(std::function<void(Connection&)> work) {
  const auto done = co_await readers_->read([&work](SqliteConnection& db) -> Result<void> {
    work(db);
    return {};
  });
  co_return done.has_value();
}

}  // namespace parley::storage
