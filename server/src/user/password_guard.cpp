#include "user/password_guard.h"

#include <utility>

#include "base/ascii.h"

namespace parley::user {
namespace {

using delivery::RatePolicy;
using std::chrono::minutes;

// FEATURES §0: failed sign-ins 3 per 15 minutes for one account from one address; and a wider one
// per address, so that nobody tries many accounts.
constexpr RatePolicy kFailuresFromAddress{.name = "sign_in_failures",
                                          .count = 3,
                                          .period = minutes{15},
                                          .burst = 3,
                                          .fails_closed = true};
constexpr RatePolicy kFailuresOfAddress{.name = "sign_in_failures_by_address",
                                        .count = 30,
                                        .period = minutes{15},
                                        .burst = 30,
                                        .fails_closed = true};
// FEATURES S10: 5 failures for an account, from wherever, lock it for 15 minutes.
constexpr RatePolicy kFailuresOfAccount{.name = "sign_in_failures_by_account",
                                        .count = 5,
                                        .period = minutes{15},
                                        .burst = 5,
                                        .fails_closed = true};
constexpr RatePolicy kLockout{
    .name = "lockout", .count = 1, .period = minutes{15}, .burst = 1, .fails_closed = true};

constexpr std::size_t kLongestPassword = 72;  // bcrypt ignores what comes after

}  // namespace

Task<Result<UserId>> PasswordGuard::identify(const Caller& caller, std::string name,
                                             std::string password) {
  name = lower_ascii(std::move(name));
  const auto credentials = co_await users_.credentials(name);
  // A space stands in no name, so none passes for the key of an account.
  std::string key =
      credentials ? "user " + std::to_string(credentials->user_id.value()) : std::move(name);
  const auto right = co_await compare(caller, std::move(key), credentials, std::move(password));
  if (!right) co_return std::unexpected(right.error());
  co_return credentials->user_id;
}

Task<Result<void>> PasswordGuard::confirm(const Caller& caller, std::optional<std::string> password,
                                          std::string field) {
  const auto credentials = co_await users_.credentials_of(caller.user_id);
  if (!credentials) co_return fail(Errc::user_not_found);
  if (credentials->password_hash.empty()) co_return Result<void>{};
  if (!password) co_return fail_field(std::move(field), "is needed for this");
  co_return co_await compare(caller, "user " + std::to_string(caller.user_id.value()), credentials,
                             std::move(*password));
}

Task<Result<void>> PasswordGuard::compare(const Caller& caller, std::string key,
                                          const std::optional<Credentials>& credentials,
                                          std::string password) {
  const std::string from_address = key + ' ' + caller.address;
  const std::pair<const RatePolicy&, std::string_view> asked[] = {
      {kLockout, key}, {kFailuresFromAddress, from_address}, {kFailuresOfAddress, caller.address}};
  for (const auto& [policy, whose] : asked) {
    const auto wait = co_await limiter_.check(policy, whose);
    if (wait.count() == 0) continue;
    Error error{.code = Errc::rate_limited};
    error.retry_after = wait;
    co_return std::unexpected(std::move(error));
  }

  const bool too_long = password.size() > kLongestPassword;  // nobody's password
  const auto right = co_await passwords_.matches(
      std::move(password), credentials && !too_long ? credentials->password_hash : std::string{});
  if (!right) co_return std::unexpected(right.error());
  if (*right) co_return Result<void>{};

  co_await limiter_.take(kFailuresFromAddress, from_address);
  co_await limiter_.take(kFailuresOfAddress, caller.address);
  co_await limiter_.take(kFailuresOfAccount, key);
  const auto left = co_await limiter_.check(kFailuresOfAccount, key);
  if (left.count() != 0) {
    co_await limiter_.take(kLockout, key);
    if (credentials)
      co_await notices_.tell(credentials->user_id, SecurityEventKind::many_failures, caller);
  }
  co_return fail(Errc::invalid_credentials);
}

}  // namespace parley::user
