#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace parley {

// LogGate lets a line pass now and then that could come thousands of times a second: one per
// `interval`, which says how many were held back since the last. Safe to call from any thread.
class LogGate {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LogGate(std::chrono::milliseconds interval) : interval_(interval) {}

  // How many were held back before this one; nothing when it is held back itself.
  std::optional<std::uint64_t> let_pass(Clock::time_point now = Clock::now()) {
    auto next = next_.load(std::memory_order_relaxed);
    if (now.time_since_epoch() < next ||
        !next_.compare_exchange_strong(next, now.time_since_epoch() + interval_)) {
      held_back_.fetch_add(1, std::memory_order_relaxed);
      return std::nullopt;
    }
    return held_back_.exchange(0, std::memory_order_relaxed);
  }

 private:
  const Clock::duration interval_;
  std::atomic<Clock::duration> next_{Clock::duration::min()};
  std::atomic<std::uint64_t> held_back_{0};
};

}  // namespace parley
