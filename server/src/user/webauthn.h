#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace parley::user {

// Passkeys: the two ceremonies of W3C Web Authentication, level 2, as far as they are the server's.
// All strings are bytes, not base64url. Whatever is not as it should be is refused with
// invalid_passkey, and the detail says what. The user must have been verified by the passkey
// itself, so one is as good as a password and a second factor.

// Who we are to a passkey.
struct RelyingParty {
  std::string id;                    // "chat.example.org"
  std::vector<std::string> origins;  // "https://chat.example.org"
};

// 32 random bytes; for one ceremony, and not for long.
std::string new_challenge();

// The challenge that a browser says it answers, from its client data, as bytes; nothing when there
// is none. For finding the one that was given out: the verification compares it.
std::optional<std::string> challenge_of(std::string_view client_data_json);

struct RegisteredPasskey {
  std::string credential_id;  // at most 1023 bytes; unique among all users (the store's business)
  std::string public_key;     // COSE_Key, as the passkey wrote it
  std::uint32_t sign_count = 0;
  std::string aaguid;  // 16 bytes: the make of the authenticator, all zero when it keeps it secret
};

// Verifies a registration (§7.1). The attestation may have any format, but only "none" is asked
// for, and the others, self attestation included, are not verified: who made the authenticator
// remains its own claim.
Result<RegisteredPasskey> verify_registration(const RelyingParty& party, std::string_view challenge,
                                              std::string_view client_data_json,
                                              std::string_view attestation_object);

struct Assertion {
  std::string client_data_json;
  std::string authenticator_data;
  std::string signature;
};

// Verifies a sign-in (§7.2) with the passkey that was registered with `public_key`, and answers
// with its new sign count, to be kept. A count that does not grow belongs to a copy and is refused;
// many passkeys do not count, and stay at 0.
Result<std::uint32_t> verify_assertion(const RelyingParty& party, std::string_view challenge,
                                       std::string_view public_key, std::uint32_t sign_count,
                                       const Assertion& assertion);

}  // namespace parley::user
