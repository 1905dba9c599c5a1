#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "storage/sql/connection.h"

struct pg_conn;
struct pg_result;

namespace parley::storage {

// SQL that makes a connection plan as Options::only_lookups says, for as long as it lasts.
std::string_view only_lookups();

// Two transactions were in each other's way: the whole transaction may be tried again.
struct TransactionConflict : std::exception {
  explicit TransactionConflict(std::string why) : what_(std::move(why)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

class PostgresConnection;

// PostgreSQL's side of a Statement: everything goes and comes in binary form.
class PostgresStatement final : public Statement {
 public:
  // `name` is empty for a statement that is not kept by the server.
  PostgresStatement(PostgresConnection& connection, std::string_view sql, std::string name);
  ~PostgresStatement() override;
  PostgresStatement(const PostgresStatement&) = delete;
  PostgresStatement& operator=(const PostgresStatement&) = delete;

  void bind_null(int position, Type type) override;
  void bind_integer(int position, std::int64_t value) override;
  void bind_text(int position, std::string_view text, Lifetime lifetime) override;
  void bind_blob(int position, std::string_view bytes, Lifetime lifetime) override;
  bool step() override;
  void reset() noexcept override;
  bool null(int column) const override;
  std::int64_t integer(int column) const override;
  std::string_view text(int column) const override;

  bool busy() const { return result_ != nullptr; }

 private:
  struct Parameter {
    unsigned type = 0;  // an OID; 0: the server sees by itself
    bool null = true;
    std::string bytes;
  };
  Parameter& parameter(int position, Type type);
  void execute();

  PostgresConnection& connection_;
  const std::string sql_;
  const std::string name_;
  bool prepared_ = false;
  std::vector<Parameter> parameters_;
  pg_result* result_ = nullptr;
  int row_ = -1;
};

// Connection to a PostgreSQL server, blocking. A server that is gone, shutting down, read-only or
// out of something, or that does not answer in time, throws StorageUnavailable; a transaction that
// met another one throws TransactionConflict. A connection that broke stays so: open another one.
class PostgresConnection final : public Connection {
 public:
  struct Options {
    std::string url;              // postgres://user:password@host:port/database
    std::string name = "parley";  // in pg_stat_activity
    bool keep_statements = true;  // not behind pgbouncer in transaction mode
    // Rows are looked up one by one through an index, whatever the planner believes of a table. A
    // serializable transaction that goes through a small table conflicts with all who add to it.
    bool only_lookups = false;
    std::chrono::milliseconds connect_within{5'000};
    std::chrono::milliseconds answer_within{15'000};
  };

  // Throws StorageUnavailable with a sentence that does not hold the password, also when the
  // server is older than 15.
  explicit PostgresConnection(Options options);
  ~PostgresConnection() override;
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // From now on.
  void answer_within(std::chrono::milliseconds patience) { answer_within_ = patience; }

  // Runs any text of SQL, unprepared: migrations and settings.
  void execute(const std::string& sql);

  // For what only reads: everything in it sees one moment.
  void begin() override { execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); }
  void begin_serializable() { execute("BEGIN ISOLATION LEVEL SERIALIZABLE"); }
  void begin_locking() { execute("BEGIN ISOLATION LEVEL READ COMMITTED"); }
  void commit() { execute("COMMIT"); }
  void rollback() noexcept override;

  Sql people_by_name() const override;
  std::int64_t changes() const override { return changes_; }

  // The server has said something that nobody asked for: most likely that it hangs up.
  bool has_news() const;
  // How many statements were started so far; from any thread.
  std::uint64_t statements() const { return asked_.load(std::memory_order_relaxed); }

  // Nothing can be asked through it any more.
  bool broken() const;

  // For streams of rows (storage/copy).
  pg_conn* handle() const { return handle_; }

 private:
  friend class PostgresStatement;

  Statement& prepare(Sql sql) override;
  // The answer to `sql`, which was sent; throws when it is an error.
  pg_result* answer(std::string_view sql);
  void check_sent(int sent);
  [[noreturn]] void give_up(const std::string& why);

  const Options options_;
  std::chrono::milliseconds answer_within_;
  pg_conn* handle_ = nullptr;
  boost::unordered_flat_map<const char*, std::unique_ptr<PostgresStatement>> statements_;
  std::int64_t changes_ = 0;
  std::atomic<std::uint64_t> asked_{0};
};

}  // namespace parley::storage
