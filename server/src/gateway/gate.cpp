#include "gateway/gate.h"

#include <chrono>

#include "gateway/connection.h"
#include "gateway/error_response.h"

namespace parley::gateway {
namespace {

// Whatever a node waits for is seldom there sooner.
constexpr std::chrono::seconds kComeBack{5};

bool for_the_operator(std::string_view path) {
  return path == "/health" || path == "/ready" || path == "/metrics";
}

HttpResponse not_now() {
  return error_response({.code = Errc::unavailable, .retry_after = kComeBack});
}

}  // namespace

Task<HttpResponse> Gate::answer(HttpRequest request) {
  Handler* const handler = behind();
  if (!handler) co_return pages_(request.path).value_or(not_now());
  if (!open_ && !for_the_operator(request.path)) co_return not_now();
  co_return co_await handler->answer(std::move(request));
}

Task<std::expected<Admission, HttpResponse>> Gate::admit(const HttpRequest& request) {
  Handler* const handler = behind();
  if (!handler || !open_) co_return std::unexpected(not_now());
  co_return co_await handler->admit(request);
}

void Gate::opened(Connection& connection) {
  // It may have been shut between the handshake and here, where close_sockets() finds the socket.
  if (!open_) return connection.close(CloseCode::restarting, "restarting");
  behind()->opened(connection);
}

// Nobody gets the files of a web client that could ask for nothing.
bool Gate::owns(std::string_view path) const {
  const Handler* const handler = behind();
  return !handler || handler->owns(path);
}

std::size_t Gate::body_limit(std::string_view method, std::string_view path) const {
  const Handler* const handler = behind();
  return handler ? handler->body_limit(method, path) : 0;
}

std::size_t Gate::longest_body() const {
  const Handler* const handler = behind();
  return handler ? handler->longest_body() : 0;
}

// Connections there are only since there is a handler.
void Gate::received(Connection& connection, std::string_view text) {
  behind()->received(connection, text);
}

void Gate::closed(Connection& connection) { behind()->closed(connection); }

std::string Gate::encode(const Event& event) const { return behind()->encode(event); }

}  // namespace parley::gateway
