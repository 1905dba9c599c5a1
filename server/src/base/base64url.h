#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace parley {

// Base64 for URLs and headers, without padding (RFC 4648 §5).
std::string base64url(std::span<const unsigned char> bytes);

// The bytes, if that is how base64url() would have written them: no padding, no other character,
// no stray bits at the end.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace parley
