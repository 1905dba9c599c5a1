#pragma once

#include <string>

#include <boost/describe.hpp>

#include "base/trace.h"
#include "model/ids.h"
#include "model/user.h"

namespace parley {

// Who asks, and from where. Made by the gateway from a checked token; without a session the
// caller is a stranger who may only register or sign in.
struct Caller {
  UserId user_id;
  SessionId session_id;
  Role role = Role::user;
  ConnectionId connection = 0;  // the socket it came by, or 0
  std::string address;          // IP address, as the proxy in front tells it
  std::string user_agent;
  bool keeps_cookies = false;  // a browser that wants its refresh token as a cookie
  Trace trace{};               // what the client or another node says this belongs to

  bool may_moderate() const { return role == Role::moderator || role == Role::admin; }
  bool signed_in() const { return static_cast<bool>(session_id); }
};

// A sign-in, as its owner sees it in the list of theirs.
struct SessionInfo {
  SessionId id;
  std::string device;    // as its client names it: "Anna's phone", or what the user agent tells
  std::string platform;  // "Android", "Windows", …; empty when unknown
  std::string user_agent;
  std::string address;  // of the last use
  Timestamp created_at;
  Timestamp last_used_at;  // when its tokens were last renewed, or it signed in
  bool current = false;    // it is the one that asks
};
BOOST_DESCRIBE_STRUCT(SessionInfo, (),
                      (id, device, platform, user_agent, address, created_at, last_used_at,
                       current))

BOOST_DEFINE_ENUM_CLASS(SecurityEventKind, new_device, many_failures, token_reuse, password_changed,
                        password_reset, second_factor_on, second_factor_off, passkey_added,
                        passkey_removed, email_changed, phone_changed, sessions_ended, role_changed,
                        suspended)

// Something about an account that its owner should know of (FEATURES S12).
struct SecurityEvent {
  SecurityEventId id;
  SecurityEventKind kind = SecurityEventKind::new_device;
  Timestamp at;
  std::string address;
  std::string user_agent;
};
BOOST_DESCRIBE_STRUCT(SecurityEvent, (), (id, kind, at, address, user_agent))

}  // namespace parley
