#pragma once

#include "delivery/status_log.h"
#include "storage/sql/database.h"

namespace parley::storage {

// StatusLog: a view of a Database.
class SqlStatusLog final : public delivery::StatusLog {
 public:
  SqlStatusLog(Database& database, bool tells) : database_(database), tells_(tells) {}

  bool tells() const override { return tells_; }
  Task<void> tell(std::vector<delivery::StatusChange> changes) override;
  Task<std::vector<UserId>> told_online(UserId after) override;

 private:
  Database& database_;
  const bool tells_;
};

// Within a transaction: who was told online, and hides it from now on, is told offline, without
// when.
void status_hidden(Transaction& transaction, UserId user);

}  // namespace parley::storage
