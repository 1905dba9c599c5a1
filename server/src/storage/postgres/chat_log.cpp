#include "storage/postgres/chat_log.h"

#include <algorithm>
#include <utility>

#include "storage/postgres/entry_id.h"
#include "storage/sql/pairs.h"

namespace parley::storage {

HeldChat* PostgresChatLog::find(ChatId id) {
  if (const auto it = held_.find(id); it != held_.end()) return &it->second;
  HeldChat chat;
  {
    auto row = db_.query(
        "SELECT type, last_seq, message_count, last_message_seq, activity_id, updated_at, change_id"
        " FROM chats WHERE id = ?1 FOR NO KEY UPDATE",
        id);
    if (!row.next()) return nullptr;
    chat = read_held_chat(row, id);
  }
  // Only now: whoever held the chat before may have changed them.
  chat.participants = read_held_participants(db_, id);
  return &held_.emplace(id, std::move(chat)).first->second;
}

HeldChat& PostgresChatLog::insert(HeldChat chat, std::string_view name,
                                  std::string_view description) {
  chat.id = next_id<ChatKind>();
  chat.head = {.activity_id = chat.id.value(), .updated_at = clock_.now()};
  db_.run(
      "INSERT INTO chats VALUES (?1, ?2, ?3, ?4, ?5, 1, 0, 0, 0, ?1, ?5,"
      " CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT))",
      chat.id, chat.type, name, description, chat.head.updated_at);
  return held_.emplace(chat.id, std::move(chat)).first->second;
}

Placed PostgresChatLog::append(HeldChat& chat, const NewEntry& entry) {
  const Placed placed{.id = draw_entry_id(ids_, clock_, chat.head.activity_id),
                      .seq = chat.head.last_seq + 1,
                      .created_at = clock_.now()};
  const bool displayable = entry.kind == EntryKind::message;
  Head& head = chat.head;
  head.last_seq = placed.seq;
  head.message_count += displayable ? 1 : 0;
  if (displayable) head.last_message_seq = placed.seq;
  head.activity_id = placed.id.value();
  // Another node's clock may be ahead of ours: a chat does not become older.
  head.updated_at = std::max(head.updated_at, placed.created_at);

  std::optional<Blob> client_id;
  if (entry.client_id) client_id = Blob{*entry.client_id};
  db_.run(
      "INSERT INTO messages (chat_id, seq, id, kind, sender_id, created_at, message_count, type,"
      " content, client_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
      chat.id, placed.seq, placed.id, entry.kind, entry.sender, placed.created_at,
      head.message_count, entry.type, Blob{entry.content}, client_id);
  db_.run(
      "UPDATE chats SET last_seq = ?2, message_count = ?3, last_message_seq = ?4,"
      " activity_id = ?5, updated_at = ?6,"
      " change_id = CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) WHERE id = ?1",
      chat.id, head.last_seq, head.message_count, head.last_message_seq, head.activity_id,
      head.updated_at);
  const Receipt reached{.delivered = placed.seq, .read = placed.seq};
  if (HeldParticipant* const sender = chat.find(entry.sender)) sender->receipt = reached;
  db_.run(
      "UPDATE participants SET delivered_seq = ?3, read_seq = ?3"
      " WHERE chat_id = ?1 AND user_id = ?2",
      chat.id, entry.sender, placed.seq);
  return placed;
}

void PostgresChatLog::move(HeldChat& chat, HeldParticipant& participant, Receipt to) {
  participant.receipt = to;
  db_.run(
      "UPDATE participants SET delivered_seq = ?3, read_seq = ?4"
      " WHERE chat_id = ?1 AND user_id = ?2",
      chat.id, participant.user, to.delivered, to.read);
  db_.run(
      "UPDATE chats SET change_id = CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)"
      " WHERE id = ?1",
      chat.id);
}

void PostgresChatLog::departed(HeldChat& chat, UserId user) {
  db_.run(
      "UPDATE participants SET left_xact_id = CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)"
      " WHERE chat_id = ?1 AND user_id = ?2",
      chat.id, user);
}

void PostgresChatLog::keep_accounts(const std::vector<UserId>& users) {
  // An update rather than a lock: a removal that is under way, and serializable, would not notice
  // that somebody held one; of an update it does, and starts over. The locks before it are for the
  // order: two who keep the same accounts do not wait for each other.
  db_.run(
      "WITH held AS MATERIALIZED (SELECT id FROM users WHERE id IN (SELECT w.key FROM json_each(?1)"
      " w) ORDER BY id FOR NO KEY UPDATE)"
      " UPDATE users SET role = role WHERE id IN (SELECT id FROM held)",
      Pairs{users}.text());
}

}  // namespace parley::storage
