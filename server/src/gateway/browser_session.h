#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http_message.h"

namespace parley::gateway {

// How a browser keeps its sign-in (DESIGN.md §9): the refresh token in a cookie that no script
// can read, and beside it a CSRF token that only a page of this origin can read and send back.

// The CSRF token that belongs to a refresh token. It cannot be made without knowing that token.
std::string csrf_token_of(std::string_view refresh_token);

// The refresh token in the request's cookies, or none.
std::optional<std::string> refresh_cookie_of(const HttpRequest& request);

// Whether the request's X-CSRF-Token belongs to `refresh_token`.
bool has_csrf_token(const HttpRequest& request, std::string_view refresh_token);

// Sets both cookies, for as long as the refresh token lives.
void set_cookies(HttpResponse& response, const std::string& refresh_token, std::int64_t max_age,
                 bool secure);

// Takes both cookies away.
void clear_cookies(HttpResponse& response, bool secure);

}  // namespace parley::gateway
