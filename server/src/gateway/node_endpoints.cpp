#include "gateway/node_endpoints.h"

#include "gateway/error_response.h"
#include "gateway/websocket.h"

namespace parley::gateway {

bool NodeEndpoints::owns(std::string_view path) const {
  return path == "/health" || path == "/ready" || path == "/metrics" || PartHealth::owns(path) ||
         InternalEndpoint::owns(path);
}

Task<HttpResponse> NodeEndpoints::answer(HttpRequest request) const {
  if (InternalEndpoint::owns(request.path)) co_return co_await internal.answer(std::move(request));
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads && PartHealth::owns(request.path)) co_return co_await health.answer(request.path);
  auto page = reads ? pages(request.path) : std::nullopt;
  if (page) co_return std::move(*page);
  if (reads || !(PartHealth::owns(request.path) || pages(request.path)))
    co_return error_response({.code = Errc::route_not_found});
  HttpResponse response = error_response({.code = Errc::method_not_allowed});
  response.headers.emplace_back("Allow", "GET, HEAD");
  co_return response;
}

Task<HttpResponse> PartHandler::answer(HttpRequest request) {
  if (!endpoints_.owns(request.path)) co_return error_response({.code = Errc::route_not_found});
  co_return co_await endpoints_.answer(std::move(request));
}

std::size_t PartHandler::body_limit(std::string_view, std::string_view path) const {
  return InternalEndpoint::owns(path) ? longest_body() : 0;
}

Task<std::expected<Admission, HttpResponse>> PartHandler::admit(const HttpRequest&) {
  co_return std::unexpected(error_response({.code = Errc::route_not_found}));
}

// No socket is ever admitted.
void PartHandler::opened(Connection&) {}
void PartHandler::received(Connection&, std::string_view) {}
void PartHandler::closed(Connection&) {}

std::string PartHandler::encode(const Event& event) const { return WebSocket::encode(event); }

}  // namespace parley::gateway
