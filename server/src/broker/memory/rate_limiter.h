#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "delivery/rate_limiter.h"

namespace parley::broker {

// MemoryRateLimiter keeps its buckets in this process: limits are per node, and a restart forgets
// them. It keeps at most `most_buckets`, and none that is full; when there are too many, those
// that would be full soonest are forgotten first.
class MemoryRateLimiter final : public delivery::RateLimiter {
 public:
  // Time since any fixed point, never going backwards.
  using Now = std::function<std::chrono::nanoseconds()>;
  static constexpr std::size_t kMostBuckets = 1 << 20;

  explicit MemoryRateLimiter(Now now = steady_now, std::size_t most_buckets = kMostBuckets);

  Task<std::chrono::seconds> take(const delivery::RatePolicy& policy,
                                  std::string_view key) override;
  Task<std::chrono::seconds> check(const delivery::RatePolicy& policy,
                                   std::string_view key) override;

  // How many buckets are kept, for metrics.
  std::size_t buckets() const;

  static std::chrono::nanoseconds steady_now();

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  // A bucket is told by the one moment when it will be full again.
  using Buckets =
      std::unordered_map<std::string, std::chrono::nanoseconds, TextHash, std::equal_to<>>;

  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Buckets full_at;
    std::size_t sweep_at = kFirstSweep;
  };
  static constexpr std::size_t kShards = 32;
  static constexpr std::size_t kFirstSweep = 64;

  std::chrono::seconds ask(const delivery::RatePolicy& policy, std::string_view key, bool take);
  void sweep(Shard& shard, std::chrono::nanoseconds now) const;

  const Now now_;
  const std::size_t most_in_shard_;
  std::array<Shard, kShards> shards_;
};

// UnlimitedRateLimiter lets everything pass: --rate-limits=off.
class UnlimitedRateLimiter final : public delivery::RateLimiter {
 public:
  Task<std::chrono::seconds> take(const delivery::RatePolicy&, std::string_view) override {
    co_return std::chrono::seconds{};
  }
  Task<std::chrono::seconds> check(const delivery::RatePolicy&, std::string_view) override {
    co_return std::chrono::seconds{};
  }
};

}  // namespace parley::broker
