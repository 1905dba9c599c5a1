#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley {

// Two lower-case digits for every byte.
std::string to_hex(std::string_view bytes);

// The bytes of `digits`, in either case; nothing when it is no pairs of hex digits.
std::optional<std::string> from_hex(std::string_view digits);

}  // namespace parley
