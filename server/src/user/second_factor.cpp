#include "user/second_factor.h"

#include "user/totp.h"

namespace parley::user {
namespace {

constexpr std::size_t kRecoveryCodes = 10;

// A code has six digits: whoever may guess without end finds it in a day.
constexpr delivery::RatePolicy kWrongCodes{.name = "second_factor_failures",
                                           .count = 5,
                                           .period = std::chrono::minutes{15},
                                           .burst = 5,
                                           .fails_closed = true};

std::string bound_to(UserId user) { return "recovery " + std::to_string(user.value()); }

}  // namespace

SecondFactor::SecondFactor(FactorStore& factors, UserStore& users, PasswordGuard& guard,
                           const OneTimeCodes& codes, delivery::RateLimiter& limiter,
                           Notices& notices, const Clock& clock)
    : factors_(factors),
      users_(users),
      guard_(guard),
      codes_(codes),
      limiter_(limiter),
      notices_(notices),
      clock_(clock) {}

Task<Result<void>> SecondFactor::check(UserId user, std::optional<std::string> code) {
  const auto totp = co_await factors_.totp(user);
  if (!totp || !totp->step) co_return Result<void>{};
  if (!code) co_return fail(Errc::second_factor_required);

  const std::string key = std::to_string(user.value());
  if (const auto wait = co_await limiter_.check(kWrongCodes, key); wait.count() != 0) {
    Error error{.code = Errc::rate_limited};
    error.retry_after = wait;
    co_return std::unexpected(std::move(error));
  }
  bool right = false;
  if (const auto step = matching_step(totp->secret, *code, clock_.now(), totp->step)) {
    right = co_await factors_.use_totp_step(user, *step);
  } else {
    right = co_await factors_.use_recovery_code(
        user, codes_.hash_of_recovery_code(*code, bound_to(user)));
  }
  if (right) co_return Result<void>{};
  co_await limiter_.take(kWrongCodes, key);
  co_return fail(Errc::invalid_code);
}

Task<Result<SecondFactorBegun>> SecondFactor::begin(Caller caller, BeginSecondFactor command) {
  const auto profile = co_await users_.find(caller.user_id);
  if (!profile) co_return fail(Errc::user_not_found);
  const auto confirmed = co_await guard_.confirm(caller, std::move(command.password), "password");
  if (!confirmed) co_return std::unexpected(confirmed.error());
  const std::string secret = new_totp_secret();
  if (!co_await factors_.begin_totp(caller.user_id, secret))
    co_return fail(Errc::forbidden, "the second factor is on; turn it off first");
  co_return SecondFactorBegun{.secret = base32(secret),
                              .uri = totp_uri(secret, "Parley", profile->username)};
}

Task<Result<RecoveryCodes>> SecondFactor::confirm(Caller caller, SecondFactorCode command) {
  const auto totp = co_await factors_.totp(caller.user_id);
  const auto step =
      totp ? matching_step(totp->secret, command.code, clock_.now(), totp->step) : std::nullopt;
  if (!step) co_return fail(Errc::invalid_code);

  RecoveryCodes answer{.recovery_codes = new_recovery_codes(kRecoveryCodes)};
  std::vector<std::string> hashes;
  for (const std::string& code : answer.recovery_codes)
    hashes.push_back(codes_.hash_of_recovery_code(code, bound_to(caller.user_id)));
  Tidings tidings;
  if (!totp->step) tidings = Notices::tidings_of(SecurityEventKind::second_factor_on, caller);
  if (!co_await factors_.confirm_totp(caller.user_id, *step, std::move(hashes), &tidings))
    co_return fail(Errc::invalid_code);
  notices_.announce(caller.user_id, std::move(tidings), caller);
  co_return answer;
}

Task<Result<Nothing>> SecondFactor::remove(Caller caller, SecondFactorCode command) {
  const auto totp = co_await factors_.totp(caller.user_id);
  if (!totp || !totp->step) co_return fail(Errc::invalid_code);
  const auto right = co_await check(caller.user_id, std::move(command.code));
  if (!right) co_return std::unexpected(right.error());
  Tidings tidings = Notices::tidings_of(SecurityEventKind::second_factor_off, caller);
  co_await factors_.remove_totp(caller.user_id, &tidings);
  notices_.announce(caller.user_id, std::move(tidings), caller);
  co_return Nothing{};
}

}  // namespace parley::user
