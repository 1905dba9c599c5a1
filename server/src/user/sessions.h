#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "delivery/rate_limiter.h"
#include "delivery/router.h"
#include "model/error.h"
#include "model/limit.h"
#include "model/session.h"
#include "model/user.h"
#include "user/notices.h"
#include "user/session_store.h"
#include "user/token.h"
#include "user/user_store.h"

namespace parley::user {

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct Lifetimes {
  std::chrono::seconds access{86'400};       // FEATURES S7
  std::chrono::seconds browser_access{900};  // with a refresh cookie beside it
  std::chrono::seconds refresh{604'800};     // FEATURES S5
};

// A sign-in, in the form its client keeps it. The gateway turns the refresh
// token of a browser into a cookie and fills in the CSRF token that goes with
// it.
struct SignedIn {
  Profile user;
  std::string access_token;
  std::int64_t expires_in = 0;  // seconds
  std::optional<std::string> refresh_token;
  std::optional<std::string> csrf_token;
};
BOOST_DESCRIBE_STRUCT(SignedIn, (), (user, access_token, expires_in, refresh_token, csrf_token))

struct Refresh {
  std::optional<std::string> refresh_token;
};
BOOST_DESCRIBE_STRUCT(Refresh, (), (refresh_token))

struct Refreshed {
  std::string access_token;
  std::int64_t expires_in = 0;  // seconds
  std::optional<std::string> refresh_token;
  std::optional<std::string> csrf_token;
};
BOOST_DESCRIBE_STRUCT(Refreshed, (), (access_token, expires_in, refresh_token, csrf_token))

struct Renew {
  std::string access_token;
};
BOOST_DESCRIBE_STRUCT(Renew, (), (access_token))

struct Renewed {
  std::int64_t expires_in = 0;  // seconds
  Timestamp renewed_until;      // for the gateway, which keeps the socket open until then
};
BOOST_DESCRIBE_STRUCT(Renewed, (), (expires_in))

struct SignOutEverywhere {
  std::optional<bool> keep_current;
};
BOOST_DESCRIBE_STRUCT(SignOutEverywhere, (), (keep_current))

struct SessionsEnded {
  std::int64_t ended = 0;
};
BOOST_DESCRIBE_STRUCT(SessionsEnded, (), (ended))

struct SessionList {
  std::vector<SessionInfo> sessions;
};
BOOST_DESCRIBE_STRUCT(SessionList, (), (sessions))

struct OneSession {
  SessionId session_id;
};
BOOST_DESCRIBE_STRUCT(OneSession, (), (session_id))

struct ListSecurityEvents {
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;

  static constexpr std::array kLimits{Limit{"limit", Limit::Of::value, 1, 100}};
};
BOOST_DESCRIBE_STRUCT(ListSecurityEvents, (), (limit, cursor))

// Sessions keeps people signed in, and throws them out: every way in ends in open(), every way out
// in an end that reaches their sockets within a second.
class Sessions {
 public:
  Sessions(SessionStore& sessions, UserStore& users, AccessTokens& tokens, Notices& notices,
           delivery::RateLimiter& limiter, delivery::Router& router, const Clock& clock,
           Lifetimes lifetimes);

  // Signs `user` in; the other parts of sign-in have checked that it is them. `device` is how they
  // call what they hold in their hands. A device they never came with is told to their others.
  // Refuses with account_suspended, and with rate_limited when too many of them came in an hour
  // from networks they never came from either.
  Task<Result<SignedIn>> open(Caller caller, UserId user, std::optional<std::string> device = {});

  // Ends all sessions of `user` but `except`, and yields how many there were.
  Task<std::int64_t> end_all(UserId user, SessionId except, Tidings* tidings = nullptr);

  // Exchanges a refresh token for new tokens. Refuses with
  // invalid_refresh_token; a token used twice also ends its session at once.
  Task<Result<Refreshed>> refresh(Caller caller, Refresh command);

  // Lets a socket live on with a newer access token of the same session. Refuses like any use of
  // the token, and with forbidden when it belongs to another session.
  Task<Result<Renewed>> renew(Caller caller, Renew command);

  // Ends the caller's session: its tokens and its sockets.
  Task<Result<Nothing>> sign_out(Caller caller, Nothing command);
  Task<Result<SessionsEnded>> sign_out_everywhere(Caller caller, SignOutEverywhere command);

  Task<Result<SessionList>> list(Caller caller, Nothing command);

  // Refuses with session_not_found.
  Task<Result<Nothing>> revoke(Caller caller, OneSession command);

  // What happened to the caller's account, newest first.
  Task<Result<SecurityEventPage>> events(Caller caller, ListSecurityEvents command);

  // From now on tokens of these sessions are refused, and their sockets close.
  void ended(UserId user, const std::vector<SessionId>& sessions);

 private:
  SessionStore& sessions_;
  UserStore& users_;
  AccessTokens& tokens_;
  Notices& notices_;
  delivery::RateLimiter& limiter_;
  delivery::Router& router_;
  const Clock& clock_;
  const Lifetimes lifetimes_;
};

}  // namespace parley::user
