#include "storage/sql/away_store.h"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <string>

#include <fmt/format.h>

#include "base/id_source.h"
#include "delivery/published_events.h"
#include "storage/sql/jobs.h"
#include "storage/sql/outbox.h"
#include "storage/sql/pairs.h"

namespace parley::storage {
namespace {

// Where the next sweep begins, when there was none yet: what is older is not told any more.
constexpr auto kFirstSweep = std::chrono::hours{24};

// Rows may lag behind what was got, so this may say yes for nothing.
bool anybody_away(Connection& db, const chat::Burst& burst) {
  auto row = db.query(
      "SELECT 1 FROM participants WHERE chat_id = ?1 AND delivered_seq < ?2 AND read_seq < ?2"
      " AND notified_seq < ?2 AND role <> ?3 LIMIT 1",
      burst.chat_id, burst.up_to, ParticipantRole::left);
  return row.next();
}

struct Waiting {
  UserId user;
  Seq notified = 0;
  bool wants_push = false;
};

std::vector<Waiting> not_notified(Connection& db, const chat::Burst& burst, Timestamp now) {
  std::vector<Waiting> users;
  auto row = db.query(
      "SELECT p.user_id, p.notified_seq, (p.muted_until IS NULL OR p.muted_until <= ?4)"
      " AND EXISTS (SELECT 1 FROM devices d WHERE d.user_id = p.user_id)"
      " FROM participants p WHERE p.chat_id = ?1 AND p.notified_seq < ?2 AND p.role <> ?3",
      burst.chat_id, burst.up_to, ParticipantRole::left, now);
  while (row.next())
    users.push_back(
        {.user = row.id<UserId>(0), .notified = row.integer(1), .wants_push = row.integer(2) != 0});
  return users;
}

void leave_push(Transaction& transaction, UserId user, const chat::Burst& burst) {
  add_job(transaction, {.kind = "push",
                        .payload = fmt::format(R"({{"user":"{}","chat":"{}","seq":{}}})",
                                               user.value(), burst.chat_id.value(), burst.up_to),
                        .due = {},
                        .key = fmt::format("{}:{}", user.value(), burst.chat_id.value())});
}

// Those who have just been notified may be mailed a digest, if they stay away; in the order of
// their ids, so that two chats do not wait for each other.
void note_absences(Connection& db, chat::Burst burst, Timestamp now) {
  db.run(
      "INSERT INTO absences SELECT p.user_id, CAST(?3 AS BIGINT) FROM participants p"
      " JOIN users u ON u.id = p.user_id WHERE p.chat_id = ?1 AND p.notified_seq = ?2"
      " AND p.role <> ?4 AND (p.muted_until IS NULL OR p.muted_until <= ?3)"
      " AND u.email_verified = 1 AND u.deleted_at IS NULL ORDER BY p.user_id"
      " ON CONFLICT (user_id) DO NOTHING",
      burst.chat_id, burst.up_to, now, ParticipantRole::left);
}

struct Away {
  UserId user;
  Seq got = 0;
};

// Tells of every message that one of `away` has not got; of very many, of the newest.
void tell(ChatLog& log, const chat::Burst& burst, const std::vector<Away>& away) {
  constexpr std::int64_t kMostTold = 500;
  const Seq after = std::ranges::min_element(away, {}, &Away::got)->got;
  std::vector<Message> messages;
  {
    auto row = log.db().query(
        "SELECT id, seq, sender_id, created_at, type FROM messages WHERE chat_id = ?1 AND seq > ?2"
        " AND seq <= ?3 AND kind = ?4 AND deleted_at IS NULL ORDER BY seq DESC LIMIT ?5",
        burst.chat_id, after, burst.up_to, EntryKind::message, kMostTold);
    while (row.next()) {
      Message& message = messages.emplace_back();
      message.id = row.id<MessageId>(0);
      message.chat_id = burst.chat_id;
      message.seq = row.integer(1);
      message.sender_id = row.id<UserId>(2);
      message.created_at = row.time(3);
      if (!row.null(4)) message.type = row.enumerator<MessageType>(4);
    }
  }
  for (const Message& message : std::views::reverse(messages)) {
    std::vector<UserId> users;
    for (const Away& one : away)
      if (one.got < message.seq && one.user != message.sender_id) users.push_back(one.user);
    if (users.empty()) continue;
    const auto traced = std::ranges::find(burst.traces, message.seq, &std::pair<Seq, Trace>::first);
    add_event(log,
              delivery::message_sent(log.next_id<delivery::PublishedEventKind>(), message,
                                     std::move(users)),
              traced == burst.traces.end() ? Trace{} : traced->second);
  }
}

std::uint64_t swept_up_to(Connection& db, std::uint64_t otherwise) {
  auto row = db.query("SELECT CAST(value AS TEXT) FROM store_meta WHERE name = 'swept_up_to'");
  if (!row.next()) return otherwise;
  const std::string_view text = row.text(0);
  std::uint64_t id = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), id);
  return id;
}

}  // namespace

Task<std::int64_t> SqlAwayStore::notify(chat::Burst burst) {
  // Mostly everybody has got it, and finding that out writes nothing.
  const bool away = co_await database_.read_or_throw(
      [&burst](Connection& db) { return anybody_away(db, burst); });
  if (!away) co_return 0;
  co_return co_await database_.change([&burst](ChatLog& log) {
    HeldChat* const chat = log.find(burst.chat_id);
    std::int64_t pushes = 0;
    std::vector<Away> away;
    Pairs notified;
    if (!chat || chat->blocked()) return pushes;
    for (const Waiting& waiting : not_notified(log.db(), burst, log.clock().now())) {
      const HeldParticipant* const participant = chat->find(waiting.user);
      if (!participant) continue;
      const Seq got = std::max(participant->receipt.delivered, waiting.notified);
      // What is no message is not worth a push, and one's own is got by sending it.
      if (got >= burst.up_to || chat->head.last_message_seq <= got) continue;
      notified.add(waiting.user);
      away.push_back({.user = waiting.user, .got = got});
      if (!waiting.wants_push) continue;
      leave_push(log, waiting.user, burst);
      ++pushes;
    }
    if (!away.empty())
      log.db().run(
          "UPDATE participants SET notified_seq = ?3 WHERE chat_id = ?1 AND user_id IN"
          " (SELECT CAST(w.key AS BIGINT) FROM json_each(?2) w)",
          burst.chat_id, notified.text(), burst.up_to);
    if (!away.empty()) note_absences(log.db(), burst, log.clock().now());
    if (!away.empty() && log.publishes().messages == delivery::MessageEvents::away)
      tell(log, burst, away);
    return pushes;
  });
}

Task<std::vector<chat::Burst>> SqlAwayStore::sweep(Timestamp until, std::int64_t most) {
  co_return co_await database_.write([until, most](Transaction& transaction) {
    Connection& db = transaction.db();
    std::vector<chat::Burst> bursts;
    const std::uint64_t from = swept_up_to(db, IdSource::first_at(until - kFirstSweep));
    std::uint64_t last = 0;
    {
      auto row = db.query(
          "SELECT max(id) FROM (SELECT id FROM message_log WHERE id > ?1 AND id < ?2"
          " ORDER BY id LIMIT ?3) AS next",
          from, IdSource::first_at(until), most);
      if (!row.next() || row.null(0)) return bursts;
      last = static_cast<std::uint64_t>(row.integer(0));
    }
    auto row = db.query(
        "SELECT chat_id, max(seq) FROM message_log WHERE id > ?1 AND id <= ?2 GROUP BY chat_id"
        " ORDER BY chat_id",
        from, last);
    while (row.next()) bursts.push_back({.chat_id = row.id<ChatId>(0), .up_to = row.integer(1)});
    db.run(
        "INSERT INTO store_meta VALUES ('swept_up_to', CAST(?1 AS TEXT)) ON CONFLICT (name)"
        " DO UPDATE SET value = excluded.value",
        last);
    return bursts;
  });
}

}  // namespace parley::storage
