#pragma once

#include <array>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "base/task.h"
#include "delivery/router.h"
#include "model/error.h"
#include "model/limit.h"
#include "model/session.h"
#include "model/user.h"
#include "user/accounts.h"
#include "user/password.h"
#include "user/password_guard.h"
#include "user/second_factor.h"
#include "user/sessions.h"
#include "user/user_store.h"

namespace parley::user {

struct Register {
  std::string username;
  std::string password;
  std::optional<std::string> display_name{};
  std::optional<std::string> email{};
  std::optional<std::string> phone_number{};
  std::optional<std::string> invite_token{};
  std::optional<std::string> device{};    // what its owner calls what they hold in their hands
  std::optional<std::string> language{};  // BCP 47

  static constexpr std::array kLimits{
      Limit{"username", Limit::Of::characters, 3, 32},
      Limit{"displayName", Limit::Of::characters, 1, 64}, Limit{"email", Limit::Of::bytes, 3, 254},
      Limit{"device", Limit::Of::characters, 1, 64}, Limit{"language", Limit::Of::bytes, 2, 35}};
};
BOOST_DESCRIBE_STRUCT(Register, (),
                      (username, password, display_name, email, phone_number, invite_token, device,
                       language))

struct SignIn {
  std::string username;  // or e-mail address, or phone number
  std::string password;
  std::optional<std::string> second_factor_code{};  // or a recovery code
  std::optional<std::string> device{};

  static constexpr std::array kLimits{Limit{"username", Limit::Of::bytes, 1, 254},
                                      Limit{"password", Limit::Of::bytes, 1, 1024},
                                      Limit{"secondFactorCode", Limit::Of::bytes, 1, 64},
                                      Limit{"device", Limit::Of::characters, 1, 64}};
};
BOOST_DESCRIBE_STRUCT(SignIn, (), (username, password, second_factor_code, device))

// The same for somebody who is new.
struct Registered : SignedIn {
  static constexpr bool first_time = true;  // REST answers 201
};
BOOST_DESCRIBE_STRUCT(Registered, (SignedIn), ())

// What is left out stays as it is; an empty text takes away what may be missing.
struct UpdateProfile {
  std::optional<std::string> display_name{};
  std::optional<std::string> first_name{};
  std::optional<std::string> last_name{};
  std::optional<std::string> about{};
  std::optional<std::string> status_text{};
  std::optional<Timestamp> status_until{};  // with `statusText`: when it is over by itself
  std::optional<std::string> language{};    // BCP 47
  std::optional<std::string> public_key{};
  std::optional<std::string> identity_key{};

  static constexpr std::array kLimits{Limit{"displayName", Limit::Of::characters, 1, 64},
                                      Limit{"firstName", Limit::Of::characters, 0, 64},
                                      Limit{"lastName", Limit::Of::characters, 0, 64},
                                      Limit{"about", Limit::Of::characters, 0, 139},
                                      Limit{"statusText", Limit::Of::characters, 0, 80},
                                      Limit{"language", Limit::Of::bytes, 0, 35},
                                      Limit{"publicKey", Limit::Of::bytes, 0, 8192},
                                      Limit{"identityKey", Limit::Of::bytes, 0, 8192}};
};
BOOST_DESCRIBE_STRUCT(UpdateProfile, (),
                      (display_name, first_name, last_name, about, status_text, status_until,
                       language, public_key, identity_key))

struct FindUser {
  std::string username;
};
BOOST_DESCRIBE_STRUCT(FindUser, (), (username))

// The keys that somebody has published for others to encrypt to (FEATURES S21).
struct PublicKey {
  UserId user_id;
  std::string username;
  std::optional<std::string> public_key{};
  std::optional<std::string> identity_key{};
};
BOOST_DESCRIBE_STRUCT(PublicKey, (), (user_id, username, public_key, identity_key))

struct SetPassword {
  std::optional<std::string> current_password{};  // of who has one
  std::string new_password;

  static constexpr std::array kLimits{Limit{"currentPassword", Limit::Of::bytes, 1, 1024}};
};
BOOST_DESCRIBE_STRUCT(SetPassword, (), (current_password, new_password))

struct DeleteAccount {
  std::optional<std::string> password{};  // of who has one

  static constexpr std::array kLimits{Limit{"password", Limit::Of::bytes, 1, 1024}};
};
BOOST_DESCRIBE_STRUCT(DeleteAccount, (), (password))

// What people do with their account: one method per verb a user would say.
//
// register_user and sign_in are for strangers; everything else needs a signed-in caller, which the
// gateway has checked.
class Service {
 public:
  Service(UserStore& users, Accounts& accounts, Passwords& passwords, PasswordGuard& guard,
          SecondFactor& second_factor, Sessions& sessions, Notices& notices,
          delivery::Router& router);

  // Makes an account and signs in. Refuses as Accounts::make() does.
  Task<Result<Registered>> register_user(Caller caller, Register command);

  // Refuses with invalid_credentials, whatever of the two is wrong; with rate_limited after a few
  // failures (FEATURES S10), whether there is such an account or not; when both are right, with
  // second_factor_required, invalid_code or account_suspended; and with busy.
  Task<Result<SignedIn>> sign_in(Caller caller, SignIn command);

  // Sets another password and ends the caller's other sessions. Refuses with invalid_credentials,
  // weak_password, password_too_long, rate_limited, busy.
  Task<Result<Nothing>> set_password(Caller caller, SetPassword command);

  // Leaves nothing personal of the caller's account and ends its sessions; what they wrote stays
  // readable for the others, of a deleted account. Refuses with invalid_credentials, rate_limited,
  // last_admin, busy.
  Task<Result<Nothing>> delete_account(Caller caller, DeleteAccount command);

  Task<Result<Profile>> profile(Caller caller, Nothing command);
  Task<Result<Profile>> update(Caller caller, UpdateProfile command);

  // Refuses with user_not_found.
  Task<Result<User>> find(Caller caller, FindUser command);
  Task<Result<PublicKey>> public_key(Caller caller, FindUser command);

 private:
  UserStore& users_;
  Accounts& accounts_;
  Passwords& passwords_;
  PasswordGuard& guard_;
  SecondFactor& second_factor_;
  Sessions& sessions_;
  Notices& notices_;
  delivery::Router& router_;
};

}  // namespace parley::user
