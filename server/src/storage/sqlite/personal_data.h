#pragma once

#include "storage/sqlite/database.h"
#include "user/personal_data.h"

namespace parley::storage {

// PersonalData on SQLite: a view of a Database.
class SqlitePersonalData final : public user::PersonalData {
 public:
  explicit SqlitePersonalData(Database& database) : database_(database) {}

  Task<Result<std::vector<user::DataFile>>> collect(UserId user) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
