#include "user/sessions.h"

#include <algorithm>

#include "user/client_description.h"

namespace parley::user {
namespace {

constexpr std::size_t kLongestUserAgent = 256;

// FEATURES S12. Somebody with a new telephone on a journey does this once.
constexpr delivery::RatePolicy kSuspicious{
    .name = "suspicious_sign_in", .count = 5, .period = std::chrono::hours{1}, .burst = 5};

}  // namespace

Sessions::Sessions(SessionStore& sessions, UserStore& users, AccessTokens& tokens, Notices& notices,
                   delivery::RateLimiter& limiter, delivery::Router& router, const Clock& clock,
                   Lifetimes lifetimes)
    : sessions_(sessions),
      users_(users),
      tokens_(tokens),
      notices_(notices),
      limiter_(limiter),
      router_(router),
      clock_(clock),
      lifetimes_(lifetimes) {}

Task<Result<SignedIn>> Sessions::open(Caller caller, UserId user,
                                      std::optional<std::string> device) {
  auto profile = co_await users_.find(user);
  if (!profile) co_return fail(Errc::user_not_found);

  std::string refresh_token = new_refresh_token();
  caller.user_agent.resize(std::min(caller.user_agent.size(), kLongestUserAgent));
  const ClientDescription client = describe_client(caller.user_agent);
  NewSession session{.user_id = user,
                     .refresh_hash = hash_of_token(refresh_token),
                     .address = caller.address,
                     .user_agent = caller.user_agent,
                     .device = std::move(device).value_or(client.device),
                     .platform = client.platform,
                     .fingerprint = fingerprint_of(client),
                     .network = network_of(caller.address),
                     .browser = caller.keeps_cookies,
                     .expires_at = clock_.now() + lifetimes_.refresh};
  Tidings tidings = Notices::tidings_of(SecurityEventKind::new_device, caller);
  const auto opened = co_await sessions_.open(std::move(session), &tidings);
  if (!opened) co_return std::unexpected(opened.error());
  ended(user, opened->ended);
  notices_.announce(user, std::move(tidings), caller);
  if (opened->new_device && opened->new_network) {
    const auto wait = co_await limiter_.take(kSuspicious, std::to_string(user.value()));
    if (wait.count() != 0) {
      (void)co_await sessions_.end(user, opened->id);
      ended(user, {opened->id});
      Error error{.code = Errc::rate_limited};
      error.retry_after = wait;
      co_return std::unexpected(std::move(error));
    }
  }

  const auto lifetime = caller.keeps_cookies ? lifetimes_.browser_access : lifetimes_.access;
  SignedIn answer{.user = std::move(*profile),
                  .access_token = {},
                  .expires_in = lifetime.count(),
                  .refresh_token = std::move(refresh_token),
                  .csrf_token = {}};
  answer.access_token = tokens_.issue({.user_id = user,
                                       .session_id = opened->id,
                                       .role = answer.user.role,
                                       .expires_at = clock_.now() + lifetime});
  co_return answer;
}

Task<std::int64_t> Sessions::end_all(UserId user, SessionId except, Tidings* tidings) {
  const auto sessions = co_await sessions_.end_all(user, except, tidings);
  ended(user, sessions);
  co_return std::ssize(sessions);
}

Task<Result<Refreshed>> Sessions::refresh(Caller caller, Refresh command) {
  if (!command.refresh_token) co_return fail(Errc::invalid_refresh_token);
  std::string next = new_refresh_token();
  Tidings tidings = Notices::tidings_of(SecurityEventKind::token_reuse, caller);
  auto rotation =
      co_await sessions_.rotate(hash_of_token(*command.refresh_token), hash_of_token(next),
                                clock_.now() + lifetimes_.refresh, caller.address, &tidings);
  if (!rotation) co_return std::unexpected(rotation.error());

  const KeptSession& session = rotation->session;
  if (rotation->reused) {
    ended(session.user_id, {session.id});
    notices_.announce(session.user_id, std::move(tidings), caller);
    co_return fail(Errc::invalid_refresh_token, "This token had been used; the sign-in was ended");
  }
  const auto lifetime = session.browser ? lifetimes_.browser_access : lifetimes_.access;
  co_return Refreshed{.access_token = tokens_.issue({.user_id = session.user_id,
                                                     .session_id = session.id,
                                                     .role = session.role,
                                                     .expires_at = clock_.now() + lifetime}),
                      .expires_in = lifetime.count(),
                      .refresh_token = std::move(next),
                      .csrf_token = {}};
}

Task<Result<Renewed>> Sessions::renew(Caller caller, Renew command) {
  const auto access = tokens_.check(command.access_token);
  if (!access) co_return std::unexpected(access.error());
  if (access->session_id != caller.session_id || access->user_id != caller.user_id)
    co_return fail(Errc::forbidden, "The token belongs to another sign-in");
  const auto left = access->expires_at - clock_.now();
  co_return Renewed{.expires_in = std::chrono::floor<std::chrono::seconds>(left).count(),
                    .renewed_until = access->expires_at};
}

Task<Result<Nothing>> Sessions::sign_out(Caller caller, Nothing) {
  // Another request may have ended it already: then there is nothing left to do.
  (void)co_await sessions_.end(caller.user_id, caller.session_id);
  ended(caller.user_id, {caller.session_id});
  co_return Nothing{};
}

Task<Result<SessionsEnded>> Sessions::sign_out_everywhere(Caller caller,
                                                          SignOutEverywhere command) {
  const bool keep = command.keep_current.value_or(false);
  Tidings tidings = Notices::tidings_of(SecurityEventKind::sessions_ended, caller);
  const std::int64_t count =
      co_await end_all(caller.user_id, keep ? caller.session_id : SessionId{}, &tidings);
  notices_.announce(caller.user_id, std::move(tidings), caller);
  co_return SessionsEnded{.ended = count};
}

Task<Result<SessionList>> Sessions::list(Caller caller, Nothing) {
  SessionList list{.sessions = co_await sessions_.list(caller.user_id)};
  for (SessionInfo& session : list.sessions) session.current = session.id == caller.session_id;
  co_return list;
}

Task<Result<Nothing>> Sessions::revoke(Caller caller, OneSession command) {
  const auto done = co_await sessions_.end(caller.user_id, command.session_id);
  if (!done) co_return std::unexpected(done.error());
  ended(caller.user_id, {command.session_id});
  co_return Nothing{};
}

Task<Result<SecurityEventPage>> Sessions::events(Caller caller, ListSecurityEvents command) {
  co_return co_await sessions_.events(caller.user_id, std::move(command.cursor),
                                      command.limit.value_or(50));
}

void Sessions::ended(UserId user, const std::vector<SessionId>& sessions) {
  const Timestamp until = clock_.now() + std::max(lifetimes_.access, lifetimes_.browser_access);
  for (const SessionId session : sessions) {
    tokens_.end(session, until);
    router_.sign_out(user, session, until);
  }
}

}  // namespace parley::user
