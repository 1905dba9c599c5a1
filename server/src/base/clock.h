#pragma once

#include <atomic>
#include <chrono>

namespace parley {

// A point in time as Parley keeps it: milliseconds, UTC.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// Clock tells the time of day. Whoever needs the time is given one, so that tests own it.
// Safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
};

// The time of day of this machine, put right by what somebody else's clock says: nodes that share a
// store agree on its time.
class SteeredClock final : public Clock {
 public:
  Timestamp now() const override { return SystemClock{}.now() + ahead(); }

  // From now on that much later than the machine says, or earlier.
  void set_ahead(std::chrono::milliseconds ahead) { ahead_ = ahead; }
  std::chrono::milliseconds ahead() const { return ahead_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::chrono::milliseconds> ahead_{std::chrono::milliseconds{0}};
};

// A clock that stands still until a test moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : now_(start) {}

  Timestamp now() const override { return now_.load(); }
  void set(Timestamp now) { now_ = now; }
  void advance(std::chrono::milliseconds by) { now_ = now_.load() + by; }

 private:
  std::atomic<Timestamp> now_;
};

}  // namespace parley
