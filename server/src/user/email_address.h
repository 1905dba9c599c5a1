#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace parley::user {

// An address that mail can be sent to, in lower case: local@domain.tld in ASCII, at most 64 bytes
// before the @ and 254 in all (RFC 5321). The unusual forms are refused (quotes, comments, address
// literals), and with them every character that could become part of a mail's header. Refuses with
// validation_failed, naming "email".
Result<std::string> checked_email(std::string typed);

// What stands behind the @ of a checked address.
std::string_view domain_of(std::string_view email);

}  // namespace parley::user
