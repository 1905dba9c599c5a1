#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

// Decodes %XX (and '+' as a space in queries); nothing when an escape is broken (RFC 3986 §2.1).
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);

// Name and value pairs of a query string, decoded, in their order; nothing when one is broken.
std::optional<std::vector<std::pair<std::string, std::string>>> query_pairs(std::string_view query);

// The name or value of a query, so that query_pairs() finds it again, whatever bytes it has.
std::string percent_encoded(std::string_view text);

}  // namespace parley
