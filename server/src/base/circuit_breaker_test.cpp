#include "base/circuit_breaker.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

using namespace std::chrono_literals;
using State = CircuitBreaker::State;

class CircuitBreakerTest : public testing::Test {
 protected:
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      EXPECT_TRUE(breaker.let_pass(now));
      breaker.failed(now);
    }
  }

  CircuitBreaker::Clock::time_point now{};
  CircuitBreaker breaker{"a server", {.failures = 3, .first = 1s, .longest = 3s}};
};

TEST_F(CircuitBreakerTest, LetsEverythingPassWhileMostSucceeds) {
  for (int i = 0; i < 10; ++i) {
    fail(2);
    EXPECT_TRUE(breaker.let_pass(now));
    breaker.succeeded();
  }
  EXPECT_EQ(breaker.state(now), State::closed);
}

TEST_F(CircuitBreakerTest, OpensAfterFailuresInARow) {
  fail(3);
  EXPECT_EQ(breaker.state(now), State::open);
  EXPECT_FALSE(breaker.let_pass(now));
  EXPECT_FALSE(breaker.let_pass(now + 700ms));
}

TEST_F(CircuitBreakerTest, LetsOneTryAfterAWhile) {
  fail(3);
  now += 1'200ms;
  EXPECT_EQ(breaker.state(now), State::half_open);
  EXPECT_TRUE(breaker.let_pass(now));
  EXPECT_FALSE(breaker.let_pass(now));
  breaker.succeeded();
  EXPECT_EQ(breaker.state(now), State::closed);
  fail(2);  // counts from the beginning
  EXPECT_EQ(breaker.state(now), State::closed);
}

TEST_F(CircuitBreakerTest, WaitsLongerEachTimeUpToABound) {
  fail(3);
  for (const auto expected : {1s, 2s, 3s, 3s}) {
    const auto wait = breaker.next_try() - now;
    EXPECT_GE(wait, expected * 0.79);
    EXPECT_LE(wait, expected * 1.21);
    now = breaker.next_try();
    fail(1);
  }
}

TEST_F(CircuitBreakerTest, CallsUnderWayWhenItOpenedDoNotProlongIt) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(breaker.let_pass(now));
  for (int i = 0; i < 3; ++i) breaker.failed(now);
  const auto next = breaker.next_try();
  breaker.failed(now + 500ms);
  EXPECT_EQ(breaker.next_try(), next);
}

}  // namespace
}  // namespace parley
