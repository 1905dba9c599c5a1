#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace parley::user {

// The username somebody means by what they typed: folded by NFKC and case, so that full-width
// letters and capitals are the plain ones. What is left must be 3 to 32 of a-z, 0-9, '_' and '.',
// the first a letter or digit; so letters of other scripts, and what cannot be seen, are refused.
// So are names that would be taken for the operator or for a resource beside /users/:username, and
// names that look like those. Refuses with validation_failed, naming "username".
Result<std::string> checked_username(std::string typed);

// What the eye keeps of a checked username: two names with the same skeleton look alike, so only
// one of them should be somebody's.
std::string username_skeleton(std::string_view username);

}  // namespace parley::user
