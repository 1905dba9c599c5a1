#include "gateway/limits.h"

#include <algorithm>

#include "gateway/rate_policies.h"
#include "model/moderation.h"

namespace parley::gateway {
namespace {

// `policy` as the operator wants it, if they have said so.
delivery::RatePolicy configured(const delivery::RatePolicy& policy,
                                std::span<const RateRule> rules) {
  const auto rule = std::ranges::find(rules, policy.name, &RateRule::name);
  if (rule == rules.end()) return policy;
  return {.name = policy.name, .count = rule->count, .period = rule->period, .burst = rule->burst};
}

bool is_allowed(const Operation& operation, const Caller& caller) {
  switch (operation.access) {
    case Access::stranger:
      return true;
    case Access::user:
      // The operator at the command line is nobody: there is no account to act for.
      return caller.user_id != kOperator;
    case Access::moderator:
      return caller.may_moderate();
    case Access::admin:
      return caller.role == Role::admin;
  }
  return false;
}

}  // namespace

Limits::Limits(delivery::RateLimiter& limiter, std::span<const RateRule> rules)
    : limiter_(limiter),
      bulk_(configured(kBulkPolicy, rules)),
      unauthenticated_(configured(kUnauthenticatedPolicy, rules)) {
  for (const Operation& operation : operations()) {
    const delivery::RatePolicy own{.name = operation.name, .count = 0, .period = {}, .burst = 0};
    const delivery::RatePolicy set = configured(own, rules);
    const bool of_its_own = set.count != 0;
    rules_.push_back({.policy = of_its_own ? set : configured(operation.policy, rules),
                      .of_its_own = of_its_own});
  }
}

std::optional<Error> Limits::refuse(const Operation& operation, const Caller& caller) const {
  if (operation.access != Access::stranger && !caller.signed_in())
    return refuse_stranger(caller.address);
  if (!is_allowed(operation, caller)) return Error{.code = Errc::forbidden};

  // What a stranger may do is limited by address, also for those who are signed in.
  const bool by_user = caller.signed_in() && operation.access != Access::stranger;
  const Rule& rule = rules_[static_cast<std::size_t>(&operation - operations().data())];
  const bool bulk = caller.role == Role::bot && !rule.of_its_own &&
                    (&operation.policy == &kGeneralPolicy || &operation.policy == &kMessagesPolicy);
  return take(bulk ? bulk_ : rule.policy,
              by_user ? std::to_string(caller.user_id.value()) : caller.address);
}

Error Limits::refuse_stranger(const std::string& address) const {
  return take(unauthenticated_, address).value_or(Error{.code = Errc::unauthenticated});
}

std::optional<Error> Limits::take(const delivery::RatePolicy& policy,
                                  const std::string& key) const {
  const auto wait = limiter_.take(policy, key);
  if (wait.count() == 0) return {};
  Error error{.code = Errc::rate_limited};
  error.retry_after = wait;
  return error;
}

}  // namespace parley::gateway
