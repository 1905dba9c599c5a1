#pragma once

#include "chat/away.h"
#include "storage/sql/database.h"

namespace parley::storage {

// AwayStore: a view of a Database.
class SqlAwayStore final : public chat::AwayStore {
 public:
  explicit SqlAwayStore(Database& database) : database_(database) {}

  Task<std::int64_t> notify(chat::Burst burst) override;
  Task<std::vector<chat::Burst>> sweep(Timestamp until, std::int64_t most) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
