#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "delivery/jobs.h"
#include "notification/sending.h"

namespace parley::notification {

// JobRunner carries out the jobs of some kinds, a few at once: at least once, and again after 5 s,
// 30 s and every 5 minutes while they cannot be. What cannot be done any more, because it has
// become useless or is refused, is kept as dead.
class JobRunner {
 public:
  static constexpr std::size_t kAtOnce = 8;
  static constexpr std::chrono::milliseconds kLookInterval{250};
  static constexpr std::chrono::seconds kCountInterval{5};
  static constexpr std::chrono::seconds kLease{120};

  struct Kind {
    std::string name;
    std::int64_t most_attempts;
    std::function<Task<Sending>(std::string payload)> carry_out;
  };
  struct Totals {
    std::uint64_t sent = 0;
    std::uint64_t postponed = 0;
    std::uint64_t dead = 0;
  };

  JobRunner(delivery::Jobs& jobs, std::vector<Kind> kinds, const Clock& clock, Loop& loop,
            std::size_t at_once = kAtOnce);

  // Works until stop(), and then until what is under way has ended; main owns it, on `loop`.
  Task<void> run();
  void stop();  // on `loop`

  // From any thread, for metrics. `kind` counts in the order they were given.
  Totals totals(std::size_t kind) const;
  // Jobs of all kinds that are not done yet, counted lately.
  std::int64_t waiting() const { return waiting_.load(); }

 private:
  struct Counters {
    std::atomic<std::uint64_t> sent{0}, postponed{0}, dead{0};
  };
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Loop::executor_type>;

  Task<void> look();
  Task<void> count();
  Task<void> sleep(std::chrono::milliseconds longest);
  Task<void> carry_out(delivery::Job job);
  Task<void> settle(const delivery::Job& job, std::size_t kind, Sending sending);

  delivery::Jobs& jobs_;
  const std::vector<Kind> kinds_;
  const Clock& clock_;
  const std::size_t at_once_;
  Loop& loop_;
  Timer wake_;
  bool stopping_ = false;
  std::size_t under_way_ = 0;
  std::deque<Counters> counters_;  // of each kind
  std::atomic<std::int64_t> waiting_{0};
  std::chrono::steady_clock::time_point next_count_{};
};

}  // namespace parley::notification
