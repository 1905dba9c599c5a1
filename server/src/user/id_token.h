#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "user/provider_keys.h"

namespace parley::user {

// What an ID token has to say to be ours (OpenID Connect Core §3.1.3.7).
struct ExpectedToken {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  Timestamp now;
};

// Who somebody is, as their provider says.
struct ProviderIdentity {
  std::string subject;                 // theirs for ever, at this issuer
  std::optional<std::string> email{};  // only if the provider has verified it
  std::optional<std::string> name{};
  std::optional<std::string> preferred_username{};
  std::optional<std::string> locale{};
};

struct TokenFault {
  const char* why = "";      // for the log: it repeats nothing of the token
  bool unknown_key = false;  // the provider may have new keys
};

// Verifies an ID token: its form, signature (RS256 or ES256 with one of `keys`), issuer, audience,
// times (within a minute of ours) and nonce.
std::expected<ProviderIdentity, TokenFault> verify_id_token(std::string_view token,
                                                            const ProviderKeys& keys,
                                                            const ExpectedToken& expected);

}  // namespace parley::user
