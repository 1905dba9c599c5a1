#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "model/error.h"
#include "model/user.h"
#include "user/account_removal.h"
#include "user/tidings.h"

namespace parley::user {

struct NewUser {
  std::string username;  // checked and in lower case
  std::string display_name;
  std::optional<std::string> email{};  // in lower case
  bool email_verified = false;
  std::optional<std::string> phone_number{};
  bool phone_verified = false;
  std::optional<std::string> language{};
  std::string password_hash;  // empty: signs in by other means
  Role role = Role::user;
  std::optional<std::string> invite_hash{};  // of the token that lets them in: it is used up
};

// What sign-in needs to know of a user.
struct Credentials {
  UserId user_id;
  std::string password_hash;  // empty: has no password
  bool second_factor = false;
};

// What is given is changed; an empty text takes an optional member away.
struct ProfileChange {
  std::optional<std::string> display_name{};
  std::optional<std::string> about{};
  std::optional<std::string> first_name{};
  std::optional<std::string> last_name{};
  std::optional<std::string> status_text{};
  std::optional<Timestamp> status_until{};  // of the status text given with it
  std::optional<std::string> language{};
  std::optional<std::string> public_key{};
  std::optional<std::string> identity_key{};
};

struct Avatar {
  MediaId id;
  std::string bytes;  // WebP
};

// UserStore keeps accounts.
//
// Every call is one transaction, which keeps the tidings of the change it makes, and what it
// reports is on disk. Throws StorageUnavailable when nothing can be stored. Safe to call from any
// loop.
class UserStore {
 public:
  virtual ~UserStore() = default;

  // Refuses with username_taken (also when another name looks the same), email_taken or
  // phone_taken. A number or address that somebody has claimed but not verified is free for who
  // has verified it. Refuses with invite_required when the invite is used up, too old or none of
  // ours.
  virtual Task<Result<Profile>> create(NewUser user, Tidings* tidings = nullptr) = 0;

  // By username, e-mail address or phone number, whatever `name` looks like.
  virtual Task<std::optional<Credentials>> credentials(std::string name) = 0;
  virtual Task<std::optional<Credentials>> credentials_of(UserId user) = 0;

  // By an address or number that has been verified.
  virtual Task<std::optional<Credentials>> owner_of_email(std::string email) = 0;
  virtual Task<std::optional<Credentials>> owner_of_phone(std::string phone_number) = 0;

  virtual Task<std::optional<Profile>> find(UserId user) = 0;
  // As `viewer` may see them; nobody when one of the two has blocked the other.
  virtual Task<std::optional<User>> find_by_name(UserId viewer, std::string username) = 0;

  // Refuses with user_not_found.
  virtual Task<Result<Profile>> update(UserId user, ProfileChange change,
                                       Tidings* tidings = nullptr) = 0;

  virtual Task<void> set_password(UserId user, std::string password_hash,
                                  Tidings* tidings = nullptr) = 0;

  // The address is to be verified. Refuses with email_taken when somebody has verified it. The
  // notice is for the old address.
  virtual Task<Result<Profile>> set_email(UserId user, std::string email,
                                          Tidings* tidings = nullptr) = 0;

  // The address of `user` is verified, and taken from whoever claims it without having done so.
  // False when it is not their address any more, or another has verified it meanwhile.
  virtual Task<bool> verify_email(UserId user, std::string email) = 0;

  // The number is verified and theirs. Refuses with phone_taken when another has verified it.
  virtual Task<Result<Profile>> set_phone(UserId user, std::string phone_number,
                                          Tidings* tidings = nullptr) = 0;

  // Gives the user a new avatar, or none.
  virtual Task<Result<Profile>> set_avatar(UserId user, std::optional<std::string> bytes,
                                           Tidings* tidings = nullptr) = 0;
  // Leaves nothing personal of an account; its direct chats and messages stay, of nobody. Refuses
  // with user_not_found, last_admin.
  virtual Task<Result<RemovedAccount>> remove(UserId user, Tidings* tidings = nullptr) = 0;

  virtual Task<std::optional<Avatar>> avatar(UserId user) = 0;
};

}  // namespace parley::user
