#include "storage/sql/housekeeping.h"

#include <algorithm>
#include <vector>

#include "base/id_source.h"

namespace parley::storage {
namespace {

constexpr std::int64_t kLook = 1000;
// For as long as an access token of an ended session may live.
constexpr auto kEndedRemembered = std::chrono::days{31};

// The oldest entries of a chat, up to one of them.
struct Oldest {
  ChatId chat;
  Seq up_to = 0;
};

struct Look {
  std::vector<Oldest> chats;
  std::uint64_t last = 0;  // the id of the last entry looked at; 0: there was none
};

Look look(Connection& db, std::uint64_t from, std::uint64_t before) {
  Look found;
  {
    auto row = db.query(
        "SELECT max(id) FROM (SELECT id FROM message_log WHERE id > ?1 AND id < ?2"
        " ORDER BY id LIMIT ?3) AS next",
        from, before, kLook);
    if (!row.next() || row.null(0)) return found;
    found.last = static_cast<std::uint64_t>(row.integer(0));
  }
  auto row = db.query(
      "SELECT chat_id, max(seq) FROM message_log WHERE id > ?1 AND id <= ?2 GROUP BY chat_id"
      " ORDER BY chat_id",
      from, found.last);
  while (row.next()) found.chats.push_back({.chat = row.id<ChatId>(0), .up_to = row.integer(1)});
  return found;
}

// Ids go up with seqs, so what is old enough is a beginning of the log.
Seq oldest_until(Connection& db, ChatId chat, Seq up_to, std::uint64_t before) {
  auto row = db.query(
      "SELECT seq FROM messages WHERE chat_id = ?1 AND seq <= ?2 AND id < ?3"
      " ORDER BY seq DESC LIMIT 1",
      chat, up_to, before);
  return row.next() ? row.integer(0) : 0;
}

std::int64_t cut_log(ChatLog& log, Oldest oldest, std::uint64_t undelivered_before) {
  HeldChat* const chat = log.find(oldest.chat);
  if (!chat) return 0;
  Seq got_by_all = chat->head.last_seq;
  for (const HeldParticipant& participant : chat->participants)
    got_by_all = std::min(got_by_all, participant.receipt.delivered);
  Seq cut = std::min(oldest.up_to, chat->head.last_seq - 1);
  if (got_by_all < cut)
    cut = std::max(got_by_all, oldest_until(log.db(), chat->id, cut, undelivered_before));
  if (cut <= 0) return 0;
  log.db().run(
      "DELETE FROM message_log WHERE id IN (SELECT id FROM messages WHERE chat_id = ?1"
      " AND seq <= ?2)",
      chat->id, cut);
  const std::int64_t entries = log.db().changes();
  log.db().run("DELETE FROM messages WHERE chat_id = ?1 AND seq <= ?2", chat->id, cut);
  log.db().run("UPDATE chats SET first_seq = ?2 WHERE id = ?1 AND first_seq < ?2", chat->id,
               cut + 1);
  return entries;
}

}  // namespace

Task<std::int64_t> SqlHousekeeping::remove_expired() {
  co_return co_await database_.write([](Transaction& transaction) {
    Connection& db = transaction.db();
    const Timestamp now = transaction.clock().now();
    std::int64_t rows = 0;
    const auto remove = [&](Sql sql, Timestamp before) {
      db.run(sql, before);
      rows += db.changes();
    };
    // A session that expired is over by itself; nobody has to be told.
    remove(
        "DELETE FROM devices WHERE session_id IN (SELECT id FROM sessions WHERE expires_at <= ?1)",
        now);
    remove("DELETE FROM sessions WHERE expires_at <= ?1", now);
    remove("DELETE FROM superseded_tokens WHERE expires_at <= ?1", now);
    remove("DELETE FROM ended_sessions WHERE ended_at < ?1", now - kEndedRemembered);
    remove("DELETE FROM one_time_codes WHERE expires_at <= ?1", now - std::chrono::days{1});
    remove("DELETE FROM one_time_secrets WHERE expires_at <= ?1", now);
    remove("DELETE FROM invites WHERE expires_at <= ?1", now - kEndedRemembered);
    return rows;
  });
}

Task<delivery::Housekeeping::Cut> SqlHousekeeping::cut_logs(Timestamp before,
                                                            Timestamp undelivered_before,
                                                            std::uint64_t from) {
  const Look found = co_await database_.read_or_throw(
      [&, before](Connection& db) { return look(db, from, IdSource::first_at(before)); });
  Cut cut{.entries = 0, .next = found.last};
  for (const Oldest& oldest : found.chats) {
    cut.entries += co_await database_.change(
        [&](ChatLog& log) { return cut_log(log, oldest, IdSource::first_at(undelivered_before)); });
  }
  co_return cut;
}

}  // namespace parley::storage
