#include "broker/redis/cache.h"

#include <memory>

#include "broker/contract/cache_suite.h"
#include "broker/redis/server_for_test.h"

namespace parley::broker {
namespace {

using namespace std::chrono_literals;
using redis::eventually;

// A private server: a test begins with nothing kept.
struct Kept {
  delivery::Cache& cache() { return cache_; }
  // Redis' clock is everybody's, so it is the values that grow older.
  void advance(std::chrono::milliseconds by) {
    for (const redis::Reply& key : server.ask({"KEYS", "*"}).items) {
      const auto left = server.ask({"PTTL", key.text}).number - by.count();
      server.ask({"PEXPIRE", key.text, std::to_string(left)});  // at once when it is over
    }
  }

  redis::Server server;
  redis::Client client{redis::options_for(server.url())};
  RedisCache cache_{client, {.patience = 1s}};
};

struct OnRedis {
  static bool installed() { return redis::installed(); }
  OnRedis() {
    if (installed()) private_ = std::make_unique<Kept>();
  }
  delivery::Cache& cache() { return private_->cache(); }
  void advance(std::chrono::milliseconds by) { private_->advance(by); }

  std::unique_ptr<Kept> private_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, CacheContract, OnRedis);

class RedisCacheTest : public redis::RedisTest {
 protected:
  using Value = std::optional<std::string>;
  static Value get(Kept& kept) { return await(kept.cache_.get("k")); }
  static void set(Kept& kept) { await(kept.cache_.set("k", "v", 60s)); }
};

TEST_F(RedisCacheTest, WhatOneNodeErasesIsGoneForAll) {
  Kept kept;
  redis::Client client{redis::options_for(kept.server.url())};
  RedisCache other{client, {.patience = 1s}};
  set(kept);
  EXPECT_EQ(await(other.get("k")), "v");
  EXPECT_TRUE(await(other.erase("k")));
  EXPECT_EQ(get(kept), std::nullopt);
  EXPECT_EQ(kept.cache_.counters().misses, 1u);
  EXPECT_EQ(other.counters().hits, 1u);
}

TEST_F(RedisCacheTest, MissesEverythingWhileRedisIsAway) {
  Kept kept;
  set(kept);
  kept.server.kill();
  EXPECT_EQ(get(kept), std::nullopt);
  set(kept);
  EXPECT_FALSE(await(kept.cache_.erase("k")));
  EXPECT_GE(kept.cache_.counters().failures, 3u);
  kept.server.start();
  EXPECT_TRUE(eventually([&] {
    set(kept);
    return get(kept) == "v";
  }));
}

TEST_F(RedisCacheTest, NobodyWaitsLongForARedisThatHangs) {
  Kept kept;
  RedisCache quick{kept.client};
  await(quick.set("k", "v", 60s));
  kept.server.freeze();
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(await(quick.get("k")), std::nullopt);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  kept.server.thaw();
  EXPECT_TRUE(eventually([&] { return await(quick.get("k")) == "v"; }));
}

TEST_F(RedisCacheTest, SurvivesARedisWithoutMemoryAndAKeyOfSomebodyElse) {
  Kept kept;
  kept.server.ask({"CONFIG", "SET", "maxmemory", "1"});
  set(kept);
  EXPECT_EQ(get(kept), std::nullopt);
  kept.server.ask({"CONFIG", "SET", "maxmemory", "0"});
  kept.server.ask({"LPUSH", "parley:cache:k", "x"});
  EXPECT_EQ(get(kept), std::nullopt);
  set(kept);
  EXPECT_EQ(get(kept), "v");
}

}  // namespace
}  // namespace parley::broker
