#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "model/error.h"

namespace parley::user {

BOOST_DEFINE_ENUM_CLASS(Registration, open, invite, closed)

// Who may make an account of their own accord (FEATURES A39). Operators always may.
struct RegistrationRules {
  Registration mode = Registration::open;
  // Of e-mail addresses, in lower case; with any, a new account needs an address of one of them.
  std::vector<std::string> email_domains{};

  // Refuses with registration_closed, invite_required (there is no token at all; whether one is
  // good settles UserStore::create) and email_not_allowed. `email` has been checked.
  Result<void> may_register(const std::optional<std::string>& email,
                            const std::optional<std::string>& invite_token) const;

  // Whether the address may be used here.
  bool allows_email(std::string_view email) const;

  // What UserStore::create is to use up: nothing unless an invite is asked for.
  std::optional<std::string> invite_hash(const std::optional<std::string>& invite_token) const;
};

}  // namespace parley::user
