#pragma once

#include <string>

namespace parley::user {

// A password for somebody who is told it once: 80 random bits in groups that can be read out. It
// passes check_password().
std::string generated_password();

}  // namespace parley::user
