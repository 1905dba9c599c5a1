#pragma once

#include <span>
#include <string>

namespace parley {

// Base64 for URLs and headers, without padding (RFC 4648 §5).
std::string base64url(std::span<const unsigned char> bytes);

}  // namespace parley
