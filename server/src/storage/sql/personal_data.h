#pragma once

#include "storage/sql/database.h"
#include "user/personal_data.h"

namespace parley::storage {

// PersonalData on SQLite: a view of a Database.
class SqlPersonalData final : public user::PersonalData {
 public:
  explicit SqlPersonalData(Database& database) : database_(database) {}

  Task<Result<std::vector<user::DataFile>>> collect(UserId user) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
