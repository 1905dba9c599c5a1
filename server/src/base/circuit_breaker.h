#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace parley {

// CircuitBreaker keeps us from knocking at a door behind which nobody answers (FEATURES S109).
//
// Closed, everything passes. After `failures` in a row it opens, and nothing passes for a while;
// then one call may try (half-open): if it succeeds the breaker closes, otherwise it stays open
// for twice as long, up to `longest`, with some jitter so that nodes do not knock in step. Safe to
// call from any thread.
class CircuitBreaker {
 public:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { closed, half_open, open };

  struct Limits {
    int failures = 5;
    std::chrono::milliseconds first{1'000};
    std::chrono::milliseconds longest{60'000};
  };

  // `name` is what logs and metrics call it.
  CircuitBreaker(std::string name, Limits limits) : name_(std::move(name)), limits_(limits) {}

  const std::string& name() const { return name_; }

  // Whether a call may be made now. Who is let pass reports how it went.
  bool let_pass(Clock::time_point now);
  void succeeded();
  void failed(Clock::time_point now);

  State state(Clock::time_point now) const;
  // When the next call may pass.
  Clock::time_point next_try() const;

 private:
  const std::string name_;
  const Limits limits_;
  mutable std::mutex mutex_;
  int failures_ = 0;
  bool open_ = false;
  bool trying_ = false;
  std::chrono::milliseconds wait_{0};
  Clock::time_point next_try_{};
};

}  // namespace parley
