#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/circuit_breaker.h"
#include "broker/redis/client.h"
#include "delivery/rate_limiter.h"

namespace parley::broker {

// RedisRateLimiter keeps its buckets in Redis: limits hold for all nodes together, by the clock of
// Redis. A key is parley:rate:<digest of policy and key>, so nobody's name or address is kept, and
// is gone when its bucket is full.
//
// When Redis is away, refuses or is slower than `patience`, what fails closed has to wait and
// everything else passes. That is said in trouble() and once in the log, and ends by itself; a
// breaker keeps the others from waiting for Redis too.
class RedisRateLimiter final : public delivery::RateLimiter {
 public:
  struct Options {
    std::chrono::milliseconds patience{250};
    std::chrono::seconds wait_when_closed{5};
    CircuitBreaker::Limits breaker{.failures = 5,
                                   .first = std::chrono::milliseconds{500},
                                   .longest = std::chrono::milliseconds{5'000}};
  };
  struct Counters {
    std::atomic<std::uint64_t> asked{0};
    std::atomic<std::uint64_t> passed_unasked{0};   // failed open
    std::atomic<std::uint64_t> refused_unasked{0};  // failed closed
  };

  // `client` outlives it.
  explicit RedisRateLimiter(redis::Client& client) : RedisRateLimiter(client, Options{}) {}
  RedisRateLimiter(redis::Client& client, Options options);

  Task<std::chrono::seconds> take(const delivery::RatePolicy& policy,
                                  std::string_view key) override;
  Task<std::chrono::seconds> check(const delivery::RatePolicy& policy,
                                   std::string_view key) override;

  // Why limits do not hold at the moment; nothing when they do. From any thread.
  std::optional<std::string> trouble() const;
  const Counters& counters() const { return counters_; }
  const CircuitBreaker& breaker() const { return breaker_; }

  static constexpr std::string_view kPrefix = "parley:rate:";

 private:
  Task<std::chrono::seconds> ask(const delivery::RatePolicy& policy, std::string_view key,
                                 bool take);
  std::chrono::seconds unasked(const delivery::RatePolicy& policy);
  void went_wrong(std::string why);
  void went_well();

  redis::Client& client_;
  const Options options_;
  CircuitBreaker breaker_;
  Counters counters_;

  std::atomic<bool> troubled_{false};
  mutable std::mutex mutex_;  // guards trouble_
  std::optional<std::string> trouble_;
};

}  // namespace parley::broker
