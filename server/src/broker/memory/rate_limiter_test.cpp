#include "broker/memory/rate_limiter.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/await_for_test.h"
#include "broker/contract/rate_limiter_suite.h"

namespace parley::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

struct InMemory {
  delivery::RateLimiter& limiter() { return memory; }
  void advance(milliseconds by) { now += by; }

  nanoseconds now = std::chrono::hours{1};
  MemoryRateLimiter memory{[this] { return now; }};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, RateLimiterContract, InMemory);

constexpr delivery::RatePolicy kOncePerMinute{
    .name = "once", .count = 1, .period = seconds{60}, .burst = 1};

RC_GTEST_PROP(MemoryRateLimiter, NeverLetsMorePassThanItsPolicySays, ()) {
  const auto count = *rc::gen::inRange<std::uint32_t>(1, 50);
  const auto burst = *rc::gen::inRange<std::uint32_t>(1, 50);
  const delivery::RatePolicy policy{
      .name = "any", .count = count, .period = seconds{60}, .burst = burst};
  InMemory subject;
  const nanoseconds start = subject.now;
  std::uint64_t passed = 0;
  for (const int pause : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3000))) {
    subject.advance(milliseconds{pause});
    passed += await(subject.memory.take(policy, "k")).count() == 0;
    const double minutes = std::chrono::duration<double>(subject.now - start).count() / 60;
    // A token's time is rounded down to whole nanoseconds, hence the sliver.
    RC_ASSERT(static_cast<double>(passed) <= burst + minutes * count + 1e-3);
  }
}

TEST(MemoryRateLimiter, ForgetsBucketsThatAreFull) {
  InMemory subject;
  for (int minute = 0; minute < 20; ++minute) {
    for (int i = 0; i < 5'000; ++i) {
      const auto key = std::to_string(minute) + ":" + std::to_string(i);
      ASSERT_EQ(await(subject.memory.take(kOncePerMinute, key)).count(), 0);
    }
    subject.advance(seconds{61});
  }
  EXPECT_LT(subject.memory.buckets(), 15'000u);
}

TEST(MemoryRateLimiter, KeepsWhoeverIsLimitedLongestWhenThereAreTooMany) {
  nanoseconds now{};
  MemoryRateLimiter limiter{[&] { return now; }, 10'000};
  constexpr delivery::RatePolicy slow{
      .name = "slow", .count = 1, .period = std::chrono::hours{1}, .burst = 1};
  for (int i = 0; i < 100; ++i) await(limiter.take(slow, std::to_string(i)));
  for (int i = 0; i < 100'000; ++i) await(limiter.take(kOncePerMinute, std::to_string(i)));
  EXPECT_LE(limiter.buckets(), 10'000u);
  EXPECT_GE(limiter.buckets(), 4'000u);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(await(limiter.take(slow, std::to_string(i))), std::chrono::hours{1}) << i;
}

TEST(MemoryRateLimiter, AllowsNothingUnderAnEmptyPolicy) {
  InMemory subject;
  EXPECT_EQ(await(subject.memory.take({.name = "none"}, "k")), seconds{60});
}

TEST(MemoryRateLimiter, GivesEachTokenToOneOfManyThreads) {
  nanoseconds now{};
  MemoryRateLimiter limiter{[&] { return now; }};
  constexpr delivery::RatePolicy policy{
      .name = "p", .count = 1, .period = seconds{60}, .burst = 1000};
  std::atomic<int> passed{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) passed += await(limiter.take(policy, "shared")).count() == 0;
      });
    }
  }
  EXPECT_EQ(passed, 1000);
}

TEST(MemoryRateLimiter, TellsTimeByItselfUnlessTold) {
  MemoryRateLimiter limiter;
  EXPECT_EQ(await(limiter.take(kOncePerMinute, "k")).count(), 0);
  EXPECT_GE(await(limiter.take(kOncePerMinute, "k")).count(), 59);
}

TEST(UnlimitedRateLimiter, LetsEverythingPass) {
  UnlimitedRateLimiter limiter;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(await(limiter.take(kOncePerMinute, "k")).count(), 0);
  EXPECT_EQ(await(limiter.check(kOncePerMinute, "k")).count(), 0);
}

}  // namespace
}  // namespace parley::broker
