#include "user/json_object.h"

#include <boost/json/parse.hpp>

namespace parley::user {

std::optional<boost::json::object> parse_object(std::string_view json, std::size_t most_bytes) {
  if (json.size() > most_bytes) return std::nullopt;
  boost::system::error_code error;
  auto value = boost::json::parse(json, error, {}, {.max_depth = 8});
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::optional<std::string_view> text_member(const boost::json::object& object,
                                            std::string_view name) {
  const auto* const member = object.if_contains(name);
  if (!member || !member->is_string()) return std::nullopt;
  return std::string_view{member->get_string()};
}

}  // namespace parley::user
