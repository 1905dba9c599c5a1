#pragma once

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "delivery/rate_limiter.h"

namespace parley::broker {

// What every adapter of delivery::RateLimiter promises. A Subject has `delivery::RateLimiter&
// limiter()` with no buckets yet, and `void advance(std::chrono::milliseconds)`, after which that
// time has passed for the limiter; and `static bool installed()` when what it needs may be missing.
template <class Subject>
class RateLimiterContract : public testing::Test {
 protected:
  void SetUp() override {
    if constexpr (requires { Subject::installed(); })
      if (!Subject::installed()) GTEST_SKIP() << "what this needs is not installed";
  }

  static constexpr delivery::RatePolicy kPolicy{
      .name = "test", .count = 6, .period = std::chrono::seconds{60}, .burst = 3};

  std::chrono::seconds take(std::string_view key = "alice") {
    return await(subject.limiter().take(kPolicy, key));
  }
  std::chrono::seconds check(std::string_view key = "alice") {
    return await(subject.limiter().check(kPolicy, key));
  }
  void drain(std::string_view key = "alice") {
    for (int i = 0; i < 3; ++i) ASSERT_EQ(take(key).count(), 0);
  }

  Subject subject;
};

TYPED_TEST_SUITE_P(RateLimiterContract);

TYPED_TEST_P(RateLimiterContract, GivesTheBurstAtOnceAndThenSaysHowLongToWait) {
  this->drain();
  EXPECT_EQ(this->take().count(), 10);
}

TYPED_TEST_P(RateLimiterContract, GivesOneTokenWhenItsTimeHasCome) {
  this->drain();
  this->subject.advance(std::chrono::milliseconds{9'000});
  EXPECT_EQ(this->take().count(), 1);
  this->subject.advance(std::chrono::milliseconds{1'000});
  EXPECT_EQ(this->take().count(), 0);
  EXPECT_EQ(this->take().count(), 10);
}

TYPED_TEST_P(RateLimiterContract, WaitingTheTimeItSaysIsEnough) {
  this->drain();
  this->subject.advance(std::chrono::milliseconds{3'700});
  const auto wait = this->take();
  EXPECT_EQ(wait.count(), 7);
  this->subject.advance(wait);
  EXPECT_EQ(this->take().count(), 0);
}

TYPED_TEST_P(RateLimiterContract, RefusalsTakeNothing) {
  this->drain();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(this->take().count(), 10);
  this->subject.advance(std::chrono::milliseconds{10'000});
  EXPECT_EQ(this->take().count(), 0);
}

TYPED_TEST_P(RateLimiterContract, NeverHoldsMoreThanTheBurst) {
  this->drain();
  this->subject.advance(std::chrono::hours{1});
  this->drain();
  EXPECT_GT(this->take().count(), 0);
}

TYPED_TEST_P(RateLimiterContract, CheckingAnswersTheSameAndTakesNothing) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(this->check().count(), 0);
  this->drain();
  EXPECT_EQ(this->check().count(), 10);
  EXPECT_EQ(this->take().count(), 10);
}

TYPED_TEST_P(RateLimiterContract, KeepsKeysAndPoliciesApart) {
  this->drain("alice");
  EXPECT_EQ(this->take("bob").count(), 0);
  constexpr delivery::RatePolicy other{
      .name = "other", .count = 1, .period = std::chrono::seconds{60}, .burst = 1};
  EXPECT_EQ(await(this->subject.limiter().take(other, "alice")).count(), 0);
  EXPECT_EQ(await(this->subject.limiter().take(other, "alice")).count(), 60);
}

TYPED_TEST_P(RateLimiterContract, TakesAnyBytesAsAKey) {
  using namespace std::string_view_literals;
  for (const auto key : {""sv, "a\0b"sv, "\xff\xfe"sv, "a b:c*{}"sv}) this->drain(key);
  EXPECT_GT(this->take("a\0b"sv).count(), 0);
  EXPECT_EQ(this->take("a\0c"sv).count(), 0);
}

REGISTER_TYPED_TEST_SUITE_P(RateLimiterContract, GivesTheBurstAtOnceAndThenSaysHowLongToWait,
                            GivesOneTokenWhenItsTimeHasCome, WaitingTheTimeItSaysIsEnough,
                            RefusalsTakeNothing, NeverHoldsMoreThanTheBurst,
                            CheckingAnswersTheSameAndTakesNothing, KeepsKeysAndPoliciesApart,
                            TakesAnyBytesAsAKey);

}  // namespace parley::broker
