#pragma once

#include "delivery/last_seen.h"
#include "storage/sql/database.h"

namespace parley::storage {

// LastSeen on SQLite: a view of a Database.
class SqlLastSeen final : public delivery::LastSeen {
 public:
  explicit SqlLastSeen(Database& database) : database_(database) {}

  Task<std::optional<Timestamp>> last_seen(UserId user) override;
  Task<void> set_last_seen(UserId user, Timestamp at) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
