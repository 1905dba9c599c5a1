#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "model/ids.h"

namespace parley::notification {

// UnsubscribeTokens makes and checks what stands in the links that end digests: they say who, until
// when, and that we said so (HMAC-SHA256). Such a token turns digests off and is good for nothing
// else. Safe to call from any thread.
class UnsubscribeTokens {
 public:
  static constexpr std::chrono::days kLifetime{90};

  // `key`: random bytes that all nodes share.
  UnsubscribeTokens(std::string key, const Clock& clock) : key_(std::move(key)), clock_(clock) {}

  std::string issue(UserId user) const;
  // Nothing for what is no token of ours, and for what is too old.
  std::optional<UserId> check(std::string_view token) const;

 private:
  std::string seal(std::string_view claim) const;

  const std::string key_;
  const Clock& clock_;
};

}  // namespace parley::notification
