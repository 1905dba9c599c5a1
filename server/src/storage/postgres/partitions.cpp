#include "storage/postgres/partitions.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/id_source.h"
#include "base/log.h"

namespace parley::storage {
namespace {

// Names the lock among those of this database, as kMigrationLock.
constexpr std::int64_t kPartitionLock = 0x7061726c65790010;
constexpr int kAhead = 2;

using Days = std::chrono::sys_days;

// From the first id that belongs to it to the first that does not.
struct Span {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
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

// Those there are, but for messages_other, ascending.
std::vector<Span> existing(PostgresConnection& db) {
  std::vector<Span> spans;
  auto row = db.query(
      "SELECT CAST(bounds[1] AS BIGINT), CAST(bounds[2] AS BIGINT) FROM"
      " (SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid),"
      "   '^FOR VALUES FROM \\(''?(\\d+)''?\\) TO \\(''?(\\d+)''?\\)$') AS bounds"
      "  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
      "  WHERE i.inhparent = CAST('messages' AS regclass)) found"
      " WHERE bounds IS NOT NULL ORDER BY 1");
  while (row.next())
    spans.push_back({.from = static_cast<std::uint64_t>(row.integer(0)),
                     .to = static_cast<std::uint64_t>(row.integer(1))});
  return spans;
}

// What of `wanted` nobody has: the first such piece.
std::optional<Span> missing(Span wanted, const std::vector<Span>& there) {
  for (const Span& span : there) {
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
  const std::vector<Span> there = existing(db);
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

}  // namespace

int make_partitions(PostgresConnection& db, Timestamp now, PartitionSpan span) {
  return make_in_transaction(db, now, span, kAhead);
}

Timestamp make_partition_of(PostgresConnection& db, Timestamp time, PartitionSpan span) {
  make_in_transaction(db, time, span, 0);
  return Timestamp{after(start_of(std::chrono::floor<std::chrono::days>(time), span), span)};
}

}  // namespace parley::storage
