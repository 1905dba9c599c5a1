#pragma once

#include <span>
#include <string>
#include <vector>

#include "delivery/rate_limiter.h"

namespace parley::gateway {

// A limit that the operator has set: `name` is a policy of rate_policies.h or an operation.
struct RateRule {
  std::string name;
  std::uint32_t count = 0;
  std::chrono::seconds period{60};
  std::uint32_t burst = 0;
};

// Reads "messages=60/1m/120": so many in so long, and so many at once (`count` unless told).
// Throws std::invalid_argument with a sentence when one cannot be read, names nothing there is, or
// is there twice.
std::vector<RateRule> read_rate_rules(std::span<const std::string> texts);

}  // namespace parley::gateway
