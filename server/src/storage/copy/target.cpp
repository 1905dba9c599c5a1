#include "storage/copy/target.h"

#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/hex.h"
#include "model/error.h"
#include "storage/copy/stream.h"
#include "storage/postgres/copy_marker.h"
#include "storage/postgres/migrate.h"
#include "storage/postgres/monitor.h"
#include "storage/postgres/partitions.h"

namespace parley::storage {
namespace {

// Names the lock among those of this database, as kMigrationLock.
constexpr std::int64_t kCopyLock = 0x7061726c65790020;

// A batch of long rows, and an index over a table of many, may take their time.
constexpr std::chrono::minutes kAnswerWithin{10};

constexpr std::chrono::milliseconds kPause{20};

std::string progress_name(const CopiedTable& table) {
  return fmt::format("{}.{}", kCopyMarker, table.name);
}

}  // namespace

CopyTarget::CopyTarget(const std::string& url, std::string identity, Timestamp now,
                       std::chrono::milliseconds patience)
    : db_({.url = url, .answer_within = kAnswerWithin}),
      identity_(std::move(identity)),
      patience_(patience) {
  check_database();
  check_schema();
  migrate(db_, postgres_migrations(), now);
  check_marker();
  if (is_finished_) return;
  if (!goes_on_) lay_marker();
  check_servers();  // who comes from now on sees the marker
}

std::string CopyTarget::place() const {
  return fmt::format("{}:{}/{}", PQhost(db_.handle()), PQport(db_.handle()), PQdb(db_.handle()));
}

void CopyTarget::check_database() {
  {
    auto row = db_.query("SELECT pg_is_in_recovery()");
    if (row.next() && row.integer(0) != 0)
      throw StorageUnavailable{"the server is a standby that only reads: name the primary"};
  }
  await("another copy into this database is under way", [this] {
    auto row = db_.query("SELECT pg_try_advisory_lock(?1)", kCopyLock);
    return row.next() && row.integer(0) != 0;
  });
  check_servers();
}

void CopyTarget::check_servers() {
  await("a parley server uses this database: stop it first", [this] { return !is_served(); });
}

// The server of the database notices a little later that somebody who used it has gone.
void CopyTarget::await(const char* otherwise, const std::function<bool()>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() >= deadline) throw std::runtime_error(otherwise);
    std::this_thread::sleep_for(kPause);
  }
}

bool CopyTarget::is_served() {
  auto row = db_.query(
      "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
      " AND CAST(CAST(classid AS TEXT) AS BIGINT) = ?1"
      " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
      kNodeLocks);
  return row.next() && row.integer(0) != 0;
}

void CopyTarget::check_schema() {
  const auto steps = postgres_migrations();
  const int version = schema_version(db_, steps);
  if (version > std::ssize(steps))
    throw std::runtime_error(
        fmt::format("the database has schema version {}, this program copies version {}: run the "
                    "newer parley that made it",
                    version, steps.size()));
  if (version > 0) return;
  auto row = db_.query(
      "SELECT CAST(relname AS TEXT) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')"
      " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
      " ORDER BY relname LIMIT 1");
  if (row.next())
    throw std::runtime_error(
        fmt::format("the database is not empty: it has '{}', which is no Parley's. Give Parley a "
                    "database of its own",
                    row.text(0)));
}

void CopyTarget::check_marker() {
  {
    auto row = db_.query("SELECT value FROM store_meta WHERE name = 'copied_from'");
    is_finished_ = row.next() && row.text(0) == identity_;
    if (is_finished_) return;
  }
  {
    auto row = db_.query("SELECT value FROM store_meta WHERE name = ?1", kCopyMarker);
    if (row.next()) {
      if (row.text(0) != identity_)
        throw std::runtime_error(
            "the database holds a part of another copy: of another store, or of this one before a "
            "server wrote to it again. Empty the database, and start over");
      goes_on_ = true;
      return;
    }
  }
  for (const CopiedTable& table : copied_tables()) {
    const std::string any =
        fmt::format("COPY (SELECT 1 FROM {}{}{} LIMIT 1) TO STDOUT (FORMAT binary)", table.name,
                    table.rows.empty() ? "" : " WHERE ", table.rows);
    if (CopyOut{db_, any}.next())
      throw std::runtime_error(fmt::format(
          "the database is not empty: there are rows in '{}', and not from this copy", table.name));
  }
}

void CopyTarget::lay_marker() {
  db_.run("INSERT INTO store_meta VALUES (?1, ?2)", kCopyMarker, identity_);
}

std::optional<CopyTarget::Progress> CopyTarget::progress(const CopiedTable& table) {
  auto row = db_.query(
      "SELECT CAST(split_part(value, ' ', 1) AS BIGINT), split_part(value, ' ', 2) = 'done',"
      " split_part(value, ' ', 3) FROM store_meta WHERE name = ?1",
      progress_name(table));
  if (!row.next()) return std::nullopt;
  return Progress{.rows = row.integer(0),
                  .last_key = from_hex(row.text(2)).value(),
                  .is_done = row.integer(1) != 0};
}

void CopyTarget::write(
    const CopiedTable& table,
    const std::function<Progress(std::int64_t transaction, const Put& put)>& send) {
  db_.begin_locking();
  try {
    std::int64_t transaction = 0;
    {
      auto row = db_.query("SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)");
      row.next();
      transaction = row.integer(0);
    }
    CopyIn stream{db_, copy_in_sql(table)};
    const Progress progress = send(transaction, [&](std::string_view row) { stream.put(row); });
    stream.finish();
    db_.run(
        "INSERT INTO store_meta VALUES (?1, ?2)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        progress_name(table),
        fmt::format("{} {} {}", progress.rows, progress.is_done ? "done" : "under-way",
                    to_hex(progress.last_key)));
    db_.commit();
  } catch (const TransactionConflict& conflict) {
    // Nobody else writes here: two rows cannot stand beside each other.
    db_.rollback();
    throw std::runtime_error(conflict.what());
  } catch (...) {
    db_.rollback();
    throw;
  }
}

Timestamp CopyTarget::make_partition(Timestamp time) { return make_partition_of(db_, time); }

TableSum CopyTarget::sum(const CopiedTable& table) {
  TableSummer summer;
  CopyOut rows{db_, copy_out_sql(table)};
  while (const auto row = rows.next()) summer.add(*row);
  return summer.sum();
}

void CopyTarget::finish() {
  for (const CopiedTable& table : copied_tables())
    db_.execute(fmt::format("ANALYZE {}", table.name));
  db_.begin_locking();
  try {
    db_.run("DELETE FROM store_meta WHERE name = ?1 OR name LIKE ?1 || '.%'", kCopyMarker);
    db_.run("INSERT INTO store_meta VALUES ('copied_from', ?1)", identity_);
    db_.commit();
  } catch (...) {
    db_.rollback();
    throw;
  }
}

}  // namespace parley::storage
