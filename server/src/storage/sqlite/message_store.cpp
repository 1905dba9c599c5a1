#include "storage/sqlite/message_store.h"

#include <algorithm>
#include <utility>

#include "delivery/published_events.h"
#include "storage/sql/outbox.h"

// Appending and marking: the two changes that are made all the time.

namespace parley::storage {
namespace {

bool tells_all(const Transaction& transaction) {
  return transaction.publishes().messages == delivery::MessageEvents::all;
}

constexpr std::int64_t kMostAuthorsLookedFor = 500;  // entries, from the newest

struct AppendOp final : Writer::Op {
  explicit AppendOp(const chat::Draft& d) : draft(d) {}

  void apply(SqliteChatLog& log) override {
    repeated.reset();
    may_send = true;
    blocked = false;
    recipients.clear();
    CachedChat* chat = log.find(draft.chat_id);
    const HeldParticipant* sender = chat ? chat->find(draft.sender_id) : nullptr;
    found = sender != nullptr;
    if (!found) return;
    recipients = chat->everyone();

    const std::uint64_t hash =
        log.seen_drafts().hash(draft.chat_id, draft.sender_id, draft.client_message_id);
    if (const auto seen = log.seen_drafts().find(log.db(), hash, draft.chat_id, draft.sender_id,
                                                 draft.client_message_id)) {
      repeated = read_entry(log.db(), draft.chat_id, seen->seq);
      return;
    }
    may_send = sender->may(&Permissions::send);
    blocked = chat->blocked();
    if (!may_send || blocked) return;
    placed = log.append(*chat, {.kind = EntryKind::message,
                                .sender = draft.sender_id,
                                .type = draft.type,
                                .content = draft.content,
                                .client_id = draft.client_message_id});
    if (tells_all(log)) tell(log);
  }

  void tell(SqliteChatLog& log) const {
    Message message;
    message.id = placed.id;
    message.chat_id = draft.chat_id;
    message.seq = placed.seq;
    message.sender_id = draft.sender_id;
    message.created_at = placed.created_at;
    message.type = draft.type;
    add_event(log, delivery::message_sent(log.next_id<delivery::PublishedEventKind>(), message, {}),
              draft.trace);
  }

  const chat::Draft& draft;
  bool found = false;
  bool may_send = true;
  bool blocked = false;
  Placed placed;
  std::optional<Message> repeated;
  std::vector<UserId> recipients;
};

std::vector<UserId> authors(SqliteChatLog& log, const CachedChat& chat, UserId mover, Seq after,
                            Seq up_to) {
  std::vector<UserId> found;
  if (after >= up_to) return found;
  if (chat.type == ChatType::direct) {
    // Sending moves one's own watermarks, so what is newly covered is the other's.
    for (const HeldParticipant& participant : chat.participants)
      if (participant.user != mover) found.push_back(participant.user);
    return found;
  }
  if (auto recent = chat.recent.between(after, up_to, mover)) return std::move(*recent);
  auto rows = log.db().query(
      "SELECT DISTINCT sender_id FROM (SELECT sender_id, kind FROM messages WHERE chat_id = ?1"
      " AND seq > ?2 AND seq <= ?3 ORDER BY seq DESC LIMIT ?4) WHERE kind = ?5 AND sender_id <> ?6",
      chat.id, after, up_to, kMostAuthorsLookedFor, EntryKind::message, mover);
  while (rows.next()) found.push_back(rows.id<UserId>(0));
  return found;
}

struct MarkOp final : Writer::Op {
  explicit MarkOp(const chat::Mark& m) : mark(m) {}

  void apply(SqliteChatLog& log) override {
    moved = {};
    CachedChat* chat = log.find(mark.chat_id);
    HeldParticipant* mover = chat ? chat->find(mark.user_id) : nullptr;
    found = mover != nullptr;
    if (!found) return;
    moved.type = chat->type;
    moved.at = log.clock().now();
    moved.before = mover->receipt;
    moved.after = advance(moved.before, mark.receipt, chat->head.last_seq);
    if (moved.after == moved.before) return;
    if (!chat->blocked()) {
      moved.delivered_authors =
          authors(log, *chat, mark.user_id, moved.before.delivered, moved.after.delivered);
      if (chat->tells_reads())
        moved.read_authors = authors(log, *chat, mark.user_id, moved.before.read, moved.after.read);
    }
    log.move(*chat, *mover, moved.after);
    if (tells_all(log)) tell(log, *chat);
  }

  void tell(SqliteChatLog& log, const CachedChat& chat) const {
    const auto id = [&log] { return log.next_id<delivery::PublishedEventKind>(); };
    if (moved.after.delivered > moved.before.delivered)
      add_event(log,
                delivery::message_delivered(id(), mark.chat_id, mark.user_id, moved.after.delivered,
                                            moved.at),
                mark.trace);
    if (moved.after.read > moved.before.read && publishes_reads(log, chat))
      add_event(
          log, delivery::message_read(id(), mark.chat_id, mark.user_id, moved.after.read, moved.at),
          mark.trace);
  }

  // In a direct chat when the other one is told; in a group, where all are, when the mover hides it
  // from nobody.
  bool publishes_reads(SqliteChatLog& log, const CachedChat& chat) const {
    if (chat.type == ChatType::direct) return chat.tells_reads() && !chat.blocked();
    auto row =
        log.db().query("SELECT 1 FROM users WHERE id = ?1 AND read_receipts = 1", mark.user_id);
    return row.next();
  }

  const chat::Mark& mark;
  bool found = false;
  chat::Moved moved;
};

}  // namespace

Task<Result<chat::Accepted>> SqliteMessageStore::append(chat::Draft draft) {
  AppendOp op{draft};
  co_await op.wait([&] { database_.writer().push(&op); });
  if (!op.found) co_return fail(Errc::chat_not_found);
  if (!op.may_send) co_return fail(Errc::forbidden, "you may only read in this group");
  if (op.blocked) co_return fail(Errc::blocked);

  chat::Accepted accepted;
  accepted.recipients = std::move(op.recipients);
  if (op.repeated) {
    accepted.message = std::move(*op.repeated);
    accepted.first_time = false;
    co_return accepted;
  }
  Message& message = accepted.message;
  message.id = op.placed.id;
  message.chat_id = draft.chat_id;
  message.seq = op.placed.seq;
  message.sender_id = draft.sender_id;
  message.created_at = op.placed.created_at;
  message.client_message_id = std::move(draft.client_message_id);
  message.type = draft.type;
  message.content = std::move(draft.content);
  co_return accepted;
}

Task<Result<chat::Moved>> SqliteMessageStore::mark(chat::Mark mark) {
  MarkOp op{mark};
  co_await op.wait([&] { database_.writer().push(&op); });
  if (!op.found) co_return fail(Errc::chat_not_found);
  co_return std::move(op.moved);
}

}  // namespace parley::storage
