#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "delivery/rate_limiter.h"
#include "user/factor_store.h"
#include "user/notices.h"
#include "user/one_time_code.h"
#include "user/password_guard.h"
#include "user/sessions.h"

namespace parley::user {

struct BeginSecondFactor {
  std::optional<std::string> password{};

  static constexpr std::array kLimits{Limit{"password", Limit::Of::bytes, 1, 1024}};
};
BOOST_DESCRIBE_STRUCT(BeginSecondFactor, (), (password))

struct SecondFactorBegun {
  std::string secret;  // base32, to be typed
  std::string uri;     // otpauth://, to be shown as a QR code
};
BOOST_DESCRIBE_STRUCT(SecondFactorBegun, (), (secret, uri))

struct SecondFactorCode {
  std::string code;

  static constexpr std::array kLimits{Limit{"code", Limit::Of::bytes, 1, 64}};
};
BOOST_DESCRIBE_STRUCT(SecondFactorCode, (), (code))

struct RecoveryCodes {
  std::vector<std::string> recovery_codes;  // each is good once; shown this once
};
BOOST_DESCRIBE_STRUCT(RecoveryCodes, (), (recovery_codes))

// SecondFactor asks people who want it for a code of their authenticator at sign-in (RFC 6238), or
// for one of ten recovery codes.
class SecondFactor {
 public:
  SecondFactor(FactorStore& factors, UserStore& users, PasswordGuard& guard,
               const OneTimeCodes& codes, delivery::RateLimiter& limiter, Notices& notices,
               const Clock& clock);

  // Lets a sign-in of `user` pass when they have no second factor, or this is a code of it; a code
  // is used up by that. Refuses with second_factor_required, invalid_code, rate_limited.
  Task<Result<void>> check(UserId user, std::optional<std::string> code);

  // A new secret for the caller's authenticator; nothing changes until it is confirmed. Who has a
  // password must give it. Refuses with invalid_credentials, forbidden when one is on already.
  Task<Result<SecondFactorBegun>> begin(Caller caller, BeginSecondFactor command);

  // Turns it on, or makes new recovery codes when it is on. Refuses with invalid_code.
  Task<Result<RecoveryCodes>> confirm(Caller caller, SecondFactorCode command);

  // Turns it off. Refuses with invalid_code.
  Task<Result<Nothing>> remove(Caller caller, SecondFactorCode command);

 private:
  FactorStore& factors_;
  UserStore& users_;
  PasswordGuard& guard_;
  const OneTimeCodes& codes_;
  delivery::RateLimiter& limiter_;
  Notices& notices_;
  const Clock& clock_;
};

}  // namespace parley::user
