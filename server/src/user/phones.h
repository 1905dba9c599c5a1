#pragma once

#include <array>
#include <optional>
#include <string>

#include "user/one_time_code.h"
#include "user/second_factor.h"
#include "user/secret_store.h"
#include "user/sessions.h"

namespace parley::user {

class Accounts;

struct RequestCode {
  std::string phone_number;
};
BOOST_DESCRIBE_STRUCT(RequestCode, (), (phone_number))

struct CodeRequested {
  std::int64_t expires_in = 0;  // seconds
  std::int64_t resend_in = 0;   // seconds until another may be asked for
};
BOOST_DESCRIBE_STRUCT(CodeRequested, (), (expires_in, resend_in))

struct VerifyCode {
  std::string phone_number;
  std::string code;
  std::optional<std::string> username{};  // for who has no account yet
  std::optional<std::string> display_name{};
  std::optional<std::string> invite_token{};
  std::optional<std::string> language{};
  std::optional<std::string> second_factor_code{};
  std::optional<std::string> device{};

  static constexpr std::array kLimits{
      Limit{"code", Limit::Of::bytes, 1, 16}, Limit{"displayName", Limit::Of::characters, 1, 64},
      Limit{"language", Limit::Of::bytes, 2, 35}, Limit{"device", Limit::Of::characters, 1, 64}};
};
BOOST_DESCRIBE_STRUCT(VerifyCode, (),
                      (phone_number, code, username, display_name, invite_token, language,
                       second_factor_code, device))

struct SetPhone {
  std::string phone_number;
  std::string code;

  static constexpr std::array kLimits{Limit{"code", Limit::Of::bytes, 1, 16}};
};
BOOST_DESCRIBE_STRUCT(SetPhone, (), (phone_number, code))

// Phones lets people in who can read what is sent to their phone number (FEATURES S3): six digits,
// good for ten minutes and five tries, and once. Only a keyed hash of them is kept.
class Phones {
 public:
  Phones(SecretStore& secrets, UserStore& users, Accounts& accounts, SecondFactor& second_factor,
         Sessions& sessions, Notices& notices, delivery::Router& router, const OneTimeCodes& codes,
         const Clock& clock);

  // Sends a code. The answer is the same whether anybody has the number. Refuses with
  // rate_limited when the last one was sent too short ago: 30 s, then twice as long each time.
  Task<Result<CodeRequested>> request(Caller caller, RequestCode command);

  // Signs in who has verified the number before; with a username, makes an account for it. Refuses
  // with invalid_code, second_factor_required, user_not_found when there is no account and no
  // username, and as registration does.
  Task<Result<SignedIn>> verify(Caller caller, VerifyCode command);

  // The number is the caller's from now on. Refuses with invalid_code, phone_taken.
  Task<Result<Profile>> set(Caller caller, SetPhone command);

 private:
  Task<Result<void>> check_code(const std::string& phone_number, const std::string& code, bool use);

  SecretStore& secrets_;
  UserStore& users_;
  Accounts& accounts_;
  SecondFactor& second_factor_;
  Sessions& sessions_;
  Notices& notices_;
  delivery::Router& router_;
  const OneTimeCodes& codes_;
  const Clock& clock_;
};

}  // namespace parley::user
