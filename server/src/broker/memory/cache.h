#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "delivery/cache.h"

namespace parley::broker {

// MemoryCache keeps values in this process, up to `most_bytes` of keys and values: what was asked
// for longest ago is forgotten first.
class MemoryCache final : public delivery::Cache {
 public:
  // Time since any fixed point, never going backwards.
  using Now = std::function<std::chrono::nanoseconds()>;
  static constexpr std::size_t kMostBytes = 32 << 20;

  explicit MemoryCache(Now now = steady_now, std::size_t most_bytes = kMostBytes);

  Task<std::optional<std::string>> get(std::string_view key) override;
  Task<void> set(std::string_view key, std::string value, std::chrono::milliseconds keep) override;
  Task<bool> erase(std::string_view key) override;

  // What its keys and values take, for metrics.
  std::size_t bytes() const;

 private:
  struct Entry {
    std::string key;
    std::string value;
    std::chrono::nanoseconds until{};
  };
  using Entries = std::list<Entry>;

  static std::chrono::nanoseconds steady_now();
  static std::size_t size_of(const Entry& entry) { return entry.key.size() + entry.value.size(); }
  void forget(Entries::iterator entry);

  const Now now_;
  const std::size_t most_bytes_;
  mutable std::mutex mutex_;  // guards everything below
  Entries entries_;           // what was asked for last comes first
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // of the key in its entry
  std::size_t bytes_ = 0;
};

}  // namespace parley::broker
