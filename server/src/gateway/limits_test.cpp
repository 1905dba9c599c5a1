#include "gateway/limits.h"

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "user/fakes_for_test.h"

namespace parley::gateway {
namespace {

using namespace std::chrono_literals;

class LimitsTest : public testing::Test {
 protected:
  static Caller somebody(std::uint64_t id, Role role = Role::user) {
    Caller caller = stranger();
    caller.user_id = UserId{id};
    caller.session_id = SessionId{id};
    caller.role = role;
    return caller;
  }
  static Caller stranger() {
    Caller caller;
    caller.address = "192.0.2.1";
    return caller;
  }
  static Errc refusal(const Limits& limits, std::string_view operation, const Caller& caller) {
    const auto error = await(limits.refuse(*find_operation(operation), caller));
    return error ? error->code : kAllowed;
  }
  // How often it is allowed before it is refused.
  static int allowed(const Limits& limits, std::string_view operation, const Caller& caller) {
    int times = 0;
    while (times < 10'000 && refusal(limits, operation, caller) == kAllowed) ++times;
    EXPECT_EQ(refusal(limits, operation, caller), Errc::rate_limited);
    return times;
  }
  std::uint32_t taken(const std::string& policy, const std::string& key) {
    return limiter.taken[{policy, key}];
  }

  static constexpr Errc kAllowed = Errc::internal;
  user::FakeRateLimiter limiter;
};

TEST_F(LimitsTest, EveryUserHasABucketPerPolicy) {
  const Limits limits{limiter};
  EXPECT_EQ(allowed(limits, "user:profile", somebody(7)), 100);
  EXPECT_EQ(refusal(limits, "chat:list", somebody(7)), Errc::rate_limited);
  EXPECT_EQ(refusal(limits, "user:profile", somebody(8)), kAllowed);
  EXPECT_EQ(allowed(limits, "message:send", somebody(7)), 60);
}

TEST_F(LimitsTest, ProgramsHaveABucketOfTheirOwn) {
  const Limits limits{limiter};
  EXPECT_EQ(allowed(limits, "user:profile", somebody(7, Role::bot)), 2400);
  EXPECT_EQ(refusal(limits, "message:send", somebody(7, Role::bot)), Errc::rate_limited);
}

TEST_F(LimitsTest, StrangersShareOnePerAddress) {
  const Limits limits{limiter};
  EXPECT_EQ(allowed(limits, "auth:register", stranger()), 5);
  EXPECT_EQ(refusal(limits, "auth:register", somebody(7)), Errc::rate_limited);
  Caller elsewhere = stranger();
  elsewhere.address = "192.0.2.2";
  EXPECT_EQ(refusal(limits, "auth:register", elsewhere), kAllowed);
}

TEST_F(LimitsTest, WhoBringsNoTokenIsToldToSignInAndThenToWait) {
  const Limits limits{limiter};
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(refusal(limits, "user:profile", stranger()), Errc::unauthenticated);
  EXPECT_EQ(refusal(limits, "user:profile", stranger()), Errc::rate_limited);
  EXPECT_EQ(await(limits.refuse_stranger("192.0.2.1")).code, Errc::rate_limited);
  EXPECT_EQ(await(limits.refuse_stranger("192.0.2.2")).code, Errc::unauthenticated);
  EXPECT_EQ(refusal(limits, "user:profile", somebody(7)), kAllowed);
  EXPECT_EQ(refusal(limits, "auth:login", stranger()), kAllowed);
}

TEST_F(LimitsTest, WhatIsSetReplacesAPolicyOrGivesAnOperationItsOwn) {
  const std::vector<std::string> texts{"general=3/1m", "bulk=4/1m", "unauthenticated=1/1m",
                                       "chat:list=2/10s/5"};
  const Limits limits{limiter, read_rate_rules(texts)};
  EXPECT_EQ(allowed(limits, "user:profile", somebody(7)), 3);
  EXPECT_EQ(allowed(limits, "chat:list", somebody(7)), 5);
  EXPECT_EQ(await(limits.refuse(*find_operation("chat:list"), somebody(7)))->retry_after, 10s);
  EXPECT_EQ(allowed(limits, "chat:list", somebody(8, Role::bot)), 5);
  EXPECT_EQ(allowed(limits, "user:profile", somebody(8, Role::bot)), 4);
  EXPECT_EQ(allowed(limits, "message:send", somebody(7)), 60);
  EXPECT_EQ(refusal(limits, "user:profile", stranger()), Errc::unauthenticated);
  EXPECT_EQ(refusal(limits, "user:profile", stranger()), Errc::rate_limited);
}

TEST_F(LimitsTest, RolesOpenWhatIsTheirsAndARefusalTakesNothing) {
  const Limits limits{limiter};
  for (const Role role : {Role::user, Role::bot})
    for (const auto* operation : {"admin:user-list", "admin:set-role"})
      EXPECT_EQ(refusal(limits, operation, somebody(7, role)), Errc::forbidden);
  EXPECT_EQ(refusal(limits, "admin:user-list", somebody(7, Role::moderator)), kAllowed);
  EXPECT_EQ(refusal(limits, "admin:set-role", somebody(7, Role::moderator)), Errc::forbidden);
  EXPECT_EQ(refusal(limits, "admin:set-role", somebody(7, Role::admin)), kAllowed);
  EXPECT_EQ(taken("general", "7"), 2u);
}

TEST_F(LimitsTest, TheOperatorActsForNobody) {
  const Limits limits{limiter};
  EXPECT_EQ(refusal(limits, "admin:set-role", somebody(1, Role::admin)), kAllowed);
  for (const Operation& operation : operations())
    if (operation.access == Access::user)
      EXPECT_EQ(refusal(limits, operation.name, somebody(1, Role::admin)), Errc::forbidden)
          << operation.name;
}

}  // namespace
}  // namespace parley::gateway
