#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include <boost/asio/basic_waitable_timer.hpp>

#include "base/task.h"
#include "delivery/outbox.h"

namespace parley::delivery {

// OutboxBound keeps an outbox that nobody empties from filling the disk: of more events than the
// limit the oldest are dropped, and counted. The newest are the ones to keep: a later mark includes
// the earlier, and what was sent can be read from the API.
//
// It looks now and then, so for a moment there may be more.
class OutboxBound {
 public:
  static constexpr std::chrono::milliseconds kLook{10'000};

  // `ours` says whether it is for this node to look; asked on `loop`. All are to outlive this.
  OutboxBound(Outbox& outbox, std::int64_t limit, std::function<bool()> ours, Loop& loop,
              std::chrono::milliseconds look = kLook)
      : outbox_(outbox), limit_(limit), ours_(std::move(ours)), look_(look), timer_(loop) {}

  // Looks until stop(); main owns it, on `loop`. Does not throw.
  Task<void> run();
  void stop();  // on `loop`

  // From any thread: how many waited lately, and were dropped since the start.
  std::int64_t waiting() const { return waiting_.load(); }
  std::uint64_t dropped() const { return dropped_.load(); }
  // "ok", or what an operator should know: the last look had to drop some.
  std::string health() const;

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Loop::executor_type>;

  Task<void> look();

  Outbox& outbox_;
  const std::int64_t limit_;
  const std::function<bool()> ours_;
  const std::chrono::milliseconds look_;
  Timer timer_;
  bool stopping_ = false;
  std::atomic<bool> dropping_{false};
  std::atomic<std::int64_t> waiting_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace parley::delivery
