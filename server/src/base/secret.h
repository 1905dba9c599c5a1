#pragma once

#include <string>
#include <string_view>

namespace parley {

// HMAC-SHA256 (RFC 2104), 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

// Compares in a time that depends on the lengths alone.
bool same_secret(std::string_view one, std::string_view other);

}  // namespace parley
