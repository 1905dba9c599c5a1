#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/limits.h"
#include "gateway/operations.h"
#include "model/event.h"

namespace parley::gateway {

class Connection;

// WebSocket speaks the dialect parley.v1: {"id":7,"op":"message:send","data":{…}} is answered by
// {"re":7,"data":{…}} or {"re":7,"error":{…}}; events are {"event":"message:receive","data":{…}}.
// Operations of one connection start in the order they came; replies may interleave.
class WebSocket {
 public:
  static constexpr std::string_view kSubprotocol = "parley.v1";

  WebSocket(const Api& api, const Limits& limits) : api_(api), limits_(limits) {}

  // A frame that is no request at all closes the connection (4400); a request that cannot be
  // carried out is answered.
  void received(Connection& connection, std::string_view text);

  static std::string encode(const Event& event);

 private:
  const Api& api_;
  const Limits& limits_;
};

}  // namespace parley::gateway
