#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/http_message.h"

namespace parley::gateway {

// What every answer tells a browser to be careful about (DESIGN.md §9).
void add_security_headers(HttpResponse& response, const HttpRequest& request);

// Whether a page of the request's origin may open a socket: our own origin, one of the allow-list,
// or no browser at all.
bool origin_is_allowed(const HttpRequest& request, const std::vector<std::string>& allowed);

// CORS (WHATWG Fetch): lets pages of the allow-list, and no others, read answers.
void add_cors_headers(HttpResponse& response, const HttpRequest& request,
                      const std::vector<std::string>& allowed);

// Why two readers of a request could disagree about whom it asks, for what, or where it ends
// (RFC 9112 §3.2, §6.1); nothing when they cannot. Such a request is the stuff of smuggling.
std::optional<std::string> ambiguity_of(const HttpRequest& request);

// The answer to a preflight request; nothing when it is not one.
std::optional<HttpResponse> answer_preflight(const HttpRequest& request,
                                             const std::vector<std::string>& allowed);

}  // namespace parley::gateway
