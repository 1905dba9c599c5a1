#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace parley::user {

struct SigningKey {
  std::string kid;     // what tokens call it: 1..64 of a-z, A-Z, 0-9, '-' and '_'
  std::string secret;  // at least 32 bytes; whoever knows it can be anybody
  Timestamp made_at;
};

// The keys of access tokens. The first is active: it signs, and every one checks, so that tokens
// of the key before live on when a new one is made.
class SigningKeys {
 public:
  // Throws std::invalid_argument when there is none, or one is not as SigningKey says, or two have
  // the same kid.
  explicit SigningKeys(std::vector<SigningKey> keys);

  // One fresh key.
  static SigningKeys fresh(Timestamp now);
  // The one that the operator set, by the name "config".
  static SigningKeys configured(std::string secret);
  // What print() wrote. Throws std::invalid_argument, naming the line.
  static SigningKeys parse(std::string_view text);

  // A line per key, "<kid> <made_at in seconds> <secret in base64url>"; lines beginning with # say
  // what the file is.
  std::string print() const;

  // With a new active key, and without those that no token can be of any more: which stopped
  // signing more than `token_lifetime` ago.
  SigningKeys rotated(Timestamp now, std::chrono::seconds token_lifetime) const;

  const SigningKey& active() const { return keys_.front(); }
  const std::vector<SigningKey>& all() const { return keys_; }
  // nullptr when there is no such key.
  const SigningKey* find(std::string_view kid) const;

 private:
  std::vector<SigningKey> keys_;
};

}  // namespace parley::user
