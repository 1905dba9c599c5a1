#pragma once

#include <string>

#include "user/accounts.h"
#include "user/id_token.h"

namespace parley::user {

// The account for somebody who comes from a provider for the first time, as far as what it tells of
// them may be used here. The username is one that checked_username() lets through; it may be taken.
NewAccount account_for(const ProviderIdentity& identity);

// The username to try after `tries` others of that beginning were taken: ann, ann2, … ann9, and
// then ann with four digits by chance.
std::string next_username(const std::string& username, int tries);

}  // namespace parley::user
