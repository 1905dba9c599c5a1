#include "broker/memory/rate_limiter.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace parley::broker {
namespace {

using std::chrono::nanoseconds;

std::chrono::seconds rounded_up(nanoseconds wait) {
  return std::chrono::ceil<std::chrono::seconds>(wait);
}

}  // namespace

MemoryRateLimiter::MemoryRateLimiter(Now now, std::size_t most_buckets)
    : now_(std::move(now)), most_in_shard_(std::max<std::size_t>(most_buckets / kShards, 2)) {}

nanoseconds MemoryRateLimiter::steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

Task<std::chrono::seconds> MemoryRateLimiter::take(const delivery::RatePolicy& policy,
                                                   std::string_view key) {
  co_return ask(policy, key, true);
}

Task<std::chrono::seconds> MemoryRateLimiter::check(const delivery::RatePolicy& policy,
                                                    std::string_view key) {
  co_return ask(policy, key, false);
}

// The generic cell rate algorithm: taking a token puts off the moment the bucket is full by the
// time a token needs, and it may not be put off beyond the time of a whole burst from now.
std::chrono::seconds MemoryRateLimiter::ask(const delivery::RatePolicy& policy,
                                            std::string_view key, bool take) {
  if (policy.count == 0 || policy.burst == 0)
    return std::max(policy.period, std::chrono::seconds{1});
  const nanoseconds per_token = nanoseconds{policy.period} / policy.count;
  const nanoseconds whole = per_token * policy.burst;

  thread_local std::string name;
  name.assign(policy.name).append(1, '\0').append(key);
  Shard& shard = shards_[TextHash{}(name) / 7 % kShards];  // other bits than the map uses

  const std::lock_guard lock{shard.mutex};
  const nanoseconds now = now_();
  const auto found = shard.full_at.find(name);
  const nanoseconds full_at = found == shard.full_at.end() ? now : std::max(found->second, now);
  const nanoseconds after = full_at + per_token;
  if (after - now > whole) return rounded_up(after - now - whole);
  if (!take) return {};

  if (found != shard.full_at.end()) {
    found->second = after;
  } else {
    if (shard.full_at.size() >= std::min(shard.sweep_at, most_in_shard_)) sweep(shard, now);
    shard.full_at.emplace(name, after);
  }
  return {};
}

void MemoryRateLimiter::sweep(Shard& shard, nanoseconds now) const {
  std::erase_if(shard.full_at, [now](const auto& bucket) { return bucket.second <= now; });
  if (shard.full_at.size() >= most_in_shard_) {
    std::vector<nanoseconds> times;
    times.reserve(shard.full_at.size());
    for (const auto& [name, full_at] : shard.full_at) times.push_back(full_at);
    const auto middle = times.begin() + std::ssize(times) / 2;
    std::ranges::nth_element(times, middle);
    std::size_t left = shard.full_at.size() - most_in_shard_ / 2;  // equal times go too, no more
    std::erase_if(shard.full_at, [&](const auto& bucket) {
      return left > 0 && bucket.second <= *middle && left-- > 0;
    });
  }
  shard.sweep_at = std::max(kFirstSweep, 2 * shard.full_at.size());
}

std::size_t MemoryRateLimiter::buckets() const {
  std::size_t count = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock{shard.mutex};
    count += shard.full_at.size();
  }
  return count;
}

}  // namespace parley::broker
