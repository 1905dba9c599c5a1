#pragma once

#include "delivery/housekeeping.h"
#include "storage/sql/database.h"

namespace parley::storage {

// Housekeeping: a view of a Database.
class SqlHousekeeping final : public delivery::Housekeeping {
 public:
  explicit SqlHousekeeping(Database& database) : database_(database) {}

  Task<std::int64_t> remove_expired() override;
  Task<Cut> cut_logs(Timestamp before, Timestamp undelivered_before, std::uint64_t from) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
