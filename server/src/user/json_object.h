#pragma once

#include <optional>
#include <string_view>

#include <boost/json/object.hpp>

namespace parley::user {

// The object that a text from outside is. Nothing when it is longer than `most_bytes`, deeply
// nested, or no object.
std::optional<boost::json::object> parse_object(std::string_view json, std::size_t most_bytes);

// A member that is a text.
std::optional<std::string_view> text_member(const boost::json::object& object,
                                            std::string_view name);

}  // namespace parley::user
