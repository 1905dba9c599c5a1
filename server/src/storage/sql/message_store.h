#pragma once

#include "chat/message_store.h"
#include "storage/sql/database.h"

namespace parley::storage {

// What MessageStore reads of a chat, on any Database: the log and who has got a message. How
// changes are made, and told to those who were away, is every engine's own.
class SqlMessageStore : public chat::MessageStore {
 public:
  Task<Result<chat::HistoryPage>> history(UserId reader, chat::HistoryQuery query) final;
  Task<Result<chat::MessageInfo>> info(UserId reader, ChatId chat, MessageId message) final;

 protected:
  explicit SqlMessageStore(Database& database) : database_(database) {}
  ~SqlMessageStore() override = default;

 private:
  Database& database_;
};

// An entry of the log, which is there.
Message read_entry(Connection& db, ChatId chat, Seq seq);

}  // namespace parley::storage
