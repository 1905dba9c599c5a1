#pragma once

#include "storage/sql/database.h"
#include "user/user_store.h"

namespace parley::storage {

// UserStore on SQLite: a view of a Database.
class SqlUserStore final : public user::UserStore {
 public:
  explicit SqlUserStore(Database& database) : database_(database) {}

  Task<Result<Profile>> create(user::NewUser user, user::Tidings* tidings) override;
  Task<std::optional<user::Credentials>> credentials(std::string name) override;
  Task<std::optional<user::Credentials>> credentials_of(UserId user) override;
  Task<std::optional<user::Credentials>> owner_of_email(std::string email) override;
  Task<std::optional<user::Credentials>> owner_of_phone(std::string phone_number) override;
  Task<std::optional<Profile>> find(UserId user) override;
  Task<std::optional<User>> find_by_name(UserId viewer, std::string username) override;
  Task<Result<Profile>> update(UserId user, user::ProfileChange change,
                               user::Tidings* tidings) override;
  Task<void> set_password(UserId user, std::string password_hash, user::Tidings* tidings) override;
  Task<Result<Profile>> set_email(UserId user, std::string email, user::Tidings* tidings) override;
  Task<bool> verify_email(UserId user, std::string email) override;
  Task<Result<Profile>> set_phone(UserId user, std::string phone_number,
                                  user::Tidings* tidings) override;
  Task<Result<Profile>> set_avatar(UserId user, std::optional<std::string> bytes,
                                   user::Tidings* tidings) override;
  Task<Result<user::RemovedAccount>> remove(UserId user, user::Tidings* tidings) override;
  Task<std::optional<user::Avatar>> avatar(UserId user) override;

 private:
  Database& database_;
};

// Within a transaction of the writer: UserStore::create, but for the tidings.
Result<Profile> create_user(Transaction& transaction, const user::NewUser& user, Trace trace);

}  // namespace parley::storage
