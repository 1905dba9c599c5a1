#pragma once

#include <optional>
#include <string>
#include <utility>

#include "user/emails.h"
#include "user/password.h"
#include "user/registration_rules.h"
#include "user/user_store.h"

namespace parley::user {

// Somebody who wants an account, by whatever way they come.
struct NewAccount {
  std::string username;  // as they typed it
  std::optional<std::string> display_name{};
  std::optional<std::string> email{};
  bool email_verified = false;
  std::optional<std::string> phone_number{};
  bool phone_verified = false;
  std::optional<std::string> language{};
  std::optional<std::string> invite_token{};
  std::optional<std::string> password{};  // none: signs in by other means
  Trace trace{};                          // of the request
};

// Accounts makes accounts: every way to get one ends here, so that the same rules hold for all.
class Accounts {
 public:
  Accounts(UserStore& users, Passwords& passwords, Emails& emails, RegistrationRules rules)
      : users_(users), passwords_(passwords), emails_(emails), rules_(std::move(rules)) {}

  // Refuses with registration_closed, invite_required, email_not_allowed, validation_failed,
  // username_taken, email_taken, phone_taken, weak_password, password_too_long, busy. Sends a mail
  // to an address that is to be verified.
  Task<Result<Profile>> make(NewAccount account);

  // Who may make one.
  Registration registration() const { return rules_.mode; }

 private:
  UserStore& users_;
  Passwords& passwords_;
  Emails& emails_;
  const RegistrationRules rules_;
};

}  // namespace parley::user
