#include "storage/sqlite/recovery.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "model/message.h"
#include "storage/sql/head.h"

namespace parley::storage {
namespace {

// What the logs say about one chat beyond its rows.
struct Tail {
  Seq last_seq = 0;  // 0: only watermarks moved
  std::uint64_t change_id = 0;
  std::map<UserId, Receipt> receipts;
};

std::map<ChatId, Tail> read_tails(SqliteConnection& db, std::uint64_t folded_up_to) {
  std::map<ChatId, Tail> tails;
  auto entries =
      db.query("SELECT id, chat_id, seq, sender_id FROM message_log WHERE id > ?1 ORDER BY id",
               folded_up_to);
  while (entries.next()) {
    Tail& tail = tails[entries.id<ChatId>(1)];
    tail.change_id = static_cast<std::uint64_t>(entries.integer(0));
    tail.last_seq = entries.integer(2);
    Receipt& receipt = tail.receipts[entries.id<UserId>(3)];
    receipt = later(receipt, {.delivered = tail.last_seq, .read = tail.last_seq});
  }
  auto marks = db.query(
      "SELECT id, chat_id, user_id, delivered_seq, read_seq FROM watermark_log ORDER BY id");
  while (marks.next()) {
    Tail& tail = tails[marks.id<ChatId>(1)];
    tail.change_id = std::max(tail.change_id, static_cast<std::uint64_t>(marks.integer(0)));
    Receipt& receipt = tail.receipts[marks.id<UserId>(2)];
    receipt = later(receipt, {.delivered = marks.integer(3), .read = marks.integer(4)});
  }
  return tails;
}

void bring_up(SqliteConnection& db, ChatId chat, const Tail& tail) {
  if (tail.last_seq > 0) {
    db.run(
        "UPDATE chats SET (last_seq, message_count, activity_id, updated_at) ="
        " (SELECT seq, message_count, id, created_at FROM messages WHERE chat_id = ?1 AND seq = ?2)"
        " WHERE id = ?1",
        chat, tail.last_seq);
    db.run(
        "UPDATE chats SET last_message_seq = coalesce((SELECT seq FROM messages WHERE chat_id = ?1"
        " AND seq > last_message_seq AND kind = ?2 ORDER BY seq DESC LIMIT 1), last_message_seq)"
        " WHERE id = ?1",
        chat, EntryKind::message);
  }
  db.run("UPDATE chats SET change_id = max(change_id, ?2) WHERE id = ?1", chat, tail.change_id);
  for (const auto& [user, receipt] : tail.receipts) {
    db.run(
        "UPDATE participants SET delivered_seq = max(delivered_seq, ?3),"
        " read_seq = max(read_seq, ?4) WHERE chat_id = ?1 AND user_id = ?2",
        chat, user, receipt.delivered, receipt.read);
  }
}

std::uint64_t greatest_id(SqliteConnection& db) {
  auto row = db.query(
      "SELECT max(coalesce((SELECT max(id) FROM message_log), 0),"
      " coalesce((SELECT max(id) FROM watermark_log), 0),"
      " coalesce((SELECT max(id) FROM chats), 0),"
      " coalesce((SELECT max(id) FROM users), 0),"
      " coalesce((SELECT max(id) FROM sessions), 0),"
      " coalesce((SELECT max(session_id) FROM ended_sessions), 0),"
      " (SELECT value FROM store_meta WHERE name = 'folded_up_to'))");
  row.next();
  return static_cast<std::uint64_t>(row.integer(0));
}

}  // namespace

std::uint64_t recover(SqliteConnection& db) {
  const std::uint64_t greatest = greatest_id(db);
  std::uint64_t folded_up_to = 0;
  {
    auto row = db.query("SELECT value FROM store_meta WHERE name = 'folded_up_to'");
    if (row.next()) folded_up_to = static_cast<std::uint64_t>(row.integer(0));
  }
  const auto tails = read_tails(db, folded_up_to);
  if (tails.empty()) return greatest;

  db.begin_immediate();
  try {
    for (const auto& [chat, tail] : tails) bring_up(db, chat, tail);
    db.run("DELETE FROM watermark_log");
    db.run("UPDATE store_meta SET value = ?1 WHERE name = 'folded_up_to'", greatest);
    db.commit();
  } catch (...) {
    db.rollback();
    throw;
  }
  return greatest;
}

}  // namespace parley::storage
