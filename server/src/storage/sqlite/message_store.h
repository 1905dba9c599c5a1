#pragma once

#include "chat/message_store.h"
#include "storage/sqlite/database.h"

namespace parley::storage {

// MessageStore on SQLite: a view of a Database.
class SqliteMessageStore final : public chat::MessageStore {
 public:
  explicit SqliteMessageStore(SqliteDatabase& database) : database_(database) {}

  Task<Result<chat::Accepted>> append(chat::Draft draft) override;
  Task<Result<chat::Moved>> mark(chat::Mark mark) override;
  Task<Result<chat::HistoryPage>> history(UserId reader, chat::HistoryQuery query) override;
  Task<Result<chat::MessageInfo>> info(UserId reader, ChatId chat, MessageId message) override;
  Task<Result<chat::SyncPage>> sync(UserId user, std::optional<std::string> cursor,
                                    std::int64_t limit) override;

 private:
  SqliteDatabase& database_;
};

}  // namespace parley::storage
