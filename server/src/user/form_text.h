#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace parley::user {

// Text as application/x-www-form-urlencoded, which is good for the query of a URL as well: all but
// letters, digits and - . _ ~ as %XX.
std::string form_text(std::string_view text);
std::string form_text(
    std::initializer_list<std::pair<std::string_view, std::string_view>> names_and_values);

}  // namespace parley::user
