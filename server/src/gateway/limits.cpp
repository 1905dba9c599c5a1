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
  delivery::RatePolicy wanted = policy;
  wanted.count = rule->count;
  wanted.period = rule->period;
  wanted.burst = rule->burst;
  return wanted;
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

std::optional<Error> refusal(std::chrono::seconds wait) {
  if (wait.count() == 0) return {};
  Error error{.code = Errc::rate_limited};
  error.retry_after = wait;
  return error;
}

}  // namespace

Limits::Limits(delivery::RateLimiter& limiter, std::span<const RateRule> rules)
    : limiter_(limiter),
      bulk_(configured(kBulkPolicy, rules)),
      unauthenticated_(configured(kUnauthenticatedPolicy, rules)) {
  for (const Operation& operation : operations()) {
    const delivery::RatePolicy own{.name = operation.name,
                                   .count = 0,
                                   .period = {},
                                   .burst = 0,
                                   .fails_closed = operation.policy.fails_closed};
    const delivery::RatePolicy set = configured(own, rules);
    const bool of_its_own = set.count != 0;
    rules_.push_back({.policy = of_its_own ? set : configured(operation.policy, rules),
                      .of_its_own = of_its_own});
  }
}

Task<std::optional<Error>> Limits::refuse(const Operation& operation, const Caller& caller) const {
  if (operation.access != Access::stranger && !caller.signed_in())
    co_return co_await refuse_stranger(caller.address);
  if (!is_allowed(operation, caller)) co_return Error{.code = Errc::forbidden};

  // What a stranger may do is limited by address, also for those who are signed in.
  const bool by_user = caller.signed_in() && operation.access != Access::stranger;
  const Rule& rule = rules_[static_cast<std::size_t>(&operation - operations().data())];
  const bool bulk = caller.role == Role::bot && !rule.of_its_own &&
                    (&operation.policy == &kGeneralPolicy || &operation.policy == &kMessagesPolicy);
  const std::string key = by_user ? std::to_string(caller.user_id.value()) : caller.address;
  co_return refusal(co_await limiter_.take(bulk ? bulk_ : rule.policy, key));
}

Task<Error> Limits::refuse_stranger(const std::string& address) const {
  auto refused = refusal(co_await limiter_.take(unauthenticated_, address));
  co_return std::move(refused).value_or(Error{.code = Errc::unauthenticated});
}

}  // namespace parley::gateway
