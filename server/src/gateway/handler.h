#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/task.h"
#include "delivery/announcement.h"
#include "gateway/http_message.h"
#include "model/session.h"

namespace parley::gateway {

class Connection;

// A socket that may be opened: for whom, and until when.
struct Admission {
  Caller caller;  // connection id not set yet
  Timestamp expires_at;
  std::string subprotocol;  // to answer with; empty when the client asked for none
  bool batch = false;       // the client takes several frames in one array
  bool away = false;        // nobody is at it
};

// Handler is what the network layer (server, HTTP, connections) hands complete requests and
// messages to. It is called on the loop the request came in on, from all loops at once.
class Handler {
 public:
  virtual ~Handler() = default;

  // Answers everything that is not a file of the web client.
  virtual Task<HttpResponse> answer(HttpRequest request) = 0;

  // Whether this path is answered by answer(); the rest are files of the web client.
  virtual bool owns(std::string_view path) const = 0;

  // The longest body that requests with this method and path may have, when it is another than
  // `max_json`; and the longest of all.
  virtual std::size_t body_limit(std::string_view method, std::string_view path) const = 0;
  virtual std::size_t longest_body() const = 0;

  // Decides about the upgrade of a request to /ws, before it happens. The request lives until then.
  virtual Task<std::expected<Admission, HttpResponse>> admit(const HttpRequest& request) = 0;

  // The socket is open and can be sent to.
  virtual void opened(Connection& connection) = 0;

  // A complete text message has come; it is valid UTF-8. `text` is only good during the call.
  virtual void received(Connection& connection, std::string_view text) = 0;

  // The connection is about to be destroyed.
  virtual void closed(Connection& connection) = 0;

  // The JSON text of an event, as this dialect sends it (without WebSocket framing).
  virtual std::string encode(const Event& event) const = 0;
};

}  // namespace parley::gateway
