#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace parley::user {

// The second factor: time-based one-time passwords (RFC 6238) as every authenticator app makes
// them, with SHA-1, 6 digits and a new one every 30 s.

// 20 random bytes, which is what RFC 4226 recommends.
std::string new_totp_secret();

// Base32 without padding (RFC 4648 §6): how people and apps are given the secret.
std::string base32(std::string_view bytes);

// What an authenticator app reads from a QR code: otpauth://totp/Parley:alice?secret=…
std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account);

// The 6 digits of one step of time, which is also the counter of RFC 4226.
std::string totp_code(std::string_view secret, std::int64_t step);

std::int64_t totp_step(Timestamp at);

// The step whose code this is: of now, or one beside it, for clocks that are a little off. Keep it
// as the `last_used_step` of the next call: a code is good once, and so is every older one. Nothing
// when the code is wrong or used; its time does not tell how nearly it was right.
std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view code,
                                          Timestamp now,
                                          std::optional<std::int64_t> last_used_step);

}  // namespace parley::user
