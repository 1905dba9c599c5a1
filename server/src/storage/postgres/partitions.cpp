#include "storage/postgres/partitions.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/id_source.h"
#include "base/log.h"
#include "model/error.h"

namespace parley::storage {
namespace {

// Names the lock among those of this database, as kMigrationLock.
constexpr std::int64_t kPartitionLock = 0x7061726c65790010;
constexpr int kAhead = 2;

using Days = std::chrono::sys_days;

using Span = PartitionBounds;

// One there is, but for messages_other.
struct Partition : PartitionBounds {
  std::string name;
};

Days start_of(Days day, PartitionSpan span) {
  if (span == PartitionSpan::month) {
    const std::chrono::year_month_day date{day};
    return Days{date.year() / date.month() / 1};
  }
  const std::chrono::weekday weekday{day};
  return day - (weekday - std::chrono::Monday);
}

Days after(Days start, PartitionSpan span) {
  if (span == PartitionSpan::week) return start + std::chrono::days{7};
  const std::chrono::year_month_day date{start};
  return Days{date.year() / date.month() / 1 + std::chrono::months{1}};
}

std::uint64_t first_id(Days day) { return IdSource::first_at(Timestamp{day}); }

// Ascending.
std::vector<Partition> existing(Connection& db) {
  std::vector<Partition> partitions;
  auto row = db.query(
      "SELECT CAST(bounds[1] AS BIGINT), CAST(bounds[2] AS BIGINT), name FROM"
      " (SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid),"
      "   '^FOR VALUES FROM \\(''?(\\d+)''?\\) TO \\(''?(\\d+)''?\\)$') AS bounds,"
      "   CAST(CAST(c.oid AS regclass) AS TEXT) AS name"
      "  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
      "  WHERE i.inhparent = CAST('messages' AS regclass)) found"
      " WHERE bounds IS NOT NULL ORDER BY 1");
  while (row.next())
    partitions.push_back({{.from = static_cast<std::uint64_t>(row.integer(0)),
                           .to = static_cast<std::uint64_t>(row.integer(1))},
                          row.string(2)});
  return partitions;
}

// What of `wanted` nobody has: the first such piece.
std::optional<Span> missing(Span wanted, const std::vector<Partition>& there) {
  for (const Partition& span : there) {
    if (span.to <= wanted.from) continue;
    if (span.from > wanted.from) return Span{wanted.from, std::min(wanted.to, span.from)};
    wanted.from = span.to;
    if (wanted.from >= wanted.to) return std::nullopt;
  }
  return wanted;
}

bool has_entries_elsewhere(PostgresConnection& db, Span span) {
  auto row = db.query("SELECT EXISTS (SELECT FROM messages_other WHERE id >= ?1 AND id < ?2)",
                      span.from, span.to);
  row.next();
  return row.integer(0) != 0;
}

// Attaching does not keep anybody from reading or writing the log, but for those who look at
// messages_other.
void make(PostgresConnection& db, Span span) {
  const std::string name =
      fmt::format("messages_{:%Y%m%d}",
                  fmt::gmtime(std::chrono::system_clock::to_time_t(IdSource::time_of(span.from))));
  db.execute(fmt::format("CREATE TABLE {} (LIKE messages INCLUDING ALL EXCLUDING INDEXES)", name));
  db.execute(fmt::format("ALTER TABLE messages ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})",
                         name, span.from, span.to));
  log::info("partition made", {{"name", name}});
}

// Those for the time it is `now` and for `ahead` spans after it.
int make_missing(PostgresConnection& db, Timestamp now, PartitionSpan span, int ahead) {
  const std::vector<Partition> there = existing(db);
  int made = 0;
  Days start = start_of(std::chrono::floor<std::chrono::days>(now), span);
  for (int i = 0; i <= ahead; ++i, start = after(start, span)) {
    const auto gap = missing({first_id(start), first_id(after(start, span))}, there);
    if (!gap) continue;
    // Nothing may come in between looking and attaching, which would lock it in any case.
    db.execute("LOCK TABLE messages_other IN ACCESS EXCLUSIVE MODE");
    if (has_entries_elsewhere(db, *gap)) {
      log::warning("messages_other holds what should have a partition of its own",
                   {{"from", gap->from}, {"to", gap->to}});
      continue;
    }
    make(db, *gap);
    ++made;
  }
  return made;
}

int make_in_transaction(PostgresConnection& db, Timestamp now, PartitionSpan span, int ahead) {
  db.begin_locking();
  try {
    // Nobody waits long behind us.
    db.execute("SET LOCAL lock_timeout = '3s'");
    db.run("SELECT pg_advisory_xact_lock(?1)", kPartitionLock);
    const int made = make_missing(db, now, span, ahead);
    db.commit();
    return made;
  } catch (...) {
    db.rollback();
    throw;
  }
}

// False when the log is in use.
bool try_drop(PostgresConnection& db, Span bounds, const Pairs& kept) {
  db.begin_locking();
  // Everybody waits behind us while we wait.
  db.execute("SET LOCAL lock_timeout = '250ms'");
  db.run("SELECT pg_advisory_xact_lock(?1)", kPartitionLock);
  db.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
  const std::vector<Partition> there = existing(db);
  const auto it = std::ranges::find_if(
      there, [&](const Span& one) { return one.from == bounds.from && one.to == bounds.to; });
  if (it != there.end()) {
    db.execute(fmt::format("ALTER TABLE messages DETACH PARTITION {}", it->name));
    // Only now they have no other place than messages_other.
    if (!kept.empty())
      db.execute(
          fmt::format("INSERT INTO messages SELECT m.* FROM json_each(CAST('{}' AS TEXT)) w"
                      " JOIN {} m ON m.chat_id = w.key AND m.seq = w.value",
                      kept.text(), it->name));
    db.execute(fmt::format("DROP TABLE {}", it->name));
  }
  db.commit();
  if (it != there.end()) log::info("partition dropped", {{"name", it->name}});
  return true;
}

}  // namespace

std::vector<PartitionBounds> partitions_before(Connection& db, std::uint64_t before) {
  std::vector<PartitionBounds> old;
  for (const Partition& one : existing(db))
    if (one.to <= before) old.push_back(one);
  return old;
}

bool drop_partition(PostgresConnection& db, PartitionBounds bounds, const Pairs& kept) {
  std::string why;
  try {
    return try_drop(db, bounds, kept);
  } catch (const TransactionConflict& failure) {
    why = failure.what();
    db.rollback();
  } catch (const StorageUnavailable& failure) {
    why = failure.what();
    db.rollback();
    if (db.broken()) throw;
  } catch (...) {
    db.rollback();
    throw;
  }
  log::info("a partition is dropped later", {{"from", bounds.from}, {"why", why}});
  return false;
}

int make_partitions(PostgresConnection& db, Timestamp now, PartitionSpan span) {
  return make_in_transaction(db, now, span, kAhead);
}

Timestamp make_partition_of(PostgresConnection& db, Timestamp time, PartitionSpan span) {
  make_in_transaction(db, time, span, 0);
  return Timestamp{after(start_of(std::chrono::floor<std::chrono::days>(time), span), span)};
}

}  // namespace parley::storage
