#include "gateway/limits.h"

#include <string>

namespace parley::gateway {

std::optional<Error> refuse(const Operation& operation, const Caller& caller,
                            delivery::RateLimiter& limiter) {
  if (operation.access == Access::user && !caller.signed_in())
    return Error{.code = Errc::unauthenticated};

  // What a stranger may do is limited by address, also for those who are signed in.
  const bool by_user = caller.signed_in() && operation.access == Access::user;
  const std::string key = by_user ? std::to_string(caller.user_id.value()) : caller.address;
  const auto wait = limiter.take(operation.policy, key);
  if (wait.count() == 0) return {};
  Error error{.code = Errc::rate_limited};
  error.retry_after = wait;
  return error;
}

}  // namespace parley::gateway
