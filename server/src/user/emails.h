#pragma once

#include <array>
#include <optional>
#include <string>

#include "user/password.h"
#include "user/password_guard.h"
#include "user/registration_rules.h"
#include "user/secret_store.h"
#include "user/sessions.h"
#include "user/user_store.h"

namespace parley::user {

struct LinkToken {
  std::string token;

  static constexpr std::array kLimits{Limit{"token", Limit::Of::bytes, 1, 128}};
};
BOOST_DESCRIBE_STRUCT(LinkToken, (), (token))

struct ForgotPassword {
  std::string email;

  static constexpr std::array kLimits{Limit{"email", Limit::Of::bytes, 3, 254}};
};
BOOST_DESCRIBE_STRUCT(ForgotPassword, (), (email))

struct ResetPassword {
  std::string token;
  std::string password;

  static constexpr std::array kLimits{Limit{"token", Limit::Of::bytes, 1, 128}};
};
BOOST_DESCRIBE_STRUCT(ResetPassword, (), (token, password))

struct SetEmail {
  std::string email;
  std::optional<std::string> password{};

  static constexpr std::array kLimits{Limit{"email", Limit::Of::bytes, 3, 254},
                                      Limit{"password", Limit::Of::bytes, 1, 1024}};
};
BOOST_DESCRIBE_STRUCT(SetEmail, (), (email, password))

// Emails verifies e-mail addresses (FEATURES S4) and lets people in again who forgot their
// password, by links with 256 random bits that work once.
class Emails {
 public:
  static constexpr std::chrono::hours kVerifyLifetime{48};
  static constexpr std::chrono::hours kResetLifetime{1};

  // Links begin with `public_url`; addresses are of the domains that `rules` name, if any.
  Emails(SecretStore& secrets, UserStore& users, Passwords& passwords, PasswordGuard& guard,
         Sessions& sessions, Notices& notices, delivery::Router& router, const Clock& clock,
         std::string public_url, RegistrationRules rules = {});

  // Adds a mail with a link by which the address of `user` is verified; an older one stops working.
  void add_verification(Tidings& tidings, const Profile& user) const;
  // Mails one to the caller. Refuses with validation_failed when there is nothing to verify.
  Task<Result<Nothing>> send_again(Caller caller, Nothing command);

  // Refuses with invalid_link.
  Task<Result<Nothing>> verify(Caller caller, LinkToken command);

  // Mails a link for choosing a new password to an address that somebody has verified. The answer
  // and its time are the same when nobody has.
  Task<Result<Nothing>> forgot_password(Caller caller, ForgotPassword command);

  // Sets the password and ends all sessions. Refuses with invalid_link, weak_password,
  // password_too_long, busy.
  Task<Result<Nothing>> reset_password(Caller caller, ResetPassword command);

  // The caller's address, to be verified. Who has a password must give it. Refuses with
  // invalid_credentials, email_taken, email_not_allowed, validation_failed.
  Task<Result<Profile>> set(Caller caller, SetEmail command);

 private:
  // The link that proves the secret, which becomes its hash.
  std::string make_link(std::string_view page, Secret& secret) const;

  SecretStore& secrets_;
  UserStore& users_;
  Passwords& passwords_;
  PasswordGuard& guard_;
  Sessions& sessions_;
  Notices& notices_;
  delivery::Router& router_;
  const Clock& clock_;
  const std::string public_url_;
  const RegistrationRules rules_;
};

}  // namespace parley::user
