#pragma once

#include <string>
#include <string_view>

namespace parley::user {

// What contact sync knows a phone number (E.164) by: SHA-256 of a salt and the number, 32 bytes.
std::string phone_hash(std::string_view salt, std::string_view phone_number);

}  // namespace parley::user
