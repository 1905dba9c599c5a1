#pragma once

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/user.h"
#include "user/signing_keys.h"

namespace parley::user {

// What an access token says: who, by which sign-in, as what, until when.
struct Access {
  UserId user_id;
  SessionId session_id;
  Role role = Role::user;
  Timestamp expires_at;
};

// AccessTokens issues and checks access tokens: JWTs signed with HS256 (RFC
// 7519), and remembers which sessions were ended before their tokens expired.
// A token names its key, and is checked with that one alone. Safe to call from
// any thread.
class AccessTokens {
 public:
  AccessTokens(SigningKeys keys, const Clock& clock);
  ~AccessTokens();

  // From now on these sign and check; tokens of keys that are missing are refused.
  void set_keys(SigningKeys keys);

  std::string issue(const Access& access) const;

  // Refuses with unauthenticated (not a token of ours), token_expired or
  // token_revoked.
  Result<Access> check(std::string_view token) const;

  // From now on the session's tokens are refused. `until` is when the last of
  // them expires.
  void end(SessionId session, Timestamp until);

  bool ended(SessionId session) const;

 private:
  struct Ring;

  const Clock& clock_;
  mutable std::shared_mutex mutex_;  // guards rings_ and ended_
  // Every one there was: they are few, and whoever reads one needs no lock.
  std::vector<std::unique_ptr<const Ring>> rings_;
  std::atomic<const Ring*> ring_ = nullptr;  // the last
  std::unordered_map<SessionId, Timestamp> ended_;
};

// A refresh token: 256 random bits, as text. Only its hash is kept.
std::string new_refresh_token();
std::string hash_of_token(std::string_view token);  // SHA-256, 32 bytes

}  // namespace parley::user
