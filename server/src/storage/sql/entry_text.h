#pragma once

#include <string>
#include <string_view>

#include "model/message.h"

namespace parley::storage {

// How entries that are no messages stand in the column `content`:
//   membership   action role|- id id …       "added - 12 13", "role admin 12"
//                permissions bits id         "permissions 3 12"
//   settings     n<bytes>:<name>d<bytes>:…   "n5:Climb", absent members left out
// Permissions as bits: 1 send, 2 add members, 4 change info.
std::int64_t bits_of(const Permissions& permissions);
Permissions permissions_of(std::int64_t bits);

std::string write_membership(const Membership& membership);
std::string write_settings(const Settings& settings);

// Throw std::runtime_error when the text is not theirs.
Membership read_membership(std::string_view text);
Settings read_settings(std::string_view text);

}  // namespace parley::storage
