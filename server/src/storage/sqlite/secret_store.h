#pragma once

#include "storage/sqlite/database.h"
#include "user/secret_store.h"

namespace parley::storage {

// SecretStore on SQLite: a view of a Database.
class SqliteSecretStore final : public user::SecretStore {
 public:
  explicit SqliteSecretStore(Database& database) : database_(database) {}

  Task<Result<user::SentCode>> keep_code(user::NewCode code) override;
  Task<Result<void>> check_code(std::string phone_number, std::string hash, bool use) override;
  Task<void> keep(user::Secret secret) override;
  Task<std::optional<user::Secret>> take(std::string hash, user::Purpose purpose) override;
  Task<std::optional<user::Secret>> look(std::string hash, user::Purpose purpose) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
