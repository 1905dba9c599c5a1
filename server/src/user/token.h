#pragma once

#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "model/error.h"
#include "model/ids.h"

namespace parley::user {

// What an access token says: who, by which sign-in, until when.
struct Access {
  UserId user_id;
  SessionId session_id;
  Timestamp expires_at;
};

// AccessTokens issues and checks access tokens: JWTs signed with HS256 (RFC
// 7519), and remembers which sessions were ended before their tokens expired.
// Safe to call from any thread.
class AccessTokens {
 public:
  // `secret` signs; at least 32 bytes. Whoever knows it can be anybody.
  AccessTokens(std::string secret, const Clock& clock);

  std::string issue(const Access& access) const;

  // Refuses with unauthenticated (not a token of ours), token_expired or
  // token_revoked.
  Result<Access> check(std::string_view token) const;

  // From now on the session's tokens are refused. `until` is when the last of
  // them expires.
  void end(SessionId session, Timestamp until);

  bool ended(SessionId session) const;

 private:
  const std::string secret_;
  const Clock& clock_;
  mutable std::shared_mutex mutex_;  // guards ended_
  std::unordered_map<SessionId, Timestamp> ended_;
};

// A refresh token: 256 random bits, as text. Only its hash is kept.
std::string new_refresh_token();
std::string hash_of_token(std::string_view token);  // SHA-256, 32 bytes

}  // namespace parley::user
