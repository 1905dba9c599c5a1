#pragma once

#include <string>
#include <utility>
#include <vector>

#include "storage/postgres/database.h"
#include "storage/postgres/sync.h"
#include "storage/sql/message_store.h"

namespace parley::storage {

// MessageStore with a transaction for every message and mark: slow, and plain to see. What reads
// chats is tested with it.
class PlainMessageStore final : public SqlMessageStore {
 public:
  explicit PlainMessageStore(PostgresDatabase& database)
      : SqlMessageStore(database), database_(database) {}

  Task<Result<chat::Accepted>> append(chat::Draft draft) override {
    co_return co_await database_.change([&draft](ChatLog& log) -> Result<chat::Accepted> {
      HeldChat* const chat = log.find(draft.chat_id);
      const HeldParticipant* const sender = chat ? chat->find(draft.sender_id) : nullptr;
      if (!sender) return fail(Errc::chat_not_found);
      chat::Accepted accepted;
      accepted.recipients = chat->everyone();
      Seq seq = 0;
      {
        auto row = log.db().query(
            "SELECT seq FROM messages WHERE chat_id = ?1 AND client_id = ?2 AND sender_id = ?3",
            chat->id, Blob{draft.client_message_id}, draft.sender_id);
        if (row.next()) seq = row.integer(0);
      }
      accepted.first_time = seq == 0;
      if (accepted.first_time) {
        if (!sender->may(&Permissions::send)) return fail(Errc::forbidden);
        if (chat->blocked()) return fail(Errc::blocked);
        seq = log.append(*chat, {.kind = EntryKind::message,
                                 .sender = draft.sender_id,
                                 .type = draft.type,
                                 .content = draft.content,
                                 .client_id = draft.client_message_id})
                  .seq;
      }
      accepted.message = read_entry(log.db(), chat->id, seq);
      return accepted;
    });
  }

  Task<Result<chat::Moved>> mark(chat::Mark mark) override {
    co_return co_await database_.change([mark](ChatLog& log) -> Result<chat::Moved> {
      HeldChat* const chat = log.find(mark.chat_id);
      HeldParticipant* const mover = chat ? chat->find(mark.user_id) : nullptr;
      if (!mover) return fail(Errc::chat_not_found);
      chat::Moved moved;
      moved.type = chat->type;
      moved.at = log.clock().now();
      moved.before = mover->receipt;
      moved.after = advance(moved.before, mark.receipt, chat->head.last_seq);
      if (moved.after == moved.before) return moved;
      if (!chat->blocked()) {
        moved.delivered_authors = authors(log, mark, moved.before.delivered, moved.after.delivered);
        if (chat->tells_reads())
          moved.read_authors = authors(log, mark, moved.before.read, moved.after.read);
      }
      log.move(*chat, *mover, moved.after);
      return moved;
    });
  }

  Task<Result<chat::SyncPage>> sync(UserId user, std::optional<std::string> cursor,
                                    std::int64_t limit) override {
    return sync_chats(database_, user, std::move(cursor), limit);
  }

 private:
  static std::vector<UserId> authors(ChatLog& log, const chat::Mark& mark, Seq after, Seq up_to) {
    std::vector<UserId> found;
    auto rows = log.db().query(
        "SELECT DISTINCT sender_id FROM messages WHERE chat_id = ?1 AND seq > ?2 AND seq <= ?3"
        " AND kind = ?4 AND sender_id <> ?5",
        mark.chat_id, after, up_to, EntryKind::message, mark.user_id);
    while (rows.next()) found.push_back(rows.id<UserId>(0));
    return found;
  }

  PostgresDatabase& database_;
};

}  // namespace parley::storage
