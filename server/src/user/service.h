#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "delivery/rate_limiter.h"
#include "delivery/router.h"
#include "model/error.h"
#include "model/limit.h"
#include "model/session.h"
#include "model/user.h"
#include "user/password.h"
#include "user/token.h"
#include "user/user_store.h"

namespace parley::user {

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct Register {
  std::string username;
  std::string password;
  std::optional<std::string> display_name;
  std::optional<std::string> email;
  std::optional<std::string> phone_number;

  static constexpr std::array kLimits{Limit{"username", Limit::Of::characters, 3, 32},
                                      Limit{"displayName", Limit::Of::characters, 1, 64},
                                      Limit{"email", Limit::Of::bytes, 3, 254}};
};
BOOST_DESCRIBE_STRUCT(Register, (), (username, password, display_name, email, phone_number))

struct SignIn {
  std::string username;  // or e-mail address, or phone number
  std::string password;

  static constexpr std::array kLimits{Limit{"username", Limit::Of::bytes, 1, 254},
                                      Limit{"password", Limit::Of::bytes, 1, 1024}};
};
BOOST_DESCRIBE_STRUCT(SignIn, (), (username, password))

struct Refresh {
  std::optional<std::string> refresh_token;
};
BOOST_DESCRIBE_STRUCT(Refresh, (), (refresh_token))

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

// The same for somebody who is new.
struct Registered : SignedIn {
  static constexpr bool first_time = true;  // REST answers 201
};
BOOST_DESCRIBE_STRUCT(Registered, (SignedIn), ())

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

struct UpdateProfile {
  std::optional<std::string> display_name;
  std::optional<std::string> about;

  static constexpr std::array kLimits{Limit{"displayName", Limit::Of::characters, 1, 64},
                                      Limit{"about", Limit::Of::characters, 0, 139}};
};
BOOST_DESCRIBE_STRUCT(UpdateProfile, (), (display_name, about))

struct FindUser {
  std::string username;
};
BOOST_DESCRIBE_STRUCT(FindUser, (), (username))

struct Lifetimes {
  std::chrono::seconds access{86'400};       // FEATURES S7
  std::chrono::seconds browser_access{900};  // with a refresh cookie beside it
  std::chrono::seconds refresh{604'800};     // FEATURES S5
};

// What people do with their account: one method per verb a user would say.
//
// register_user, sign_in and refresh are for strangers; everything else needs a
// signed-in caller, which the gateway has checked.
class Service {
 public:
  Service(UserStore& users, Passwords& passwords, AccessTokens& tokens,
          delivery::RateLimiter& limiter, delivery::Router& router, const Clock& clock,
          Lifetimes lifetimes);

  // Makes an account and signs in. Refuses with username_taken, email_taken,
  // phone_taken, weak_password, password_too_long, validation_failed, busy.
  Task<Result<Registered>> register_user(Caller caller, Register command);

  // Refuses with invalid_credentials, whatever of the two is wrong, with
  // rate_limited after a few failures for one name from one address, and with
  // busy.
  Task<Result<SignedIn>> sign_in(Caller caller, SignIn command);

  // Exchanges a refresh token for new tokens. Refuses with
  // invalid_refresh_token; a token used twice also ends its session at once.
  Task<Result<Refreshed>> refresh(Caller caller, Refresh command);

  // Lets a socket live on with a newer access token of the same session. Refuses like any use of
  // the token, and with forbidden when it belongs to another session.
  Task<Result<Renewed>> renew(Caller caller, Renew command);

  // Ends the caller's session: its tokens and its sockets.
  Task<Result<Nothing>> sign_out(Caller caller, Nothing command);

  Task<Result<Profile>> profile(Caller caller, Nothing command);
  Task<Result<Profile>> update(Caller caller, UpdateProfile command);

  // Refuses with user_not_found.
  Task<Result<User>> find(Caller caller, FindUser command);

 private:
  Task<Result<SignedIn>> open_session(Caller caller, Profile user);
  void end(UserId user, SessionId session);

  UserStore& users_;
  Passwords& passwords_;
  AccessTokens& tokens_;
  delivery::RateLimiter& limiter_;
  delivery::Router& router_;
  const Clock& clock_;
  const Lifetimes lifetimes_;
};

}  // namespace parley::user
