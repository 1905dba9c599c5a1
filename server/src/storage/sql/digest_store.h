#pragma once

#include "notification/digest_store.h"
#include "storage/sql/database.h"

namespace parley::storage {

// DigestStore: a view of a Database.
class SqlDigestStore final : public notification::DigestStore {
 public:
  explicit SqlDigestStore(Database& database) : database_(database) {}

  Task<std::vector<notification::Absence>> away_since(Timestamp until, std::int64_t most) override;
  Task<notification::Waiting> waiting(UserId user) override;
  Task<std::int64_t> settle(std::vector<notification::AbsenceDecision> decisions) override;
  Task<void> turn_off(UserId user) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
