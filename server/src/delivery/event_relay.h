#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <boost/asio/basic_waitable_timer.hpp>

#include "base/task.h"
#include "delivery/event_log.h"
#include "delivery/outbox.h"

namespace parley::delivery {

// EventRelay brings what lies in the Outbox to the EventLog, at least once and oldest first: an
// event leaves the outbox after the log has confirmed it. While the log is away, or the store, it
// waits, first 50 ms and then longer, up to 5 s. One of the cluster runs at a time.
class EventRelay {
 public:
  static constexpr std::int64_t kAtOnce = 500;
  static constexpr std::chrono::milliseconds kLookInterval{250};
  static constexpr std::chrono::milliseconds kFirstWait{50};
  static constexpr std::chrono::milliseconds kLongestWait{5'000};

  // All are to outlive the relay.
  EventRelay(Outbox& outbox, EventLog& log, Loop& loop) : outbox_(outbox), log_(log), wake_(loop) {}

  // Relays until stop(); main owns it, on `loop`. Does not throw.
  Task<void> run();
  void stop();  // on `loop`

  // From any thread: how many events have been published, repetitions included.
  std::uint64_t published() const { return published_.load(); }

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Loop::executor_type>;
  enum class Found : std::uint8_t { nothing, more, trouble };

  Task<Found> relay();
  Task<void> sleep(std::chrono::milliseconds longest);

  Outbox& outbox_;
  EventLog& log_;
  Timer wake_;
  bool stopping_ = false;
  std::atomic<std::uint64_t> published_{0};
};

}  // namespace parley::delivery
