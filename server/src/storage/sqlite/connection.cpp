#include "storage/sqlite/connection.h"

#include <stdexcept>

#include <fmt/format.h>
#include <sqlite3.h>

#include "model/error.h"

namespace parley::storage {
namespace {

[[noreturn]] void raise(sqlite3* handle, int code) {
  const std::string why = handle ? fmt::format("{} (SQLite {})", sqlite3_errmsg(handle),
                                               sqlite3_extended_errcode(handle))
                                 : std::string{sqlite3_errstr(code)};
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_BUSY:  // another process holds the write lock for longer than we wait
      throw StorageUnavailable{why};
    default:
      throw std::runtime_error{"the database refused a statement: " + why};
  }
}

void check(sqlite3* handle, int code) {
  if (code != SQLITE_OK) raise(handle, code);
}

}  // namespace

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

void SqliteStatement::reset() noexcept { sqlite3_reset(statement_); }

bool SqliteStatement::busy() const { return sqlite3_stmt_busy(statement_) != 0; }

bool SqliteStatement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) raise(sqlite3_db_handle(statement_), code);
  return false;
}

bool SqliteStatement::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view SqliteStatement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void SqliteStatement::bind_null(int position, Type) { sqlite3_bind_null(statement_, position); }

void SqliteStatement::bind_integer(int position, std::int64_t value) {
  sqlite3_bind_int64(statement_, position, value);
}

void SqliteStatement::bind_text(int position, std::string_view text, Lifetime lifetime) {
  // A null pointer would bind NULL.
  const char* bytes = text.data() ? text.data() : "";
  const int code = sqlite3_bind_text64(
      statement_, position, bytes, text.size(),
      lifetime == Lifetime::of_the_call ? SQLITE_STATIC : SQLITE_TRANSIENT, SQLITE_UTF8);
  check(sqlite3_db_handle(statement_), code);
}

void SqliteStatement::bind_blob(int position, std::string_view blob, Lifetime lifetime) {
  const char* bytes = blob.data() ? blob.data() : "";
  const int code =
      sqlite3_bind_blob64(statement_, position, bytes, blob.size(),
                          lifetime == Lifetime::of_the_call ? SQLITE_STATIC : SQLITE_TRANSIENT);
  check(sqlite3_db_handle(statement_), code);
}

SqliteConnection::SqliteConnection(const std::filesystem::path& file, Mode mode) {
  const int access =
      mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(file.c_str(), &handle_, access | SQLITE_OPEN_NOMUTEX, nullptr);
  try {
    check(handle_, code);
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, 5000);
    // Statements keep participation and references right by themselves, in one writer's
    // transactions: foreign keys would look every one of them up again.
    execute(
        "PRAGMA mmap_size = 1073741824; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;");
    if (mode == Mode::write) {
      // A message to a random chat writes one page of `messages`: small pages cost a fifth less of
      // the processor than 8 KB ones, and half the bytes of the log.
      execute(
          "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
          "PRAGMA secure_delete = OFF; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -32768;");
    }
    // Whoever makes the copy brings it to the disk at the end.
    if (mode == Mode::alone)
      execute(
          "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
          "PRAGMA mmap_size = 0; PRAGMA cache_size = -8192;");
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

SqliteConnection::~SqliteConnection() {
  prepared_.clear();
  sqlite3_close_v2(handle_);
}

Statement& SqliteConnection::prepare(Sql sql) {
  statements_.store(statements_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  auto& statement = prepared_[sql.text];
  if (!statement) {
    sqlite3_stmt* prepared = nullptr;
    const int code =
        sqlite3_prepare_v3(handle_, sql.text, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) raise(handle_, code);
    statement = std::make_unique<SqliteStatement>(prepared);
  }
  if (statement->busy())
    throw std::logic_error(fmt::format("a statement is in use already: {}", sql.text));
  return *statement;
}

void SqliteConnection::execute(const std::string& sql) {
  check(handle_, sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr));
}

void SqliteConnection::transaction(Sql sql) {
  const std::uint64_t before = statements();
  run(sql);
  statements_.store(before, std::memory_order_relaxed);  // no statement anybody asked for
}

void SqliteConnection::rollback() noexcept {
  // After some failures, a full disk among them, SQLite has rolled back by itself.
  if (sqlite3_get_autocommit(handle_) == 0)
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Sql SqliteConnection::people_by_name() const {
  return "SELECT p.* FROM user_words JOIN people p ON p.id = user_words.rowid"
         " WHERE user_words MATCH '\"' || ?1 || iif(?2, '\" *', '\"') AND p.viewer_id = ?3"
         " AND p.id <> ?3 AND NOT p.deleted AND NOT p.suspended AND NOT p.blocked LIMIT ?4";
}

std::int64_t SqliteConnection::changes() const { return sqlite3_changes64(handle_); }

}  // namespace parley::storage
