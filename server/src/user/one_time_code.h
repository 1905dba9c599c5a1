#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::user {

// The code of a text message: 6 decimal digits, each of the million equally likely.
std::string new_one_time_code();

// What lets somebody in who lost their second factor: 8 symbols of 5 random bits, as "k7m2-9qfx".
// The alphabet is Crockford's, in which i, l, o and u do not occur.
std::vector<std::string> new_recovery_codes(std::size_t count);

// A recovery code as it was made, but without its dash, however it was typed: in upper case, with
// spaces, with an o for the 0, with an i or l for the 1. Nothing when it cannot be one.
std::optional<std::string> normal_recovery_code(std::string_view typed);

// OneTimeCodes hashes the codes, so that they can be kept. A million codes are tried in a second;
// so the hash is an HMAC-SHA256, and whoever reads the database alone learns nothing from it.
// Safe to call from any thread.
class OneTimeCodes {
 public:
  // `key` is kept beside the database, not in it; at least 32 bytes.
  explicit OneTimeCodes(std::string key);

  // 32 bytes. `bound_to` says what the code is for and whose it is, as "sign-in +4915112345678":
  // for anything else the same code has another hash.
  std::string hash_of_code(std::string_view code, std::string_view bound_to) const;

  // Of the normal form. No code has the hash of what cannot be a recovery code.
  std::string hash_of_recovery_code(std::string_view typed, std::string_view bound_to) const;

  // Whether the code has this hash; its time does not tell how nearly.
  bool matches(std::string_view code, std::string_view bound_to, std::string_view hash) const;

 private:
  std::string hash(std::string_view kind, std::string_view code, std::string_view bound_to) const;

  const std::string key_;
};

}  // namespace parley::user
