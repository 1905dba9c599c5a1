#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "gateway/http_message.h"

namespace parley::gateway {

// Whether a request asks to become a WebSocket.
bool wants_websocket(const HttpRequest& request);

// Checks an opening handshake (RFC 6455 §4.2.1). Yields the value of Sec-WebSocket-Accept, or the
// refusal: 426 for another version, 400 for a broken one, 405 for another method than GET.
std::expected<std::string, HttpResponse> accept_handshake(const HttpRequest& request);

// What proves that a server understood the handshake (RFC 6455 §4.2.2).
std::string accept_key(std::string_view key);

// Whether a header that holds a list, as Connection does, names `token` (given in lower case).
bool lists(std::string_view header, std::string_view token);

}  // namespace parley::gateway
