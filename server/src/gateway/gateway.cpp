#include "gateway/gateway.h"

#include <algorithm>
#include <vector>

#include "base/url.h"
#include "gateway/authenticate.h"
#include "gateway/connection.h"
#include "gateway/error_response.h"

namespace parley::gateway {
namespace {

constexpr std::string_view kBearerSubprotocol = "bearer.";

// What a client proposes in Sec-WebSocket-Protocol.
std::vector<std::string_view> subprotocols(const HttpRequest& request) {
  std::vector<std::string_view> names;
  for (const auto& [header, value] : request.headers) {
    if (!same_header(header, "sec-websocket-protocol")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      std::string_view name = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (name.starts_with(' ') || name.starts_with('\t')) name.remove_prefix(1);
      while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
      if (!name.empty()) names.push_back(name);
    }
  }
  return names;
}

}  // namespace

Gateway::Gateway(const Api& api, const user::AccessTokens& tokens, Limits limits,
                 const Clock& clock, std::int64_t refresh_cookie_seconds,
                 const NodeEndpoints& endpoints)
    : api_(api),
      tokens_(tokens),
      clock_(clock),
      endpoints_(endpoints),
      limits_(std::move(limits)),
      rest_(api, tokens, limits_, refresh_cookie_seconds),
      websocket_(api, limits_) {}

bool Gateway::owns(std::string_view path) const {
  return path == "/api" || path.starts_with("/api/") || endpoints_.owns(path);
}

std::size_t Gateway::body_limit(std::string_view method, std::string_view path) const {
  if (InternalEndpoint::owns(path)) return endpoints_.internal.longest_body();
  return path.starts_with(Rest::kPrefix) ? rest_.most_bytes(method, path) : 0;
}

std::size_t Gateway::longest_body() const {
  return std::max(Rest::most_bytes(), endpoints_.internal.longest_body());
}

Task<HttpResponse> Gateway::answer(HttpRequest request) {
  if (request.path.starts_with(Rest::kPrefix) &&
      (request.path.size() == Rest::kPrefix.size() || request.path[Rest::kPrefix.size()] == '/'))
    co_return co_await rest_.answer(std::move(request));

  co_return co_await endpoints_.answer(std::move(request));
}

Task<std::expected<Admission, HttpResponse>> Gateway::admit(const HttpRequest& request) {
  Admission admission;
  std::string token{bearer_token(request)};
  for (const std::string_view name : subprotocols(request)) {
    if (name == WebSocket::kSubprotocol) admission.subprotocol = name;
    if (name.starts_with(kBearerSubprotocol) && token.empty())
      token = name.substr(kBearerSubprotocol.size());
  }
  const auto query = query_pairs(request.query);
  if (!query) co_return std::unexpected(error_response({.code = Errc::malformed_request}));
  for (const auto& [name, value] : *query) {
    if (name == "access_token" && token.empty()) token = value;
    if (name == "batch") admission.batch = value == "1";
    if (name == "away") admission.away = value == "1";
  }
  if (token.empty())
    co_return std::unexpected(error_response(co_await limits_.refuse_stranger(request.address)));

  const auto access = tokens_.check(token);
  if (!access) co_return std::unexpected(error_response(access.error()));
  admission.caller.user_id = access->user_id;
  admission.caller.session_id = access->session_id;
  admission.caller.role = access->role;
  admission.caller.user_agent = request.header("user-agent");
  admission.caller.address = request.address;
  admission.caller.trace = read_traceparent(request.header("traceparent")).value_or(Trace{});
  admission.expires_at = access->expires_at;
  co_return admission;
}

void Gateway::opened(Connection& connection) {
  // The session may have ended between the handshake and here, where sign_out() finds the socket.
  if (tokens_.ended(connection.caller.session_id)) return connection.sign_out();
  connection.send(encode(Ready{.user_id = connection.caller.user_id,
                               .session_id = connection.caller.session_id,
                               .expires_at = connection.expires_at(),
                               .server_time = clock_.now()}));
}

void Gateway::received(Connection& connection, std::string_view text) {
  // On every frame (FEATURES S13): the timer ticks four times a second, and the end of a session
  // may still be on its way to this thread.
  if (connection.expires_at() <= clock_.now() || tokens_.ended(connection.caller.session_id))
    return connection.sign_out();
  websocket_.received(connection, text);
}

void Gateway::closed(Connection& connection) { api_.presence->forget(connection.connection); }

std::string Gateway::encode(const Event& event) const { return WebSocket::encode(event); }

}  // namespace parley::gateway
