#include "gateway/http_headers.h"

#include <algorithm>
#include <string_view>

namespace parley::gateway {
namespace {

bool is_listed(std::string_view origin, const std::vector<std::string>& allowed) {
  return std::ranges::find(allowed, origin) != allowed.end();
}

}  // namespace

void add_security_headers(HttpResponse& response, const HttpRequest& request) {
  response.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
      "media-src 'self' blob:; font-src 'self'; connect-src 'self' ws: wss:; object-src 'none'; "
      "base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  if (request.secure)
    response.headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
}

bool origin_is_allowed(const HttpRequest& request, const std::vector<std::string>& allowed) {
  const std::string_view origin = request.header("origin");
  if (origin.empty() || is_listed(origin, allowed)) return true;
  const auto scheme_end = origin.find("://");
  return scheme_end != std::string_view::npos &&
         origin.substr(scheme_end + 3) == request.header("host");
}

void add_cors_headers(HttpResponse& response, const HttpRequest& request,
                      const std::vector<std::string>& allowed) {
  if (allowed.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = request.header("origin");
  if (!is_listed(origin, allowed)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", std::string{origin});
  response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  response.headers.emplace_back("Access-Control-Expose-Headers", "Retry-After");
}

std::optional<std::string> ambiguity_of(const HttpRequest& request) {
  std::size_t hosts = 0;
  std::size_t codings = 0;
  for (const auto& [name, value] : request.headers) {
    if (same_header(name, "host")) ++hosts;
    if (!same_header(name, "transfer-encoding")) continue;
    ++codings;
    if (!same_header(value, "chunked")) return "Transfer-Encoding may only be chunked";
  }
  if (codings > 1) return "Transfer-Encoding is there twice";
  if (codings == 1 && request.version < 11) return "HTTP/1.0 has no Transfer-Encoding";
  if (hosts > 1 || (hosts == 0 && request.version >= 11)) return "Host must be there once";
  if (!request.path.starts_with('/')) return "the path must begin with /";
  return {};
}

std::optional<HttpResponse> answer_preflight(const HttpRequest& request,
                                             const std::vector<std::string>& allowed) {
  if (request.method != "OPTIONS" || request.header("access-control-request-method").empty())
    return {};
  HttpResponse response{.status = 204, .body = {}, .headers = {}};
  if (is_listed(request.header("origin"), allowed)) {
    response.headers = {{"Access-Control-Allow-Methods", "GET, POST, PUT, DELETE"},
                        {"Access-Control-Allow-Headers",
                         "Authorization, Content-Type, X-CSRF-Token, Parley-Session"},
                        {"Access-Control-Max-Age", "600"}};
  }
  return response;
}

}  // namespace parley::gateway
