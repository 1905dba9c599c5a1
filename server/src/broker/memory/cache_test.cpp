#include "broker/memory/cache.h"

#include "broker/contract/cache_suite.h"

namespace parley::broker {
namespace {

constexpr std::chrono::minutes kMinute{1};

struct InMemory {
  delivery::Cache& cache() { return memory; }
  void advance(std::chrono::milliseconds by) { now += by; }

  std::chrono::nanoseconds now = std::chrono::hours{1};
  MemoryCache memory{[this] { return now; }};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, CacheContract, InMemory);

TEST(MemoryCache, ForgetsFirstWhatWasAskedForLongestAgo) {
  std::chrono::nanoseconds now{};
  MemoryCache cache{[&] { return now; }, 1'000};
  for (const char key : {'a', 'b', 'c'})
    await(cache.set(std::string{key}, std::string(299, key), kMinute));
  EXPECT_EQ(cache.bytes(), 900u);
  EXPECT_TRUE(await(cache.get("a")));
  await(cache.set("d", std::string(299, 'd'), kMinute));
  EXPECT_FALSE(await(cache.get("b")));
  for (const auto* key : {"a", "c", "d"}) EXPECT_TRUE(await(cache.get(key))) << key;
  EXPECT_EQ(cache.bytes(), 900u);
}

TEST(MemoryCache, NeverTakesMoreThanItMay) {
  std::chrono::nanoseconds now{};
  MemoryCache cache{[&] { return now; }, 100'000};
  for (int i = 0; i < 10'000; ++i) {
    const auto size = static_cast<std::size_t>(i * 37 % 5'000);
    await(cache.set(std::to_string(i % 700), std::string(size, 'x'), kMinute));
    ASSERT_LE(cache.bytes(), 100'000u);
  }
  for (int i = 0; i < 700; ++i) await(cache.erase(std::to_string(i)));
  EXPECT_EQ(cache.bytes(), 0u);
  await(cache.set("k", std::string(200'000, 'x'), kMinute));
  EXPECT_EQ(cache.bytes(), 0u);
}

}  // namespace
}  // namespace parley::broker
