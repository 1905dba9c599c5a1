#pragma once

#include <string>

#include "model/ids.h"

namespace parley {

// Who asks, and from where. Made by the gateway from a checked token; without a session the
// caller is a stranger who may only register or sign in.
struct Caller {
  UserId user_id;
  SessionId session_id;
  ConnectionId connection = 0;  // the socket it came by, or 0
  std::string address;          // IP address, as the proxy in front tells it
  std::string user_agent;
  bool keeps_cookies = false;  // a browser that wants its refresh token as a cookie

  bool signed_in() const { return static_cast<bool>(session_id); }
};

}  // namespace parley
