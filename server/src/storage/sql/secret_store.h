#pragma once

#include "storage/sql/database.h"
#include "user/secret_store.h"

namespace parley::storage {

// SecretStore on SQLite: a view of a Database.
class SqlSecretStore final : public user::SecretStore {
 public:
  explicit SqlSecretStore(Database& database) : database_(database) {}

  Task<Result<user::SentCode>> keep_code(user::NewCode code, user::Tidings* tidings) override;
  Task<Result<void>> check_code(std::string phone_number, std::string hash, bool use) override;
  Task<void> keep(user::Secret secret, user::Tidings* tidings) override;
  Task<std::optional<user::Secret>> take(std::string hash, user::Purpose purpose) override;
  Task<std::optional<user::Secret>> look(std::string hash, user::Purpose purpose) override;

 private:
  Database& database_;
};

// Within a transaction of the writer: SecretStore::keep.
void keep_secret(Transaction& transaction, const user::Secret& secret);

}  // namespace parley::storage
