#include "user/service.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"

namespace parley::user {
namespace {

// FEATURES §0: failed sign-ins 3 per 15 minutes for one account from one
// address; and a wider one per address, so that nobody tries many accounts.
constexpr delivery::RatePolicy kFailuresOfAccount{
    .name = "sign_in_failures", .count = 3, .period = std::chrono::minutes{15}, .burst = 3};
constexpr delivery::RatePolicy kFailuresOfAddress{.name = "sign_in_failures_by_address",
                                                  .count = 30,
                                                  .period = std::chrono::minutes{15},
                                                  .burst = 30};

constexpr std::size_t kLongestUserAgent = 256;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

Result<std::string> checked_username(std::string name) {
  // These would be taken for a resource beside /users/:username, or for the
  // operator.
  constexpr std::array<std::string_view, 7> kReserved{"profile", "search", "me",      "admin",
                                                      "system",  "parley", "contacts"};
  name = lower_ascii(std::move(name));
  const bool allowed = is_letter_or_digit(name.front()) && std::ranges::all_of(name, [](char c) {
                         return is_letter_or_digit(c) || c == '_' || c == '.';
                       });
  if (!allowed)
    return fail_field("username",
                      "letters a-z, digits, '_' and '.', beginning with a letter or digit");
  if (std::ranges::find(kReserved, name) != kReserved.end())
    return fail_field("username", "is reserved");
  return name;
}

bool looks_like_email(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && text.find('@', at + 1) == text.npos &&
         text.find('.', at) != text.npos && text.back() != '.' && text[at + 1] != '.' &&
         std::ranges::all_of(text, [](char c) {
           return c > ' ' && c < 0x7F && c != '<' && c != '>' && c != '"' && c != ',' && c != ';';
         });
}

// E.164: a plus sign and 7 to 15 digits, the first not zero.
bool is_phone_number(std::string_view text) {
  return text.size() >= 8 && text.size() <= 16 && text[0] == '+' && text[1] != '0' &&
         std::ranges::all_of(text.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Service::Service(UserStore& users, Passwords& passwords, AccessTokens& tokens,
                 delivery::RateLimiter& limiter, delivery::Router& router, const Clock& clock,
                 Lifetimes lifetimes)
    : users_(users),
      passwords_(passwords),
      tokens_(tokens),
      limiter_(limiter),
      router_(router),
      clock_(clock),
      lifetimes_(lifetimes) {}

Task<Result<Registered>> Service::register_user(Caller caller, Register command) {
  auto username = checked_username(std::move(command.username));
  if (!username) co_return std::unexpected(username.error());
  if (const auto strong = check_password(command.password); !strong)
    co_return std::unexpected(strong.error());
  if (command.email && !looks_like_email(*command.email))
    co_return fail_field("email", "is not an e-mail address");
  if (command.phone_number && !is_phone_number(*command.phone_number))
    co_return fail_field("phoneNumber", "must be in E.164 form: + and 7 to 15 digits");

  auto hash = co_await passwords_.hash(std::move(command.password));
  if (!hash) co_return std::unexpected(hash.error());

  NewUser user{.username = *username,
               .display_name = command.display_name.value_or(*username),
               .email = std::move(command.email),
               .phone_number = std::move(command.phone_number),
               .password_hash = std::move(*hash)};
  if (user.email) user.email = lower_ascii(std::move(*user.email));
  auto profile = co_await users_.create(std::move(user));
  if (!profile) co_return std::unexpected(profile.error());
  auto signed_in = co_await open_session(std::move(caller), std::move(*profile));
  if (!signed_in) co_return std::unexpected(signed_in.error());
  co_return Registered{std::move(*signed_in)};
}

Task<Result<SignedIn>> Service::sign_in(Caller caller, SignIn command) {
  const std::string name = lower_ascii(std::move(command.username));
  const std::string account_key = name + ' ' + caller.address;
  for (const auto& wait : {limiter_.check(kFailuresOfAccount, account_key),
                           limiter_.check(kFailuresOfAddress, caller.address)}) {
    if (wait.count() == 0) continue;
    Error error{.code = Errc::rate_limited};
    error.retry_after = wait;
    co_return std::unexpected(std::move(error));
  }

  auto credentials = co_await users_.credentials(name);
  const bool too_long = command.password.size() > 72;  // nobody's password
  const auto matches = co_await passwords_.matches(
      std::move(command.password),
      credentials && !too_long ? credentials->password_hash : std::string{});
  if (!matches) co_return std::unexpected(matches.error());
  if (!*matches) {
    limiter_.take(kFailuresOfAccount, account_key);
    limiter_.take(kFailuresOfAddress, caller.address);
    co_return fail(Errc::invalid_credentials);
  }

  auto profile = co_await users_.find(credentials->user_id);
  if (!profile) co_return fail(Errc::invalid_credentials);
  co_return co_await open_session(std::move(caller), std::move(*profile));
}

Task<Result<SignedIn>> Service::open_session(Caller caller, Profile user) {
  std::string refresh_token = new_refresh_token();
  NewSession session{.user_id = user.id,
                     .refresh_hash = hash_of_token(refresh_token),
                     .address = std::move(caller.address),
                     .user_agent = caller.user_agent.substr(0, kLongestUserAgent),
                     .browser = caller.keeps_cookies,
                     .expires_at = clock_.now() + lifetimes_.refresh};
  const SessionId id = co_await users_.open_session(std::move(session));

  const auto lifetime = caller.keeps_cookies ? lifetimes_.browser_access : lifetimes_.access;
  SignedIn answer{.user = std::move(user),
                  .access_token = {},
                  .expires_in = lifetime.count(),
                  .refresh_token = std::move(refresh_token),
                  .csrf_token = {}};
  answer.access_token = tokens_.issue({answer.user.id, id, Role::user, clock_.now() + lifetime});
  co_return answer;
}

Task<Result<Refreshed>> Service::refresh(Caller, Refresh command) {
  if (!command.refresh_token) co_return fail(Errc::invalid_refresh_token);
  std::string next = new_refresh_token();
  auto rotation =
      co_await users_.rotate_session(hash_of_token(*command.refresh_token), hash_of_token(next),
                                     clock_.now() + lifetimes_.refresh);
  if (!rotation) co_return std::unexpected(rotation.error());

  const KeptSession& session = rotation->session;
  if (rotation->reused) {
    end(session.user_id, session.id);
    co_return fail(Errc::invalid_refresh_token, "This token had been used; the sign-in was ended");
  }
  const auto lifetime = session.browser ? lifetimes_.browser_access : lifetimes_.access;
  co_return Refreshed{.access_token = tokens_.issue(
                          {session.user_id, session.id, Role::user, clock_.now() + lifetime}),
                      .expires_in = lifetime.count(),
                      .refresh_token = std::move(next),
                      .csrf_token = {}};
}

Task<Result<Renewed>> Service::renew(Caller caller, Renew command) {
  const auto access = tokens_.check(command.access_token);
  if (!access) co_return std::unexpected(access.error());
  if (access->session_id != caller.session_id || access->user_id != caller.user_id)
    co_return fail(Errc::forbidden, "The token belongs to another sign-in");
  const auto left = access->expires_at - clock_.now();
  co_return Renewed{.expires_in = std::chrono::floor<std::chrono::seconds>(left).count(),
                    .renewed_until = access->expires_at};
}

Task<Result<Nothing>> Service::sign_out(Caller caller, Nothing) {
  co_await users_.end_session(caller.session_id);
  end(caller.user_id, caller.session_id);
  co_return Nothing{};
}

void Service::end(UserId user, SessionId session) {
  tokens_.end(session, clock_.now() + std::max(lifetimes_.access, lifetimes_.browser_access));
  router_.sign_out(user, session);
}

Task<Result<Profile>> Service::profile(Caller caller, Nothing) {
  auto profile = co_await users_.find(caller.user_id);
  if (!profile) co_return fail(Errc::user_not_found);
  co_return std::move(*profile);
}

Task<Result<Profile>> Service::update(Caller caller, UpdateProfile command) {
  auto profile = co_await users_.update(
      caller.user_id,
      {.display_name = std::move(command.display_name), .about = std::move(command.about)});
  if (profile) router_.deliver(*profile, {caller.user_id}, caller.connection);
  co_return profile;
}

Task<Result<User>> Service::find(Caller, FindUser command) {
  auto user = co_await users_.find_by_name(lower_ascii(std::move(command.username)));
  if (!user) co_return fail(Errc::user_not_found);
  co_return std::move(*user);
}

}  // namespace parley::user
