#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include <boost/asio/steady_timer.hpp>

#include "base/task.h"

namespace parley::gateway {

// TimerWheel calls many timers of one loop at about their time: never early, and half a second
// late at most, for the price of a list insertion each. For that loop's thread alone.
class TimerWheel {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kTick{250};

  // Something to be called. It leaves the wheel when it is destroyed; it does not move.
  class Timer {
   public:
    Timer() = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    virtual ~Timer() { leave(); }

    // The time has come; the timer is out of the wheel and may be set again, or destroyed.
    virtual void expired() = 0;

    void leave();
    bool waits() const { return next_ != nullptr; }

   private:
    friend class TimerWheel;
    Timer* next_ = nullptr;
    Timer* previous_ = nullptr;
    Clock::time_point due_;
  };

  explicit TimerWheel(Loop& loop);
  ~TimerWheel();

  // Sets `timer` anew.
  void set(Timer& timer, Clock::time_point due);

  void start();

  // Calls what is due at `now`. start() does it; tests do it themselves.
  void advance(Clock::time_point now);

 private:
  static constexpr std::size_t kSlots = 256;  // 64 s; later timers go round more than once

  struct Head final : Timer {
    Head();
    void expired() override {}
  };

  static std::size_t tick_of(Clock::time_point time) {
    return static_cast<std::size_t>(time.time_since_epoch() / kTick);
  }
  void wait();

  boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Loop::executor_type>
      ticker_;
  std::array<Head, kSlots> slots_;
  std::size_t tick_;  // the last one that was called
};

}  // namespace parley::gateway
