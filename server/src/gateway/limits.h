#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "delivery/rate_limiter.h"
#include "gateway/operations.h"
#include "gateway/rate_rules.h"
#include "model/error.h"
#include "model/session.h"

namespace parley::gateway {

// Limits says who may ask for what, and how fast. An operation has a bucket for each user, or for
// each address of strangers; operations of one policy share it. What operators have set replaces a
// policy, or gives an operation buckets of its own. What it is given lives until it has answered.
class Limits {
 public:
  explicit Limits(delivery::RateLimiter& limiter, std::span<const RateRule> rules = {});

  // The refusal of a caller who may not ask for this, or asks too fast; none when all is well.
  Task<std::optional<Error>> refuse(const Operation& operation, const Caller& caller) const;

  // The same for somebody who should have brought a token and has not: told to sign in, and
  // after that to wait.
  Task<Error> refuse_stranger(const std::string& address) const;

 private:
  // What holds for one operation: `of_its_own` is there for people and programs alike.
  struct Rule {
    delivery::RatePolicy policy;
    bool of_its_own = false;
  };

  delivery::RateLimiter& limiter_;
  std::vector<Rule> rules_;  // in the order of operations()
  delivery::RatePolicy bulk_;
  delivery::RatePolicy unauthenticated_;
};

}  // namespace parley::gateway
