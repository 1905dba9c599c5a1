#pragma once

#include "delivery/busy_times.h"
#include "storage/sql/database.h"

namespace parley::storage {

// BusyTimes: a view of a Database.
class SqlBusyTimes final : public delivery::BusyTimes {
 public:
  explicit SqlBusyTimes(Database& database) : database_(database) {}

  Task<void> set_busy_until(UserId user, Timestamp until) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
