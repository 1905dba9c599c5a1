#include "storage/sqlite/chat_log.h"

#include <algorithm>
#include <utility>

namespace parley::storage {

SqliteChatLog::SqliteChatLog(SqliteConnection& db, const std::filesystem::path& file,
                             Overlay& overlay, IdSource& ids, const Clock& clock, Limits limits)
    : db_(db),
      overlay_(overlay),
      ids_(ids),
      clock_(clock),
      publishes_(limits.publishes),
      cache_(overlay, limits.cached_participants),
      seen_(db, file, limits.dedup_window) {
  last_id_ = overlay.visible();
}

Placed SqliteChatLog::append(HeldChat& held, const NewEntry& entry) {
  auto& chat = static_cast<CachedChat&>(held);
  cache_.touch(chat.id);
  const Placed placed{
      .id = next_id<MessageKind>(), .seq = chat.head.last_seq + 1, .created_at = clock_.now()};
  const bool displayable = entry.kind == EntryKind::message;
  const std::int64_t count = chat.head.message_count + (displayable ? 1 : 0);

  db_.run(
      "INSERT INTO messages (chat_id, seq, id, kind, sender_id, created_at, message_count, type,"
      " content, client_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
      chat.id, placed.seq, placed.id, entry.kind, entry.sender, placed.created_at, count,
      entry.type, entry.content, entry.client_id);
  db_.run("INSERT INTO message_log VALUES (?1, ?2, ?3, ?4, ?5)", placed.id, chat.id, placed.seq,
          entry.sender, entry.client_id);
  if (entry.client_id)
    seen_.add(
        {.hash = seen_.hash(chat.id, entry.sender, *entry.client_id), .entry = placed.id.value()});

  chat.head = {.last_seq = placed.seq,
               .message_count = count,
               .last_message_seq = displayable ? placed.seq : chat.head.last_message_seq,
               .activity_id = placed.id.value(),
               .updated_at = placed.created_at,
               .change_id = placed.id.value()};
  if (chat.type == ChatType::group)
    chat.recent.add(placed.seq, displayable ? entry.sender : UserId{});

  const Receipt reached{.delivered = placed.seq, .read = placed.seq};
  if (HeldParticipant* sender = chat.find(entry.sender)) sender->receipt = reached;
  shown_.push_back({chat.id, chat.head, entry.sender, reached});
  return placed;
}

void SqliteChatLog::move(HeldChat& chat, HeldParticipant& participant, Receipt to) {
  cache_.touch(chat.id);
  chat.head.change_id = next_id<MarkKind>().value();
  participant.receipt = to;
  db_.run("INSERT INTO watermark_log VALUES (?1, ?2, ?3, ?4, ?5)", chat.head.change_id, chat.id,
          participant.user, to.delivered, to.read);
  shown_.push_back({chat.id, chat.head, participant.user, to});
}

CachedChat& SqliteChatLog::insert(HeldChat chat, std::string_view name,
                                  std::string_view description) {
  chat.id = next_id<ChatKind>();
  const Timestamp now = clock_.now();
  chat.head = {.activity_id = chat.id.value(), .updated_at = now, .change_id = chat.id.value()};
  db_.run("INSERT INTO chats VALUES (?1, ?2, ?3, ?4, ?5, 1, 0, 0, 0, ?1, ?5, ?1)", chat.id,
          chat.type, name, description, now);
  cache_.touch(chat.id);
  shown_.push_back({chat.id, chat.head, UserId{}, {}});
  return *cache_.insert({std::move(chat), {}, 0});
}

void SqliteChatLog::membership_changed(HeldChat& chat) {
  cache_.touch(chat.id);
  cache_.weigh(static_cast<CachedChat&>(chat));
}

Receipt SqliteChatLog::receipt(ChatId chat, UserId user, Receipt row) const {
  const Unfolded* unfolded = overlay_.peek(chat);
  return unfolded ? unfolded->receipt(user, row) : row;
}

std::size_t SqliteChatLog::fold(std::size_t most) {
  const std::size_t count = std::min(most, overlay_.size());
  if (count == 0) return 0;

  // In the order of the rows, so that each page is written once.
  std::vector<ChatId> chats;
  chats.reserve(count);
  for (std::size_t i = 0; i < count; ++i) chats.push_back(overlay_.at(i));
  std::ranges::sort(chats);
  for (const ChatId id : chats) {
    const Unfolded& unfolded = *overlay_.peek(id);
    const Head& head = unfolded.head;
    db_.run(
        "UPDATE chats SET last_seq = ?2, message_count = ?3, last_message_seq = ?4,"
        " activity_id = ?5, updated_at = ?6, change_id = ?7 WHERE id = ?1",
        id, head.last_seq, head.message_count, head.last_message_seq, head.activity_id,
        head.updated_at, head.change_id);
  }
  for (const ChatId id : chats) {
    for (const auto& [user, receipt] : overlay_.peek(id)->receipts) {
      db_.run(
          "UPDATE participants SET delivered_seq = max(delivered_seq, ?3),"
          " read_seq = max(read_seq, ?4) WHERE chat_id = ?1 AND user_id = ?2",
          id, user, receipt.delivered, receipt.read);
    }
  }

  // What this batch has changed so far is not in the overlay yet, and stays in the logs.
  std::uint64_t up_to = overlay_.visible();
  if (count < overlay_.size()) up_to = overlay_.peek(overlay_.at(count))->since - 1;
  db_.run("UPDATE store_meta SET value = ?1 WHERE name = 'folded_up_to'", up_to);
  // Deleting lags behind in pieces too; rows that are folded already do no harm in a replay.
  db_.run(
      "DELETE FROM watermark_log WHERE id <= (SELECT max(id) FROM"
      " (SELECT id FROM watermark_log WHERE id <= ?1 ORDER BY id LIMIT 8192))",
      up_to);
  folded_now_ += count;
  return count;
}

void SqliteChatLog::committed() {
  overlay_.drop_front(std::exchange(folded_now_, 0));
  for (const Shown& shown : shown_)
    overlay_.publish(shown.chat, shown.head, shown.user, shown.receipt);
  shown_.clear();
  overlay_.show_up_to(last_id_);
  seen_.committed();
  cache_.trim();
}

void SqliteChatLog::rolled_back() {
  folded_now_ = 0;
  shown_.clear();
  seen_.rolled_back();
  cache_.forget_touched();
}

}  // namespace parley::storage
