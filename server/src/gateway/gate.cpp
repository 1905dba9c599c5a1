#include "gateway/gate.h"

#include "gateway/connection.h"
#include "gateway/error_response.h"

namespace parley::gateway {
namespace {

bool for_the_operator(std::string_view path) {
  return path == "/health" || path == "/ready" || path == "/metrics";
}

}  // namespace

Task<HttpResponse> Gate::answer(HttpRequest request) {
  if (!open_ && !for_the_operator(request.path))
    co_return error_response({.code = Errc::unavailable});
  co_return co_await behind_.answer(std::move(request));
}

Task<std::expected<Admission, HttpResponse>> Gate::admit(const HttpRequest& request) {
  if (!open_) co_return std::unexpected(error_response({.code = Errc::unavailable}));
  co_return co_await behind_.admit(request);
}

void Gate::opened(Connection& connection) {
  // It may have been shut between the handshake and here, where close_sockets() finds the socket.
  if (!open_) return connection.close(CloseCode::restarting, "restarting");
  behind_.opened(connection);
}

}  // namespace parley::gateway
