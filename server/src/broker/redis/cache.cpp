#include "broker/redis/cache.h"

#include <utility>

namespace parley::broker {
namespace {

std::string full_key(std::string_view key) { return std::string{"parley:cache:"}.append(key); }

}  // namespace

RedisCache::RedisCache(redis::Client& client, Options options)
    : client_(client), options_(options), breaker_("redis_cache", options.breaker) {}

Task<std::optional<redis::Reply>> RedisCache::ask(redis::Command command) {
  if (!breaker_.let_pass(CircuitBreaker::Clock::now())) co_return std::nullopt;
  redis::Outcome outcome = co_await client_.ask(std::move(command), options_.patience);
  if (!outcome || outcome->is_error()) {
    breaker_.failed(CircuitBreaker::Clock::now());
    counters_.failures.fetch_add(1, std::memory_order_relaxed);
    co_return std::nullopt;
  }
  breaker_.succeeded();
  co_return std::move(*outcome);
}

Task<std::optional<std::string>> RedisCache::get(std::string_view key) {
  auto reply = co_await ask(redis::make_command({"GET", full_key(key)}));
  const bool hit = reply && reply->kind == redis::Reply::Kind::text;
  (hit ? counters_.hits : counters_.misses).fetch_add(1, std::memory_order_relaxed);
  if (!hit) co_return std::nullopt;
  co_return std::move(reply->text);
}

Task<void> RedisCache::set(std::string_view key, std::string value,
                           std::chrono::milliseconds keep) {
  if (value.size() > kLargestValue || keep.count() <= 0) {
    co_await erase(key);  // what was there is not true any more
    co_return;
  }
  const std::string time = std::to_string(keep.count());
  co_await ask(redis::make_command({"SET", full_key(key), value, "PX", time}));
}

Task<bool> RedisCache::erase(std::string_view key) {
  const auto reply = co_await ask(redis::make_command({"UNLINK", full_key(key)}));
  co_return reply.has_value();
}

}  // namespace parley::broker
