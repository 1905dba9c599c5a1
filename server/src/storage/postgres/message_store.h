#pragma once

#include "storage/postgres/database.h"
#include "storage/postgres/sync.h"
#include "storage/sql/message_store.h"

namespace parley::storage {

// MessageStore on PostgreSQL: a view of a PostgresDatabase.
class PostgresMessageStore final : public SqlMessageStore {
 public:
  explicit PostgresMessageStore(PostgresDatabase& database)
      : SqlMessageStore(database), database_(database) {}

  Task<Result<chat::Accepted>> append(chat::Draft draft) override {
    return database_.chat_writers().append(std::move(draft));
  }
  Task<Result<chat::Moved>> mark(chat::Mark mark) override {
    return database_.chat_writers().mark(mark);
  }
  Task<Result<chat::SyncPage>> sync(UserId user, std::optional<std::string> cursor,
                                    std::int64_t limit) override {
    return sync_chats(database_, user, std::move(cursor), limit);
  }

 private:
  PostgresDatabase& database_;
};

}  // namespace parley::storage
