#include "user/service.h"

#include <array>
#include <string_view>

#include "base/ascii.h"

namespace parley::user {
namespace {

using delivery::RatePolicy;
using std::chrono::minutes;

// FEATURES §0: failed sign-ins 3 per 15 minutes for one account from one address; and a wider one
// per address, so that nobody tries many accounts.
constexpr RatePolicy kFailuresFromAddress{
    .name = "sign_in_failures", .count = 3, .period = minutes{15}, .burst = 3};
constexpr RatePolicy kFailuresOfAddress{
    .name = "sign_in_failures_by_address", .count = 30, .period = minutes{15}, .burst = 30};
// FEATURES S10: 5 failures for an account, from wherever, lock it for 15 minutes. The name counts
// and not the account, so the answer is the same for names that nobody has.
constexpr RatePolicy kFailuresOfAccount{
    .name = "sign_in_failures_by_account", .count = 5, .period = minutes{15}, .burst = 5};
constexpr RatePolicy kLockout{.name = "lockout", .count = 1, .period = minutes{15}, .burst = 1};

std::unexpected<Error> too_fast(std::chrono::seconds wait) {
  Error error{.code = Errc::rate_limited};
  error.retry_after = wait;
  return std::unexpected(std::move(error));
}

}  // namespace

Service::Service(UserStore& users, Accounts& accounts, Passwords& passwords,
                 SecondFactor& second_factor, Sessions& sessions, Notices& notices,
                 delivery::RateLimiter& limiter, delivery::Router& router)
    : users_(users),
      accounts_(accounts),
      passwords_(passwords),
      second_factor_(second_factor),
      sessions_(sessions),
      notices_(notices),
      limiter_(limiter),
      router_(router) {}

Task<Result<Registered>> Service::register_user(Caller caller, Register command) {
  const auto made = co_await accounts_.make({.username = std::move(command.username),
                                             .display_name = std::move(command.display_name),
                                             .email = std::move(command.email),
                                             .phone_number = std::move(command.phone_number),
                                             .language = std::move(command.language),
                                             .invite_token = std::move(command.invite_token),
                                             .password = std::move(command.password)});
  if (!made) co_return std::unexpected(made.error());
  auto signed_in = co_await sessions_.open(std::move(caller), made->id, std::move(command.device));
  if (!signed_in) co_return std::unexpected(signed_in.error());
  co_return Registered{std::move(*signed_in)};
}

Result<void> Service::check_lockout(const std::string& name, const std::string& address) {
  for (const auto& wait :
       {limiter_.check(kLockout, name), limiter_.check(kFailuresFromAddress, name + ' ' + address),
        limiter_.check(kFailuresOfAddress, address)}) {
    if (wait.count() != 0) return too_fast(wait);
  }
  return {};
}

Task<void> Service::count_failure(const std::string& name, const Caller& caller,
                                  std::optional<UserId> user) {
  limiter_.take(kFailuresFromAddress, name + ' ' + caller.address);
  limiter_.take(kFailuresOfAddress, caller.address);
  limiter_.take(kFailuresOfAccount, name);
  if (limiter_.check(kFailuresOfAccount, name).count() == 0) co_return;
  limiter_.take(kLockout, name);
  if (user) co_await notices_.tell(*user, SecurityEventKind::many_failures, caller);
}

Task<Result<SignedIn>> Service::sign_in(Caller caller, SignIn command) {
  const std::string name = lower_ascii(std::move(command.username));
  if (const auto may = check_lockout(name, caller.address); !may)
    co_return std::unexpected(may.error());

  const auto credentials = co_await users_.credentials(name);
  const bool too_long = command.password.size() > 72;  // nobody's password
  const auto matches = co_await passwords_.matches(
      std::move(command.password),
      credentials && !too_long ? credentials->password_hash : std::string{});
  if (!matches) co_return std::unexpected(matches.error());
  if (!*matches) {
    co_await count_failure(name, caller,
                           credentials ? std::optional{credentials->user_id} : std::nullopt);
    co_return fail(Errc::invalid_credentials);
  }

  const auto passed =
      co_await second_factor_.check(credentials->user_id, std::move(command.second_factor_code));
  if (!passed) co_return std::unexpected(passed.error());
  co_return co_await sessions_.open(std::move(caller), credentials->user_id,
                                    std::move(command.device));
}

Task<Result<void>> Service::confirm(const Caller& caller, const Profile& profile,
                                    std::optional<std::string> password, std::string field) {
  const auto credentials = co_await users_.credentials_of(profile.id);
  if (!credentials) co_return fail(Errc::user_not_found);
  if (credentials->password_hash.empty()) co_return Result<void>{};
  if (!password) co_return fail_field(std::move(field), "is needed for this");
  if (auto may = check_lockout(profile.username, caller.address); !may) co_return may;
  const auto right = co_await passwords_.matches(std::move(*password), credentials->password_hash);
  if (!right) co_return std::unexpected(right.error());
  if (*right) co_return Result<void>{};
  co_await count_failure(profile.username, caller, profile.id);
  co_return fail(Errc::invalid_credentials);
}

Task<Result<Nothing>> Service::set_password(Caller caller, SetPassword command) {
  const auto profile = co_await users_.find(caller.user_id);
  if (!profile) co_return fail(Errc::user_not_found);
  const auto confirmed =
      co_await confirm(caller, *profile, std::move(command.current_password), "currentPassword");
  if (!confirmed) co_return std::unexpected(confirmed.error());
  const std::array<std::string, 3> about{profile->username, profile->display_name,
                                         profile->email.value_or("")};
  if (const auto strong = check_password(command.new_password, "newPassword", about); !strong)
    co_return std::unexpected(strong.error());
  auto hash = co_await passwords_.hash(std::move(command.new_password));
  if (!hash) co_return std::unexpected(hash.error());
  co_await users_.set_password(caller.user_id, std::move(*hash));
  co_await sessions_.end_all(caller.user_id, caller.session_id);
  co_await notices_.tell(caller.user_id, SecurityEventKind::password_changed, caller);
  co_return Nothing{};
}

Task<Result<Nothing>> Service::delete_account(Caller caller, DeleteAccount command) {
  const auto profile = co_await users_.find(caller.user_id);
  if (!profile) co_return fail(Errc::user_not_found);
  const auto confirmed =
      co_await confirm(caller, *profile, std::move(command.password), "password");
  if (!confirmed) co_return std::unexpected(confirmed.error());
  auto removed = co_await users_.remove(caller.user_id);
  if (!removed) co_return std::unexpected(removed.error());
  sessions_.ended(caller.user_id, removed->sessions);
  for (auto& departure : removed->departures)
    router_.deliver(std::move(departure.event), std::move(departure.recipients));
  co_return Nothing{};
}

Task<Result<Profile>> Service::profile(Caller caller, Nothing) {
  auto profile = co_await users_.find(caller.user_id);
  if (!profile) co_return fail(Errc::user_not_found);
  co_return std::move(*profile);
}

Task<Result<Profile>> Service::update(Caller caller, UpdateProfile command) {
  if (command.status_until && !command.status_text)
    co_return fail_field("statusUntil", "goes with a `statusText`");
  auto profile =
      co_await users_.update(caller.user_id, {.display_name = std::move(command.display_name),
                                              .about = std::move(command.about),
                                              .first_name = std::move(command.first_name),
                                              .last_name = std::move(command.last_name),
                                              .status_text = std::move(command.status_text),
                                              .status_until = command.status_until,
                                              .language = std::move(command.language),
                                              .public_key = std::move(command.public_key),
                                              .identity_key = std::move(command.identity_key)});
  if (profile) router_.deliver(*profile, {caller.user_id}, caller.connection);
  co_return profile;
}

Task<Result<User>> Service::find(Caller caller, FindUser command) {
  auto user =
      co_await users_.find_by_name(caller.user_id, lower_ascii(std::move(command.username)));
  if (!user) co_return fail(Errc::user_not_found);
  co_return std::move(*user);
}

Task<Result<PublicKey>> Service::public_key(Caller caller, FindUser command) {
  const auto found = co_await find(std::move(caller), std::move(command));
  if (!found) co_return std::unexpected(found.error());
  const auto profile = co_await users_.find(found->id);
  if (!profile) co_return fail(Errc::user_not_found);
  co_return PublicKey{.user_id = profile->id,
                      .username = profile->username,
                      .public_key = profile->public_key,
                      .identity_key = profile->identity_key};
}

}  // namespace parley::user
