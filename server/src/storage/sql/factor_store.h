#pragma once

#include "storage/sql/database.h"
#include "user/factor_store.h"

namespace parley::storage {

// FactorStore on SQLite: a view of a Database.
class SqlFactorStore final : public user::FactorStore {
 public:
  explicit SqlFactorStore(Database& database) : database_(database) {}

  Task<std::optional<user::Totp>> totp(UserId user) override;
  Task<bool> begin_totp(UserId user, std::string secret) override;
  Task<bool> confirm_totp(UserId user, std::int64_t step, std::vector<std::string> recovery_hashes,
                          user::Tidings* tidings) override;
  Task<bool> use_totp_step(UserId user, std::int64_t step) override;
  Task<bool> use_recovery_code(UserId user, std::string hash) override;
  Task<void> remove_totp(UserId user, user::Tidings* tidings) override;

  Task<Result<user::Passkey>> add_passkey(user::NewPasskey passkey,
                                          user::Tidings* tidings) override;
  Task<std::vector<user::Passkey>> passkeys(UserId user) override;
  Task<std::vector<std::string>> credential_ids(UserId user) override;
  Task<Result<void>> remove_passkey(UserId user, PasskeyId passkey,
                                    user::Tidings* tidings) override;
  Task<std::optional<user::KeptPasskey>> find_passkey(std::string credential_id) override;
  Task<void> passkey_used(PasskeyId passkey, std::uint32_t sign_count) override;

  Task<std::optional<UserId>> find_identity(std::string issuer, std::string subject) override;
  Task<Result<void>> add_identity(std::string issuer, std::string subject, UserId user) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
