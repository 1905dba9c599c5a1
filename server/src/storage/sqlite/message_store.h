#pragma once

#include "storage/sql/message_store.h"
#include "storage/sqlite/database.h"

namespace parley::storage {

// MessageStore on SQLite: a view of a Database.
class SqliteMessageStore final : public SqlMessageStore {
 public:
  explicit SqliteMessageStore(SqliteDatabase& database)
      : SqlMessageStore(database), database_(database) {}

  Task<Result<chat::Accepted>> append(chat::Draft draft) override;
  Task<Result<chat::Moved>> mark(chat::Mark mark) override;
  Task<Result<chat::SyncPage>> sync(UserId user, std::optional<std::string> cursor,
                                    std::int64_t limit) override;

 private:
  SqliteDatabase& database_;
};

}  // namespace parley::storage
