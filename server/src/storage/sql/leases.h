#pragma once

#include "delivery/leases.h"
#include "storage/sql/database.h"

namespace parley::storage {

// Leases: a view of a Database.
class SqlLeases final : public delivery::Leases {
 public:
  explicit SqlLeases(Database& database) : database_(database) {}

  Task<bool> hold(std::string name, std::uint64_t holder, std::chrono::seconds how_long) override;
  Task<bool> is_held(std::string name) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
