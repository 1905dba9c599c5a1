#include "broker/memory/cache.h"

#include <utility>

namespace parley::broker {

MemoryCache::MemoryCache(Now now, std::size_t most_bytes)
    : now_(std::move(now)), most_bytes_(most_bytes) {}

std::chrono::nanoseconds MemoryCache::steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

Task<std::optional<std::string>> MemoryCache::get(std::string_view key) {
  const std::lock_guard lock{mutex_};
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) co_return std::nullopt;
  const auto entry = found->second;
  if (entry->until <= now_()) {
    forget(entry);
    co_return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  co_return entry->value;
}

Task<void> MemoryCache::set(std::string_view key, std::string value,
                            std::chrono::milliseconds keep) {
  const std::lock_guard lock{mutex_};
  if (const auto found = by_key_.find(key); found != by_key_.end()) forget(found->second);
  if (value.size() > kLargestValue || keep.count() <= 0) co_return;
  entries_.push_front({std::string{key}, std::move(value), now_() + keep});
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += size_of(entries_.front());
  while (bytes_ > most_bytes_) forget(std::prev(entries_.end()));
}

Task<bool> MemoryCache::erase(std::string_view key) {
  const std::lock_guard lock{mutex_};
  if (const auto found = by_key_.find(key); found != by_key_.end()) forget(found->second);
  co_return true;
}

void MemoryCache::forget(Entries::iterator entry) {
  bytes_ -= size_of(*entry);
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

std::size_t MemoryCache::bytes() const {
  const std::lock_guard lock{mutex_};
  return bytes_;
}

}  // namespace parley::broker
