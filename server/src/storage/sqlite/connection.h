#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "storage/sql/connection.h"

struct sqlite3;
struct sqlite3_stmt;

namespace parley::storage {

// SQLite's side of a Statement.
class SqliteStatement final : public Statement {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  ~SqliteStatement() override;
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  void bind_null(int position, Type type) override;
  void bind_integer(int position, std::int64_t value) override;
  void bind_text(int position, std::string_view text, Lifetime lifetime) override;
  void bind_blob(int position, std::string_view bytes, Lifetime lifetime) override;
  bool step() override;
  void reset() noexcept override;
  bool null(int column) const override;
  std::int64_t integer(int column) const override;
  std::string_view text(int column) const override;

  bool busy() const;

 private:
  sqlite3_stmt* statement_;
};

// Connection to a SQLite file. A disk that is full or does not answer throws StorageUnavailable.
class SqliteConnection final : public Connection {
 public:
  // What is written alone is a copy in the making: nobody else opens it, and it has no log beside
  // it.
  enum class Mode : std::uint8_t { write, read, alone };

  // Opens the database, and makes it when it is to be written and is not there.
  SqliteConnection(const std::filesystem::path& file, Mode mode);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs any text of SQL, unprepared: pragmas and migrations.
  void execute(const std::string& sql);

  void begin() override { transaction("BEGIN"); }
  void begin_immediate() { transaction("BEGIN IMMEDIATE"); }
  void commit() { transaction("COMMIT"); }
  // Never throws: what cannot be rolled back has been already.
  void rollback() noexcept override;

  Sql people_by_name() const override;
  std::int64_t changes() const override;
  // How many statements were started so far; from any thread.
  std::uint64_t statements() const { return statements_.load(std::memory_order_relaxed); }

  sqlite3* handle() const { return handle_; }

 private:
  Statement& prepare(Sql sql) override;
  void transaction(Sql sql);

  sqlite3* handle_ = nullptr;
  boost::unordered_flat_map<const char*, std::unique_ptr<SqliteStatement>> prepared_;
  std::atomic<std::uint64_t> statements_{0};
};

}  // namespace parley::storage
