#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/circuit_breaker.h"
#include "broker/redis/client.h"
#include "delivery/cache.h"

namespace parley::broker {

// RedisCache keeps values in Redis as parley:cache:<key>, so that what one node has learned the
// others know, and what one erases is gone for all. How much there may be is Redis' to bound
// (maxmemory). While Redis is away or slower than `patience`, everything is missed, and after a few
// calls nobody waits for it.
class RedisCache final : public delivery::Cache {
 public:
  struct Options {
    std::chrono::milliseconds patience{100};
    CircuitBreaker::Limits breaker{.failures = 5,
                                   .first = std::chrono::milliseconds{500},
                                   .longest = std::chrono::milliseconds{5'000}};
  };
  struct Counters {
    std::atomic<std::uint64_t> hits{0};
    std::atomic<std::uint64_t> misses{0};
    std::atomic<std::uint64_t> failures{0};
  };

  // `client` outlives it.
  explicit RedisCache(redis::Client& client) : RedisCache(client, Options{}) {}
  RedisCache(redis::Client& client, Options options);

  Task<std::optional<std::string>> get(std::string_view key) override;
  Task<void> set(std::string_view key, std::string value, std::chrono::milliseconds keep) override;
  Task<bool> erase(std::string_view key) override;

  const Counters& counters() const { return counters_; }

 private:
  // Nothing when Redis does not do it.
  Task<std::optional<redis::Reply>> ask(redis::Command command);

  redis::Client& client_;
  const Options options_;
  CircuitBreaker breaker_;
  Counters counters_;
};

}  // namespace parley::broker
