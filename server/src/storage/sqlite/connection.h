#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/clock.h"
#include "base/id.h"

struct sqlite3;
struct sqlite3_stmt;

namespace parley::storage {

// The text of a statement. Only a literal will do: statements are kept by the address of theirs.
struct Sql {
  consteval Sql(const char* literal) : text(literal) {}
  const char* text;
};

// Bytes that are no text.
struct Blob {
  std::string_view bytes;
};

// One use of a prepared statement: bound when made, reset when it goes. Views it gives out live
// until the next row.
class Query {
 public:
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Goes to the next row; false when there is none.
  bool next();

  bool null(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;  // or the bytes of a blob

  template <class Kind>
  Kind id(int column) const {
    return Kind{static_cast<std::uint64_t>(integer(column))};
  }
  Timestamp time(int column) const { return Timestamp{std::chrono::milliseconds{integer(column)}}; }
  std::string string(int column) const { return std::string{text(column)}; }
  template <class E>
  E enumerator(int column) const {
    return static_cast<E>(integer(column));
  }

 private:
  friend class Connection;
  enum class Lifetime : std::uint8_t { of_the_call, of_the_query };

  template <class... Args>
  Query(sqlite3_stmt* statement, Lifetime lifetime, const Args&... args)
      : statement_(statement), lifetime_(lifetime) {
    (bind(args), ...);
  }

  void bind(std::nullptr_t);
  void bind_integer(std::int64_t value);
  void bind(std::string_view text);
  void bind(Blob blob);
  void bind(const std::string& text) { bind(std::string_view{text}); }
  void bind(Timestamp time) { bind_integer(time.time_since_epoch().count()); }
  template <class Kind>
  void bind(Id<Kind> id) {
    bind_integer(static_cast<std::int64_t>(id.value()));
  }
  template <class T>
    requires std::integral<T> || std::is_enum_v<T>
  void bind(T value) {
    bind_integer(static_cast<std::int64_t>(value));
  }
  template <class T>
  void bind(const std::optional<T>& value) {
    if (value) {
      bind(*value);
    } else {
      bind(nullptr);
    }
  }

  sqlite3_stmt* statement_;
  Lifetime lifetime_;
  int bound_ = 0;
};

// Connection is a thin, typed skin over one SQLite connection. One thread at a time may use it.
//
// A disk that is full or does not answer throws StorageUnavailable (model/error.h); whatever else
// goes wrong is a fault of ours and throws std::runtime_error.
class Connection {
 public:
  enum class Mode : std::uint8_t { write, read };

  // Opens the database, and makes it when it is to be written and is not there.
  Connection(const std::filesystem::path& file, Mode mode);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Starts a statement with `args` for its ?1, ?2 … One text can be in one use at a time.
  template <class... Args>
  Query query(Sql sql, const Args&... args) {
    return Query(prepare(sql), Query::Lifetime::of_the_query, args...);
  }

  // Runs a statement that yields nothing, or nothing of interest.
  template <class... Args>
  void run(Sql sql, const Args&... args) {
    Query query(prepare(sql), Query::Lifetime::of_the_call, args...);
    while (query.next()) {
    }
  }

  // Runs any text of SQL, unprepared: pragmas and migrations.
  void execute(const std::string& sql);

  void begin() { transaction("BEGIN"); }
  void begin_immediate() { transaction("BEGIN IMMEDIATE"); }
  void commit() { transaction("COMMIT"); }
  // Never throws: what cannot be rolled back has been already.
  void rollback() noexcept;

  std::int64_t changes() const;
  // How many statements were started so far; from any thread.
  std::uint64_t statements() const { return statements_.load(std::memory_order_relaxed); }

  sqlite3* handle() const { return handle_; }

 private:
  sqlite3_stmt* prepare(Sql sql);
  void transaction(Sql sql);

  sqlite3* handle_ = nullptr;
  boost::unordered_flat_map<const char*, sqlite3_stmt*> prepared_;
  std::atomic<std::uint64_t> statements_{0};
};

// A transaction that only reads: everything in it sees one moment.
class Snapshot {
 public:
  explicit Snapshot(Connection& db) : db_(db) { db_.begin(); }
  ~Snapshot() { db_.rollback(); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Connection& db_;
};

}  // namespace parley::storage
