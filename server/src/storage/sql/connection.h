#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/clock.h"
#include "base/id.h"

namespace parley::storage {

// The text of a statement, with ?1, ?2 … for its arguments. What the folder `sql` says is
// understood by every engine: no more than SQLite and PostgreSQL have in common. Only a literal
// will do: statements are kept by the address of theirs.
struct Sql {
  consteval Sql(const char* literal) : text(literal) {}
  const char* text;
};

// Bytes that are no text.
struct Blob {
  std::string_view bytes;
};

// What an engine makes of a statement's text: it is bound, stepped through and reset, again and
// again. Positions count from 1, columns from 0.
class Statement {
 public:
  enum class Type : std::uint8_t { unknown, integer, text, blob };
  // Until when bound bytes stay where they are.
  enum class Lifetime : std::uint8_t { of_the_call, of_the_query };

  virtual ~Statement() = default;

  // `type` is what would have been bound, had there been something.
  virtual void bind_null(int position, Type type) = 0;
  virtual void bind_integer(int position, std::int64_t value) = 0;
  virtual void bind_text(int position, std::string_view text, Lifetime lifetime) = 0;
  virtual void bind_blob(int position, std::string_view bytes, Lifetime lifetime) = 0;

  virtual bool step() = 0;
  virtual void reset() noexcept = 0;

  virtual bool null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;  // a truth value counts as 0 or 1
  virtual std::string_view text(int column) const = 0;
};

// One use of a prepared statement: bound when made, reset when it goes. Views it gives out live
// until the next row.
class Query {
 public:
  ~Query() { statement_.reset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Goes to the next row; false when there is none.
  bool next() { return statement_.step(); }

  bool null(int column) const { return statement_.null(column); }
  std::int64_t integer(int column) const { return statement_.integer(column); }
  std::string_view text(int column) const { return statement_.text(column); }  // or a blob's bytes

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
  using Type = Statement::Type;
  using Lifetime = Statement::Lifetime;

  template <class... Args>
  Query(Statement& statement, Lifetime lifetime, const Args&... args)
      : statement_(statement), lifetime_(lifetime) {
    (bind(args), ...);
  }

  template <class T>
  static constexpr Type type_of() {
    if constexpr (std::is_same_v<T, Blob>) return Type::blob;
    if constexpr (std::is_convertible_v<T, std::string_view>) return Type::text;
    if constexpr (std::is_same_v<T, std::nullptr_t>) return Type::unknown;
    return Type::integer;
  }

  void bind(std::nullptr_t) { statement_.bind_null(++bound_, Type::unknown); }
  void bind_integer(std::int64_t value) { statement_.bind_integer(++bound_, value); }
  void bind(std::string_view text) { statement_.bind_text(++bound_, text, lifetime_); }
  void bind(Blob blob) { statement_.bind_blob(++bound_, blob.bytes, lifetime_); }
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
      statement_.bind_null(++bound_, type_of<T>());
    }
  }

  Statement& statement_;
  Lifetime lifetime_;
  int bound_ = 0;
};

// Connection is a thin, typed skin over one connection to an engine. One thread at a time may use
// it.
//
// An engine that cannot keep or read anything at the moment throws StorageUnavailable
// (model/error.h); whatever else goes wrong is a fault of ours and throws std::runtime_error.
class Connection {
 public:
  virtual ~Connection() = default;

  // Starts a statement with `args` for its ?1, ?2 … One text can be in one use at a time.
  template <class... Args>
  Query query(Sql sql, const Args&... args) {
    return Query(prepare(sql), Statement::Lifetime::of_the_query, args...);
  }

  // Runs a statement that yields nothing, or nothing of interest.
  template <class... Args>
  void run(Sql sql, const Args&... args) {
    Query query(prepare(sql), Statement::Lifetime::of_the_call, args...);
    while (query.next()) {
    }
  }

  // A transaction in which everything read is of one moment, until rollback().
  virtual void begin() = 0;
  // Never throws: what cannot be rolled back has been already.
  virtual void rollback() noexcept = 0;

  // Everybody whose name has these words in a row, as the viewer may see them: ?1 the words in
  // lower case, ?2 whether the last one may go on, ?3 the viewer, ?4 how many at most. Columns of
  // `people`.
  virtual Sql people_by_name() const = 0;

  // How many rows the last statement that ended has changed.
  virtual std::int64_t changes() const = 0;

 private:
  virtual Statement& prepare(Sql sql) = 0;
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
