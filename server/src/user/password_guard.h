#pragma once

#include <optional>
#include <string>

#include "delivery/rate_limiter.h"
#include "user/notices.h"
#include "user/password.h"
#include "user/user_store.h"

namespace parley::user {

// PasswordGuard is the one place where a password is compared with that of an account, so that
// nobody can guess on where failures are not counted. Three from one address, or five from
// anywhere, lock the account for a while (FEATURES §0, S10), by whichever of its names it was
// tried; for names that nobody has, the answers and their time are the same.
class PasswordGuard {
 public:
  PasswordGuard(UserStore& users, Passwords& passwords, delivery::RateLimiter& limiter,
                Notices& notices)
      : users_(users), passwords_(passwords), limiter_(limiter), notices_(notices) {}

  // Whose name and password these are. Refuses with invalid_credentials, whatever of the two is
  // wrong, rate_limited, busy.
  Task<Result<UserId>> identify(const Caller& caller, std::string name, std::string password);

  // Whether this is the password of the signed-in caller, for what a stolen session must not do;
  // who has none needs none. Refuses with validation_failed naming `field` when it is left out,
  // invalid_credentials, rate_limited, busy.
  Task<Result<void>> confirm(const Caller& caller, std::optional<std::string> password,
                             std::string field);

 private:
  Task<Result<void>> compare(const Caller& caller, std::string key,
                             const std::optional<Credentials>& credentials, std::string password);

  UserStore& users_;
  Passwords& passwords_;
  delivery::RateLimiter& limiter_;
  Notices& notices_;
};

}  // namespace parley::user
