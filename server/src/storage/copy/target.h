#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "storage/copy/rows.h"
#include "storage/copy/tables.h"
#include "storage/postgres/connection.h"

namespace parley::storage {

// CopyTarget is a database on PostgreSQL that a store is copied into. It carries a marker in
// store_meta from before the first row until everything has been compared: servers keep away from
// it as long (postgres/database.h), and only a copy of the same store goes on with it.
class CopyTarget {
 public:
  // Brings the schema up and lays the marker, unless it lies there. Throws StorageUnavailable when
  // the server cannot be reached, std::runtime_error with a sentence for the operator when it is
  // too old, when a server or another copy uses the database for longer than `patience`, when its
  // schema is not the one of this program, and when it holds anything but an earlier part of this
  // copy.
  CopyTarget(const std::string& url, std::string identity, Timestamp now,
             std::chrono::milliseconds patience);

  // The copy was finished and compared by an earlier run; nothing is to be done.
  bool is_finished() const { return is_finished_; }
  // An earlier run has begun it.
  bool goes_on() const { return goes_on_; }
  // Host, port and database, for people.
  std::string place() const;

  struct Progress {
    std::int64_t rows = 0;
    std::string last_key;  // as a row (rows.h)
    bool is_done = false;
  };
  // How far a table has come, in all runs together; nothing when not a row of it has.
  std::optional<Progress> progress(const CopiedTable& table);

  // Takes the rows that `send(transaction, put)` hands out, and remembers the progress it
  // answers, both or neither.
  using Put = std::function<void(std::string_view)>;
  void write(const CopiedTable& table,
             const std::function<Progress(std::int64_t transaction, const Put& put)>& send);

  // Makes the partition that the log has at `time`, and answers when the next one begins.
  Timestamp make_partition(Timestamp time);

  TableSum sum(const CopiedTable& table);

  // Everything has been compared: takes the marker away, and lets the planner look at the tables.
  void finish();

 private:
  void check_database();
  void check_servers();
  bool is_served();
  void await(const char* otherwise, const std::function<bool()>& is_so);
  void check_schema();
  void check_marker();
  void lay_marker();

  PostgresConnection db_;
  const std::string identity_;
  const std::chrono::milliseconds patience_;
  bool is_finished_ = false;
  bool goes_on_ = false;
};

}  // namespace parley::storage
