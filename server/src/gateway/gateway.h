#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "chat/presence.h"
#include "delivery/router.h"
#include "gateway/handler.h"
#include "gateway/node_endpoints.h"
#include "gateway/operations.h"
#include "gateway/rest.h"
#include "gateway/websocket.h"
#include "user/token.h"

namespace parley::gateway {

// Gateway answers what the network layer hands it: REST, sockets, and what every node answers.
class Gateway final : public Handler {
 public:
  Gateway(const Api& api, const user::AccessTokens& tokens, Limits limits, const Clock& clock,
          std::int64_t refresh_cookie_seconds, const NodeEndpoints& endpoints);

  Task<HttpResponse> answer(HttpRequest request) override;
  bool owns(std::string_view path) const override;
  std::size_t body_limit(std::string_view method, std::string_view path) const override;
  std::size_t longest_body() const override;
  Task<std::expected<Admission, HttpResponse>> admit(const HttpRequest& request) override;
  void opened(Connection& connection) override;
  void received(Connection& connection, std::string_view text) override;
  void closed(Connection& connection) override;
  std::string encode(const Event& event) const override;

 private:
  const Api& api_;
  const user::AccessTokens& tokens_;
  const Clock& clock_;
  const NodeEndpoints& endpoints_;
  const Limits limits_;
  Rest rest_;
  WebSocket websocket_;
};

}  // namespace parley::gateway
