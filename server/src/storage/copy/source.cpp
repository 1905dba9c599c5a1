#include "storage/copy/source.h"

#include <array>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>
#include <sqlite3.h>

#include "storage/sqlite/migrate.h"
#include "storage/sqlite/recovery.h"

namespace parley::storage {
namespace {

using Kind = CopiedColumn::Kind;

void check_file(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file))
    throw std::runtime_error(fmt::format("there is no store at {}", file.string()));
  constexpr std::string_view kBeginning{"SQLite format 3\0", 16};
  std::array<char, kBeginning.size()> beginning{};
  std::ifstream{file, std::ios::binary}.read(beginning.data(), beginning.size());
  if (std::string_view{beginning.data(), beginning.size()} != kBeginning)
    throw std::runtime_error(fmt::format("{} is no SQLite database", file.string()));
}

std::unique_ptr<DirectoryLock> lock(const std::filesystem::path& file) {
  const auto directory = file.has_parent_path() ? file.parent_path() : ".";
  try {
    return std::make_unique<DirectoryLock>(directory);
  } catch (const DirectoryInUse&) {
    throw std::runtime_error(
        fmt::format("a parley is using {}: stop it first", directory.string()));
  }
}

void check_schema(SqliteConnection& db, const std::filesystem::path& file) {
  const auto steps = sqlite_migrations();
  const int version = schema_version(db, steps);
  if (version == 0) throw std::runtime_error(fmt::format("{} is no Parley store", file.string()));
  if (version < std::ssize(steps))
    throw std::runtime_error(
        fmt::format("the store at {} has schema version {}, this program copies version {}: bring "
                    "it up with `parley migrate --data {}` first",
                    file.string(), version, steps.size(), file.parent_path().string()));
}

}  // namespace

// The answer to a statement of ours that no literal holds.
class CopySource::Rows {
 public:
  Rows(SqliteConnection& db, const std::string& sql) : db_(db) {
    check(sqlite3_prepare_v2(db_.handle(), sql.c_str(), static_cast<int>(sql.size()), &statement_,
                             nullptr));
  }
  ~Rows() { sqlite3_finalize(statement_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  void bind(int position, std::int64_t value) {
    check(sqlite3_bind_int64(statement_, position, value));
  }
  void bind(int position, const CopiedColumn& column, const std::string& value) {
    switch (column.kind) {
      case Kind::integer: {
        std::string_view bytes = value;
        return bind(position, take_big_endian<std::int64_t>(bytes));
      }
      case Kind::text:
        return check(sqlite3_bind_text64(statement_, position, value.data(), value.size(),
                                         SQLITE_TRANSIENT, SQLITE_UTF8));
      case Kind::bytes:
        return check(sqlite3_bind_blob64(statement_, position, value.data(), value.size(),
                                         SQLITE_TRANSIENT));
    }
  }

  bool next() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) check(code);
    return false;
  }

  void put(const CopiedColumn& column, int position, std::string& out) const {
    if (sqlite3_column_type(statement_, position) == SQLITE_NULL) return put_null(out);
    if (column.kind == Kind::integer)
      return put_integer(out, sqlite3_column_int64(statement_, position));
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, position));
    const std::string_view value{
        bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, position))};
    if (column.kind == Kind::text && value.contains('\0'))
      throw std::runtime_error(
          fmt::format("{} holds a U+0000, which PostgreSQL does not keep in text", column.name));
    put_bytes(out, value);
  }

 private:
  void check(int code) const {
    if (code == SQLITE_OK) return;
    throw std::runtime_error(
        fmt::format("the store cannot be read: {}", sqlite3_errmsg(db_.handle())));
  }

  SqliteConnection& db_;
  sqlite3_stmt* statement_ = nullptr;
};

CopySource::CopySource(const std::filesystem::path& file) {
  check_file(file);
  lock_ = lock(std::filesystem::absolute(file));
  db_ = std::make_unique<SqliteConnection>(file, SqliteConnection::Mode::write);
  check_schema(*db_, std::filesystem::absolute(file));
  const std::uint64_t greatest = recover(*db_);
  db_->begin();
  auto row = db_->query("SELECT value FROM store_meta WHERE name = 'epoch'");
  if (!row.next()) throw std::runtime_error("the store has no epoch: it is damaged");
  identity_ = fmt::format("{} {}", row.text(0), greatest);
}

CopySource::~CopySource() {
  if (db_) db_->rollback();
}

CopySource::Batch CopySource::read(const CopiedTable& table,
                                   const std::optional<std::string>& after,
                                   std::int64_t transaction, const BatchSize& size,
                                   const std::function<void(std::string_view)>& put) {
  Rows rows{*db_, batch_sql(table, after.has_value())};
  rows.bind(1, transaction);
  rows.bind(2, size.rows);
  if (after) {
    const auto key = read_row(*after);
    if (key.size() != table.key_size) throw std::runtime_error("the marker of the copy is damaged");
    for (std::size_t i = 0; i < key.size(); ++i)
      rows.bind(static_cast<int>(i) + 3, table.columns[i], key[i].value());
  }
  Batch batch;
  std::size_t bytes = 0;
  std::string encoded;
  while (bytes < size.bytes) {
    if (!rows.next()) {
      batch.is_last = batch.rows < size.rows;
      return batch;
    }
    encoded.clear();
    begin_row(encoded, table.columns.size());
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      rows.put(table.columns[i], static_cast<int>(i), encoded);
    }
    put(encoded);
    bytes += encoded.size();
    ++batch.rows;
    batch.last_key.clear();
    begin_row(batch.last_key, table.key_size);
    for (std::size_t i = 0; i < table.key_size; ++i)
      rows.put(table.columns[i], static_cast<int>(i), batch.last_key);
  }
  return batch;
}

TableSum CopySource::sum(const CopiedTable& table) {
  Rows rows{*db_, comparison_sql(table)};
  std::vector<const CopiedColumn*> compared;
  for (const CopiedColumn& column : table.columns)
    if (column.owner == CopiedColumn::Owner::both) compared.push_back(&column);
  TableSummer summer;
  std::string encoded;
  while (rows.next()) {
    encoded.clear();
    begin_row(encoded, compared.size());
    for (std::size_t i = 0; i < compared.size(); ++i)
      rows.put(*compared[i], static_cast<int>(i), encoded);
    summer.add(encoded);
  }
  return summer.sum();
}

std::optional<std::uint64_t> CopySource::first_entry_from(std::uint64_t id) {
  auto row = db_->query("SELECT min(id) FROM message_log WHERE id >= ?1", id);
  if (!row.next() || row.null(0)) return std::nullopt;
  return static_cast<std::uint64_t>(row.integer(0));
}

}  // namespace parley::storage
