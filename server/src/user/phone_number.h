#pragma once

#include <string_view>

namespace parley::user {

// Whether this is a number in E.164 form: a plus sign and 7 to 15 digits, the first not zero.
bool is_phone_number(std::string_view text);

}  // namespace parley::user
