#include "broker/redis/rate_limiter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <openssl/sha.h>

#include "base/hex.h"
#include "base/log.h"

namespace parley::broker {
namespace {

using delivery::RatePolicy;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::seconds;

// The same rule as in memory: a bucket is told by the one moment when it will be full again, and
// taking a token puts that off, but not beyond the time of a whole burst from now. Everything in
// microseconds: of a token, of a burst; and whether to take. Yields how long to wait.
const redis::Script kBucket{R"(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
if full_at < now then full_at = now end
local after = full_at + ARGV[1]
local wait = after - now - ARGV[2]
if wait > 0 then return wait end
if ARGV[3] == '1' then
  local till_full = string.format('%.0f', math.ceil((after - now) / 1000))
  redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', till_full)
end
return 0
)"};

std::string key_of(const RatePolicy& policy, std::string_view key) {
  std::string name{policy.name};
  name.append(1, '\0').append(key);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(name.data()), name.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  digest.resize(16);
  return std::string{RedisRateLimiter::kPrefix} + to_hex(digest);
}

}  // namespace

RedisRateLimiter::RedisRateLimiter(redis::Client& client, Options options)
    : client_(client), options_(options), breaker_("redis_limits", options.breaker) {}

Task<seconds> RedisRateLimiter::take(const RatePolicy& policy, std::string_view key) {
  return ask(policy, key, true);
}

Task<seconds> RedisRateLimiter::check(const RatePolicy& policy, std::string_view key) {
  return ask(policy, key, false);
}

Task<seconds> RedisRateLimiter::ask(const RatePolicy& policy, std::string_view key, bool take) {
  if (policy.count == 0 || policy.burst == 0) co_return std::max(policy.period, seconds{1});
  if (!breaker_.let_pass(CircuitBreaker::Clock::now())) co_return unasked(policy);

  const auto token = std::max(microseconds{policy.period} / policy.count, microseconds{1});
  std::vector<std::string> keys{key_of(policy, key)};
  std::vector<std::string> arguments{std::to_string(token.count()),
                                     std::to_string((token * policy.burst).count()),
                                     take ? "1" : "0"};
  counters_.asked.fetch_add(1, std::memory_order_relaxed);
  const redis::Outcome outcome =
      co_await client_.run(kBucket, std::move(keys), std::move(arguments), options_.patience);
  if (!outcome || outcome->kind != redis::Reply::Kind::number) {
    went_wrong(!outcome              ? outcome.error()
               : outcome->is_error() ? "Redis refuses: " + outcome->text
                                     : "Redis answers something else");
    co_return unasked(policy);
  }
  breaker_.succeeded();
  if (take) went_well();  // a Redis without memory still answers who only looks
  co_return std::chrono::ceil<seconds>(microseconds{outcome->number});
}

seconds RedisRateLimiter::unasked(const RatePolicy& policy) {
  auto& counter = policy.fails_closed ? counters_.refused_unasked : counters_.passed_unasked;
  counter.fetch_add(1, std::memory_order_relaxed);
  return policy.fails_closed ? options_.wait_when_closed : seconds{};
}

void RedisRateLimiter::went_wrong(std::string why) {
  breaker_.failed(CircuitBreaker::Clock::now());
  {
    const std::lock_guard lock{mutex_};
    trouble_ = why;
  }
  if (troubled_.exchange(true)) return;
  log::warning("rate limits do not hold", {{"why", why}});
}

void RedisRateLimiter::went_well() {
  if (!troubled_.load(std::memory_order_relaxed) || !troubled_.exchange(false)) return;
  {
    const std::lock_guard lock{mutex_};
    trouble_.reset();
  }
  log::info("rate limits hold again");
}

std::optional<std::string> RedisRateLimiter::trouble() const {
  const std::lock_guard lock{mutex_};
  return trouble_;
}

}  // namespace parley::broker
