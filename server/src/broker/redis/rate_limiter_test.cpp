#include "broker/redis/rate_limiter.h"

#include <memory>

#include "broker/contract/rate_limiter_suite.h"
#include "broker/redis/server_for_test.h"

namespace parley::broker {
namespace {

using namespace std::chrono_literals;
using redis::eventually;

// A private server: a test begins with no buckets. It is waited for as long as a slow machine may
// need it, unless a test is about a Redis that does not answer.
struct Limiter {
  explicit Limiter(std::chrono::milliseconds patience = 20s)
      : limits(client, {.patience = patience}) {}

  delivery::RateLimiter& limiter() { return limits; }
  // Redis' clock is everybody's, so it is the buckets that grow older.
  void advance(std::chrono::milliseconds by) {
    for (const redis::Reply& key : server.ask({"KEYS", "parley:rate:*"}).items) {
      const auto full_at = std::stoll(server.ask({"GET", key.text}).text);
      const auto left = server.ask({"PTTL", key.text}).number - by.count();
      if (left <= 0) {
        server.ask({"DEL", key.text});
      } else {
        server.ask({"SET", key.text, std::to_string(full_at - 1'000 * by.count()), "PX",
                    std::to_string(left)});
      }
    }
  }

  redis::Server server;
  redis::Client client{redis::options_for(server.url())};
  RedisRateLimiter limits;
};

struct OnRedis {
  static constexpr bool kTimePasses = true;
  static bool installed() { return redis::installed(); }
  OnRedis() {
    if (installed()) private_ = std::make_unique<Limiter>();
  }
  delivery::RateLimiter& limiter() { return private_->limiter(); }
  void advance(std::chrono::milliseconds by) { private_->advance(by); }

  std::unique_ptr<Limiter> private_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, RateLimiterContract, OnRedis);

constexpr delivery::RatePolicy kOpen{.name = "open", .count = 1, .period = 60s, .burst = 1};
constexpr delivery::RatePolicy kClosed{
    .name = "closed", .count = 1, .period = 60s, .burst = 1, .fails_closed = true};

class RedisRateLimiterTest : public redis::RedisTest {
 protected:
  static std::chrono::seconds take(Limiter& limiter, const delivery::RatePolicy& policy,
                                   std::string_view key = "k") {
    return await(limiter.limits.take(policy, key));
  }
  // Whether a bucket is empty that is filled within a minute; some of that may have passed.
  static bool is_empty(std::chrono::seconds wait) { return wait > 20s && wait <= 60s; }
  // What fails open passes, what fails closed waits, and both are said.
  static void expect_failing(Limiter& limiter) {
    EXPECT_EQ(take(limiter, kOpen), 0s);
    EXPECT_EQ(take(limiter, kOpen), 0s);
    EXPECT_EQ(take(limiter, kClosed), 5s);
    EXPECT_TRUE(limiter.limits.trouble());
    EXPECT_GE(limiter.limits.counters().passed_unasked, 2u);
    EXPECT_GE(limiter.limits.counters().refused_unasked, 1u);
  }
  // Until limits hold again, without anybody's help.
  static void expect_healing(Limiter& limiter) {
    EXPECT_TRUE(eventually([&] {
      take(limiter, kOpen);
      return !limiter.limits.trouble();
    }));
    // What was given up may have been taken all the same, so it is another bucket each time.
    int tries = 0;
    EXPECT_TRUE(eventually([&] {
      const std::string key = "after" + std::to_string(++tries);
      return take(limiter, kClosed, key) == 0s && is_empty(take(limiter, kClosed, key));
    }));
  }
};

TEST_F(RedisRateLimiterTest, LimitsHoldForAllNodesTogether) {
  Limiter limiter;
  redis::Client client{redis::options_for(limiter.server.url())};
  RedisRateLimiter other{client, {.patience = 20s}};
  EXPECT_EQ(take(limiter, kOpen), 0s);
  EXPECT_TRUE(is_empty(await(other.take(kOpen, "k"))));
}

TEST_F(RedisRateLimiterTest, GivesEachTokenToOneOfManyCallers) {
  Limiter limiter;
  constexpr delivery::RatePolicy policy{.name = "p", .count = 1, .period = 60s, .burst = 100};
  std::atomic<int> passed{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) passed += take(limiter, policy) == 0s;
      });
    }
  }
  EXPECT_EQ(passed, 100);
  EXPECT_FALSE(limiter.limits.trouble());
}

TEST_F(RedisRateLimiterTest, KeepsNeitherNamesNorBucketsForEver) {
  Limiter limiter;
  ASSERT_EQ(take(limiter, kOpen, "192.0.2.1"), 0s);
  const auto keys = limiter.server.ask({"KEYS", "*"}).items;
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_TRUE(keys[0].text.starts_with("parley:rate:"));
  EXPECT_FALSE(keys[0].text.contains("192.0.2.1"));
  const auto left = limiter.server.ask({"PTTL", keys[0].text}).number;
  EXPECT_GT(left, 50'000);
  EXPECT_LE(left, 60'000);
  ASSERT_EQ(await(limiter.limits.check(kOpen, "somebody")), 0s);
  EXPECT_EQ(limiter.server.ask({"DBSIZE"}).number, 1);
}

TEST_F(RedisRateLimiterTest, TeachesARedisThatForgotItsScripts) {
  Limiter limiter;
  EXPECT_EQ(take(limiter, kOpen, "a"), 0s);
  limiter.server.ask({"SCRIPT", "FLUSH"});
  EXPECT_TRUE(is_empty(take(limiter, kOpen, "a")));
  EXPECT_FALSE(limiter.limits.trouble());
}

TEST_F(RedisRateLimiterTest, PassesOrRefusesByPolicyWhileRedisIsAway) {
  Limiter limiter;
  ASSERT_EQ(take(limiter, kOpen, "x"), 0s);
  limiter.server.kill();
  expect_failing(limiter);
  EXPECT_EQ(await(limiter.limits.check(kOpen, "k")), 0s);
  EXPECT_EQ(await(limiter.limits.check(kClosed, "k")), 5s);
  limiter.server.start();
  expect_healing(limiter);
}

TEST_F(RedisRateLimiterTest, PassesOrRefusesByPolicyWhileRedisHangs) {
  Limiter limiter{250ms};
  ASSERT_EQ(take(limiter, kOpen, "x"), 0s);
  limiter.server.freeze();
  const auto begun = std::chrono::steady_clock::now();
  expect_failing(limiter);
  // The breaker opens, and nobody waits any more: all of them would for 50 s.
  for (int i = 0; i < 200; ++i) take(limiter, kOpen);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 25s);
  limiter.server.thaw();
  expect_healing(limiter);
}

TEST_F(RedisRateLimiterTest, PassesOrRefusesByPolicyWhileRedisIsPaused) {
  Limiter limiter{250ms};
  ASSERT_EQ(take(limiter, kOpen, "x"), 0s);
  limiter.server.ask({"CLIENT", "PAUSE", "600000", "WRITE"});
  ASSERT_TRUE(eventually([&] {
    take(limiter, kOpen, "y");
    return limiter.limits.trouble().has_value();
  }));
  expect_failing(limiter);
  limiter.server.ask({"CLIENT", "UNPAUSE"});
  expect_healing(limiter);
}

TEST_F(RedisRateLimiterTest, PassesOrRefusesByPolicyWhileRedisHasNoMemory) {
  Limiter limiter;
  ASSERT_EQ(take(limiter, kOpen, "x"), 0s);
  limiter.server.ask({"CONFIG", "SET", "maxmemory", "1"});
  expect_failing(limiter);
  EXPECT_TRUE(limiter.limits.trouble()->contains("OOM")) << *limiter.limits.trouble();
  EXPECT_EQ(await(limiter.limits.check(kClosed, "k")), 0s);  // it can still look
  EXPECT_TRUE(limiter.limits.trouble());
  limiter.server.ask({"CONFIG", "SET", "maxmemory", "0"});
  expect_healing(limiter);
}

TEST_F(RedisRateLimiterTest, PassesOrRefusesByPolicyWhenItsPasswordIsWrong) {
  Limiter limiter;
  ASSERT_EQ(take(limiter, kOpen, "x"), 0s);
  limiter.server.ask({"CONFIG", "SET", "requirepass", "another"});
  limiter.server.ask({"CLIENT", "KILL", "TYPE", "normal"}, "another");
  ASSERT_TRUE(eventually([&] { return limiter.client.trouble().has_value(); }));
  expect_failing(limiter);
  limiter.server.ask({"CONFIG", "SET", "requirepass", redis::kPassword}, "another");
  expect_healing(limiter);
}

TEST_F(RedisRateLimiterTest, SurvivesAKeyOfSomebodyElse) {
  Limiter limiter;
  ASSERT_EQ(take(limiter, kOpen), 0s);
  const auto key = limiter.server.ask({"KEYS", "*"}).items.at(0).text;
  limiter.server.ask({"DEL", key});
  limiter.server.ask({"LPUSH", key, "x"});
  EXPECT_EQ(take(limiter, kOpen), 0s);
  ASSERT_TRUE(limiter.limits.trouble());
  EXPECT_TRUE(limiter.limits.trouble()->contains("WRONGTYPE")) << *limiter.limits.trouble();
  EXPECT_EQ(take(limiter, kOpen, "another"), 0s);
  EXPECT_TRUE(is_empty(take(limiter, kOpen, "another")));
  EXPECT_FALSE(limiter.limits.trouble());
}

}  // namespace
}  // namespace parley::broker
