#pragma once

#include <string>
#include <string_view>

#include "gateway/http_message.h"
#include "model/error.h"

namespace parley::gateway {

// How a refusal looks on the wire, by REST and by socket (FEATURES S101, S135):
// {"error":"ValidationError","code":"message_too_long","message":"…","fields"?:{…},"retry_after"?:60}
void write_error(std::string& out, const Error& error);

// Reads what write_error() wrote on another node. A code that is not known is of a later release,
// and is told as `internal`.
Error read_error(std::string_view body);

// The whole response: status and body, with Retry-After where there is something to wait for.
HttpResponse error_response(const Error& error);

}  // namespace parley::gateway
