#pragma once

#include "storage/sql/database.h"
#include "user/contact_store.h"

namespace parley::storage {

// ContactStore on SQLite: a view of a Database.
class SqlContactStore final : public user::ContactStore {
 public:
  explicit SqlContactStore(Database& database) : database_(database) {}

  Task<Sight> sight(UserId viewer, UserId owner) override;
  Task<Result<User>> find(UserId viewer, user::Reference who) override;
  Task<Result<std::vector<User>>> search(UserId viewer, std::string text,
                                         std::int64_t limit) override;

  Task<Result<user::AddedContact>> add(UserId user, user::Reference who,
                                       std::optional<std::string> name) override;
  Task<Result<Contact>> update(UserId user, UserId contact, user::ContactChange change) override;
  Task<Result<void>> remove(UserId user, UserId contact) override;
  Task<Result<user::ContactPage>> list(UserId user, std::optional<std::string> cursor,
                                       std::int64_t limit) override;
  Task<Result<std::vector<user::Suggestion>>> suggestions(UserId user, std::int64_t limit) override;

  Task<user::PhoneSalt> phone_salt() override;
  Task<bool> rotate_phone_salt() override;
  Task<Result<std::vector<std::string>>> registered(UserId user, SaltId salt,
                                                    std::vector<std::string> prefixes) override;
  Task<Result<std::vector<Contact>>> add_hashed(UserId user, SaltId salt,
                                                std::vector<std::string> hashes) override;
  Task<Result<std::int64_t>> remove_hashed(UserId user, SaltId salt,
                                           std::vector<std::string> hashes) override;

  Task<Privacy> privacy(UserId user) override;
  Task<Result<Privacy>> set_privacy(UserId user, user::PrivacyChange change) override;

  Task<Result<void>> block(UserId user, UserId other) override;
  Task<void> unblock(UserId user, UserId other) override;
  Task<Result<user::UserPage>> blocked(UserId user, std::optional<std::string> cursor,
                                       std::int64_t limit) override;

 private:
  Database& database_;
};

// From a row of the 23 columns of `people`, then name, favourite, added_at.
Contact read_contact(const Query& row, Timestamp now);

}  // namespace parley::storage
