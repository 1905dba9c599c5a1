#pragma once

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "delivery/rate_limiter.h"

namespace parley::broker {

// What every adapter of delivery::RateLimiter promises. A Subject has `delivery::RateLimiter&
// limiter()` with no buckets yet, and `void advance(std::chrono::milliseconds)`, after which that
// time has passed for the limiter; `static constexpr bool kTimePasses` when it passes by itself as
// well; and `static bool installed()` when what it needs may be missing.
template <class Subject>
class RateLimiterContract : public testing::Test {
 protected:
  void SetUp() override {
    if constexpr (requires { Subject::installed(); })
      if (!Subject::installed()) GTEST_SKIP() << "what this needs is not installed";
  }

  // One token a minute.
  static constexpr delivery::RatePolicy kPolicy{
      .name = "test", .count = 6, .period = std::chrono::seconds{360}, .burst = 3};

  std::chrono::seconds take(std::string_view key = "alice") {
    return await(subject.limiter().take(kPolicy, key));
  }
  std::chrono::seconds check(std::string_view key = "alice") {
    return await(subject.limiter().check(kPolicy, key));
  }
  void drain(std::string_view key = "alice") {
    for (int i = 0; i < 3; ++i) ASSERT_EQ(take(key).count(), 0);
  }
  // That the wait is what it says, less what has passed by itself since the test began.
  void expect_wait(std::chrono::seconds said, int seconds) {
    EXPECT_LE(said.count(), seconds);
    EXPECT_GE(said.count(), seconds - passed());
  }

  Subject subject;

 private:
  long passed() const {
    if constexpr (requires { Subject::kTimePasses; })
      return std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - begun_)
          .count();
    return 0;
  }

  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

TYPED_TEST_SUITE_P(RateLimiterContract);

TYPED_TEST_P(RateLimiterContract, GivesTheBurstAtOnceAndThenSaysHowLongToWait) {
  this->drain();
  this->expect_wait(this->take(), 60);
}

TYPED_TEST_P(RateLimiterContract, GivesOneTokenWhenItsTimeHasCome) {
  this->drain();
  this->subject.advance(std::chrono::milliseconds{29'000});
  this->expect_wait(this->take(), 31);
  this->subject.advance(std::chrono::milliseconds{31'000});
  EXPECT_EQ(this->take().count(), 0);
  this->expect_wait(this->take(), 60);
}

TYPED_TEST_P(RateLimiterContract, WaitingTheTimeItSaysIsEnough) {
  this->drain();
  this->subject.advance(std::chrono::milliseconds{23'700});
  const auto wait = this->take();
  this->expect_wait(wait, 37);
  this->subject.advance(wait);
  EXPECT_EQ(this->take().count(), 0);
}

TYPED_TEST_P(RateLimiterContract, RefusalsTakeNothing) {
  this->drain();
  for (int i = 0; i < 20; ++i) this->expect_wait(this->take(), 60);
  this->subject.advance(std::chrono::milliseconds{60'000});
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
  this->expect_wait(this->check(), 60);
  this->expect_wait(this->take(), 60);
}

TYPED_TEST_P(RateLimiterContract, KeepsKeysAndPoliciesApart) {
  this->drain("alice");
  EXPECT_EQ(this->take("bob").count(), 0);
  constexpr delivery::RatePolicy other{
      .name = "other", .count = 1, .period = std::chrono::seconds{60}, .burst = 1};
  EXPECT_EQ(await(this->subject.limiter().take(other, "alice")).count(), 0);
  this->expect_wait(await(this->subject.limiter().take(other, "alice")), 60);
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
