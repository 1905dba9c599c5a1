#include "gateway/browser_session.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include "base/base64url.h"
#include "base/secret.h"

namespace parley::gateway {
namespace {

constexpr std::string_view kRefreshCookie = "parley_refresh";
constexpr std::string_view kCsrfCookie = "parley_csrf";

void add_cookie(HttpResponse& response, std::string_view name, std::string_view value,
                std::string_view attributes, std::int64_t max_age, bool secure) {
  response.headers.emplace_back(
      "Set-Cookie", fmt::format("{}={}; Max-Age={}; SameSite=Strict; {}{}", name, value, max_age,
                                attributes, secure ? "; Secure" : ""));
}

}  // namespace

std::string csrf_token_of(std::string_view refresh_token) {
  const std::string text = fmt::format("csrf:{}", refresh_token);
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash);
  return base64url(hash);
}

std::optional<std::string> refresh_cookie_of(const HttpRequest& request) {
  std::string_view rest = request.header("cookie");
  while (!rest.empty()) {
    const auto end = rest.find(';');
    std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == kRefreshCookie)
      return std::string{pair.substr(equals + 1)};
  }
  return {};
}

bool has_csrf_token(const HttpRequest& request, std::string_view refresh_token) {
  return same_secret(request.header("x-csrf-token"), csrf_token_of(refresh_token));
}

void set_cookies(HttpResponse& response, const std::string& refresh_token, std::int64_t max_age,
                 bool secure) {
  add_cookie(response, kRefreshCookie, refresh_token, "HttpOnly; Path=/api/v1/auth", max_age,
             secure);
  add_cookie(response, kCsrfCookie, csrf_token_of(refresh_token), "Path=/", max_age, secure);
}

void clear_cookies(HttpResponse& response, bool secure) {
  add_cookie(response, kRefreshCookie, "", "HttpOnly; Path=/api/v1/auth", 0, secure);
  add_cookie(response, kCsrfCookie, "", "Path=/", 0, secure);
}

}  // namespace parley::gateway
