#include "user/phones.h"

#include <algorithm>

#include "user/accounts.h"
#include "user/letters.h"
#include "user/phone_number.h"

namespace parley::user {
namespace {

std::string bound_to(const std::string& phone_number) { return "phone " + phone_number; }

Result<void> check_number(const std::string& phone_number) {
  if (is_phone_number(phone_number)) return {};
  return fail_field("phoneNumber", "must be in E.164 form: + and 7 to 15 digits");
}

std::int64_t seconds_until(Timestamp then, Timestamp now) {
  return std::chrono::ceil<std::chrono::seconds>(then - now).count();
}

}  // namespace

Phones::Phones(SecretStore& secrets, UserStore& users, Accounts& accounts,
               SecondFactor& second_factor, Sessions& sessions, Notices& notices,
               delivery::Router& router, const OneTimeCodes& codes, const Clock& clock)
    : secrets_(secrets),
      users_(users),
      accounts_(accounts),
      second_factor_(second_factor),
      sessions_(sessions),
      notices_(notices),
      router_(router),
      codes_(codes),
      clock_(clock) {}

Task<Result<CodeRequested>> Phones::request(Caller, RequestCode command) {
  if (const auto right = check_number(command.phone_number); !right)
    co_return std::unexpected(right.error());
  const std::string code = new_one_time_code();
  delivery::NewJob message =
      text_message_to(command.phone_number, "one_time_code", {{"code", code}});
  message.key = command.phone_number;  // an older code stops working
  Tidings tidings;
  tidings.letters.push_back(std::move(message));
  const auto sent = co_await secrets_.keep_code(
      {.phone_number = command.phone_number,
       .hash = codes_.hash_of_code(code, bound_to(command.phone_number))},
      &tidings);
  if (!sent) co_return std::unexpected(sent.error());
  const Timestamp now = clock_.now();
  co_return CodeRequested{.expires_in = seconds_until(sent->expires_at, now),
                          .resend_in = seconds_until(sent->resend_at, now)};
}

Task<Result<void>> Phones::check_code(const std::string& phone_number, const std::string& code,
                                      bool use) {
  if (auto right = check_number(phone_number); !right) co_return right;
  co_return co_await secrets_.check_code(phone_number,
                                         codes_.hash_of_code(code, bound_to(phone_number)), use);
}

Task<Result<SignedIn>> Phones::verify(Caller caller, VerifyCode command) {
  // Until all the rest is right, the code is only looked at: it is needed again then.
  if (const auto right = co_await check_code(command.phone_number, command.code, false); !right)
    co_return std::unexpected(right.error());

  UserId user;
  const auto owner = co_await users_.owner_of_phone(command.phone_number);
  if (owner) {
    user = owner->user_id;
    const auto passed = co_await second_factor_.check(user, std::move(command.second_factor_code));
    if (!passed) co_return std::unexpected(passed.error());
  } else if (!command.username) {
    co_return fail(Errc::user_not_found, "nobody has this number: choose a username to begin");
  } else {
    const auto made = co_await accounts_.make({.username = std::move(*command.username),
                                               .display_name = std::move(command.display_name),
                                               .phone_number = command.phone_number,
                                               .phone_verified = true,
                                               .language = std::move(command.language),
                                               .invite_token = std::move(command.invite_token),
                                               .trace = caller.trace});
    if (!made) co_return std::unexpected(made.error());
    user = made->id;
  }
  if (const auto right = co_await check_code(command.phone_number, command.code, true); !right)
    co_return std::unexpected(right.error());
  co_return co_await sessions_.open(std::move(caller), user, std::move(command.device));
}

Task<Result<Profile>> Phones::set(Caller caller, SetPhone command) {
  if (const auto right = co_await check_code(command.phone_number, command.code, true); !right)
    co_return std::unexpected(right.error());
  Tidings tidings = Notices::tidings_of(SecurityEventKind::phone_changed, caller);
  auto profile =
      co_await users_.set_phone(caller.user_id, std::move(command.phone_number), &tidings);
  if (!profile) co_return profile;
  notices_.announce(caller.user_id, std::move(tidings), caller);
  router_.deliver(*profile, {caller.user_id}, caller.connection);
  co_return profile;
}

}  // namespace parley::user
