#include "storage/postgres/housekeeping.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/id_source.h"

namespace parley::storage {
namespace {

// How many chats are looked at in one transaction.
constexpr std::int64_t kChats = 500;

// A few chats, by id: those after `after`, up to `last`.
struct Chats {
  std::uint64_t after = 0;
  std::uint64_t last = 0;  // 0: there are no more
};

// Chats from after the partition have nothing in it.
Chats next_chats(Connection& db, std::uint64_t after, PartitionBounds partition) {
  auto row = db.query(
      "SELECT max(id) FROM (SELECT id FROM chats WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3)"
      " next",
      after, partition.to, kChats);
  row.next();
  return {.after = after, .last = static_cast<std::uint64_t>(row.integer(0))};
}

struct Beginnings {
  Pairs seqs;                // where chats begin from now on
  std::int64_t entries = 0;  // that lie before
};

// Where those chats may begin that have entries in the partition. What it depends on only ever
// grows, so it stays right while nobody is kept from anything.
Beginnings find_beginnings(Connection& db, Chats chats, PartitionBounds partition,
                           std::uint64_t undelivered_before) {
  Beginnings found;
  auto row = db.query(
      "SELECT o.id, o.first_seq, o.cut, o.got, CASE WHEN o.got < o.cut THEN"
      "  (SELECT m.seq FROM messages m WHERE m.chat_id = o.id AND m.seq <= o.cut AND m.id < ?5"
      "   ORDER BY m.seq DESC LIMIT 1) END"
      " FROM (SELECT c.id, c.first_seq, least(m.seq, c.last_seq - 1) AS cut,"
      "  coalesce((SELECT min(p.delivered_seq) FROM participants p"
      "   WHERE p.chat_id = c.id AND p.role <> 2), c.last_seq) AS got FROM chats c"
      "  CROSS JOIN LATERAL (SELECT seq FROM messages WHERE chat_id = c.id AND id >= ?3"
      "   AND id < ?4 ORDER BY seq DESC LIMIT 1) m WHERE c.id > ?1 AND c.id <= ?2) o",
      chats.after, chats.last, partition.from, partition.to, undelivered_before);
  while (row.next()) {
    const Seq first = row.integer(1), got = row.integer(3);
    Seq cut = row.integer(2);
    if (got < cut) cut = std::max(got, row.integer(4));
    if (cut < first) continue;
    found.seqs.add(row.id<ChatId>(0), cut + 1);
    found.entries += cut + 1 - first;
  }
  return found;
}

void write_beginnings(Connection& db, const Beginnings& beginnings) {
  if (beginnings.seqs.empty()) return;
  const std::string seqs = beginnings.seqs.text();
  // Who locks several chats does it in the order of their ids.
  db.run(
      "SELECT c.id FROM json_each(?1) w JOIN chats c ON c.id = w.key ORDER BY c.id"
      " FOR NO KEY UPDATE OF c",
      seqs);
  db.run(
      "UPDATE chats c SET first_seq = w.value FROM json_each(?1) w"
      " WHERE c.id = w.key AND c.first_seq < w.value",
      seqs);
}

struct Left {
  ChatId chat;
  Seq seq;
};

// What of the partition is not before the beginnings of these chats; not more than `most`.
std::vector<Left> find_left(Connection& db, Chats chats, PartitionBounds partition,
                            std::size_t most) {
  std::vector<Left> left;
  auto row = db.query(
      "SELECT c.id, m.seq FROM chats c CROSS JOIN LATERAL (SELECT seq FROM messages"
      "  WHERE chat_id = c.id AND seq >= c.first_seq AND id >= ?3 AND id < ?4 ORDER BY seq) m"
      " WHERE c.id > ?1 AND c.id <= ?2 LIMIT ?5",
      chats.after, chats.last, partition.from, partition.to, most);
  while (row.next()) left.push_back({.chat = row.id<ChatId>(0), .seq = row.integer(1)});
  return left;
}

struct Step {
  Chats chats;
  std::int64_t entries = 0;
  std::vector<Left> left{};
};

}  // namespace

Task<PostgresHousekeeping::Moved> PostgresHousekeeping::move_beginnings(
    PartitionBounds partition, Timestamp undelivered_before) {
  Moved moved;
  for (std::uint64_t after = 0;;) {
    const Step step = co_await database_.change([&](ChatLog& log) {
      Connection& db = log.db();
      Step next{.chats = next_chats(db, after, partition)};
      if (next.chats.last == 0) return next;
      const Beginnings beginnings =
          find_beginnings(db, next.chats, partition, IdSource::first_at(undelivered_before));
      write_beginnings(db, beginnings);
      next.entries = beginnings.entries;
      if (moved.kept <= most_kept_)
        next.left = find_left(db, next.chats, partition, most_kept_ + 1 - moved.kept);
      return next;
    });
    if (step.chats.last == 0) co_return moved;
    moved.entries += step.entries;
    moved.kept += step.left.size();
    for (const Left& one : step.left) moved.left.add(one.chat, one.seq);
    after = step.chats.last;
  }
}

// Deletes what lies before the beginnings of chats.
Task<void> PostgresHousekeeping::empty(PartitionBounds partition) {
  for (std::uint64_t after = 0;;) {
    const Chats chats = co_await database_.change([&](ChatLog& log) {
      Connection& db = log.db();
      const Chats next = next_chats(db, after, partition);
      if (next.last != 0)
        db.run(
            "DELETE FROM messages m USING chats c WHERE c.id > ?1 AND c.id <= ?2"
            " AND m.chat_id = c.id AND m.seq < c.first_seq AND m.id >= ?3 AND m.id < ?4",
            next.after, next.last, partition.from, partition.to);
      return next;
    });
    if (chats.last == 0) co_return;
    after = chats.last;
  }
}

Task<std::int64_t> PostgresHousekeeping::retire(PartitionBounds partition,
                                                Timestamp undelivered_before) {
  const Moved moved = co_await move_beginnings(partition, undelivered_before);
  if (moved.kept > most_kept_) {
    co_await empty(partition);
  } else {
    co_await database_.maintain(
        [&](PostgresConnection& db) { return drop_partition(db, partition, moved.left); });
  }
  co_return moved.entries;
}

Task<delivery::Housekeeping::Cut> PostgresHousekeeping::cut_logs(Timestamp before,
                                                                 Timestamp undelivered_before,
                                                                 std::uint64_t from) {
  const auto whole = [&](Connection& db) {
    return partitions_before(db, IdSource::first_at(before));
  };
  std::int64_t entries = 0;
  std::vector<PartitionBounds> there = co_await database_.read_or_throw(whole);
  if (from == 0 && !there.empty()) {
    for (const PartitionBounds partition : there)
      entries += co_await retire(partition, undelivered_before);
    there = co_await database_.read_or_throw(whole);
  }
  // Those that are still there are not gone through one entry at a time: their turn comes.
  Timestamp until = before;
  for (const PartitionBounds partition : there) {
    if (partition.to <= from + 1) continue;
    if (partition.from > from + 1) {
      until = IdSource::time_of(partition.from);
      break;
    }
    from = partition.to - 1;
  }
  Cut cut = co_await rows_.cut_logs(until, undelivered_before, from);
  cut.entries += entries;
  if (cut.next == 0 && until < before) cut.next = IdSource::first_at(until) - 1;
  co_return cut;
}

}  // namespace parley::storage
