#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/task.h"

namespace parley::delivery {

// How fast something may happen: `burst` at once, then `count` per `period`, evenly.
struct RatePolicy {
  std::string_view name;
  std::uint32_t count = 0;
  std::chrono::seconds period{60};
  std::uint32_t burst = 0;
  // While the limiter cannot be asked, everything else passes: this does not. For what somebody
  // could guess at, as passwords and codes.
  bool fails_closed = false;
};

// RateLimiter keeps token buckets, one per policy and key. What it is given lives until the task
// is done. Never throws. Safe to call from any loop.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;

  // Takes a token from the bucket of `key`. Yields zero when there was one, otherwise how long to
  // wait for the next; nothing is taken then.
  virtual Task<std::chrono::seconds> take(const RatePolicy& policy, std::string_view key) = 0;

  // The same answer, but takes nothing.
  virtual Task<std::chrono::seconds> check(const RatePolicy& policy, std::string_view key) = 0;
};

}  // namespace parley::delivery
