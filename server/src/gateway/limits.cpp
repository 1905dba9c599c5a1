#include "gateway/limits.h"

#include <string>

#include "gateway/rate_policies.h"
#include "model/moderation.h"

namespace parley::gateway {

std::optional<Error> refuse(const Operation& operation, const Caller& caller,
                            delivery::RateLimiter& limiter) {
  if (operation.access != Access::stranger && !caller.signed_in())
    return Error{.code = Errc::unauthenticated};
  const bool allowed = operation.access == Access::admin       ? caller.role == Role::admin
                       : operation.access == Access::moderator ? caller.may_moderate()
                                                               : true;
  // The operator at the command line is nobody: there is no account to act for.
  const bool nobody = caller.user_id == kOperator && operation.access == Access::user;
  if (!allowed || nobody) return Error{.code = Errc::forbidden};

  // What a stranger may do is limited by address, also for those who are signed in.
  const bool by_user = caller.signed_in() && operation.access != Access::stranger;
  const std::string key = by_user ? std::to_string(caller.user_id.value()) : caller.address;
  const bool bulk = caller.role == Role::bot &&
                    (&operation.policy == &kGeneralPolicy || &operation.policy == &kMessagesPolicy);
  const auto wait = limiter.take(bulk ? kBulkPolicy : operation.policy, key);
  if (wait.count() == 0) return {};
  Error error{.code = Errc::rate_limited};
  error.retry_after = wait;
  return error;
}

}  // namespace parley::gateway
