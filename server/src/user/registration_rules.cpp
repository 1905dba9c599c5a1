#include "user/registration_rules.h"

#include <algorithm>

#include "user/email_address.h"
#include "user/token.h"

namespace parley::user {

Result<void> RegistrationRules::may_register(const std::optional<std::string>& email,
                                             const std::optional<std::string>& invite_token) const {
  if (mode == Registration::closed) return fail(Errc::registration_closed);
  if (mode == Registration::invite && !invite_token) return fail(Errc::invite_required);
  if (!email_domains.empty() && !(email && allows_email(*email)))
    return fail_field("email", "an address of this organisation is needed",
                      Errc::email_not_allowed);
  return {};
}

bool RegistrationRules::allows_email(std::string_view email) const {
  return email_domains.empty() ||
         std::ranges::find(email_domains, domain_of(email)) != email_domains.end();
}

std::optional<std::string> RegistrationRules::invite_hash(
    const std::optional<std::string>& invite_token) const {
  if (mode != Registration::invite || !invite_token) return std::nullopt;
  return hash_of_token(*invite_token);
}

}  // namespace parley::user
