#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>

#include "base/task.h"

namespace parley::app {

// WorkWatch warns of work that nobody takes, because no node with the role for it runs: it looks
// now and then, and when it has seen nobody for a while it says so, in the log once and in /ready
// until somebody is there.
class WorkWatch {
 public:
  static constexpr std::chrono::milliseconds kLook{15'000};
  static constexpr std::chrono::milliseconds kPatience{300'000};

  struct Duty {
    std::string lacking;  // what to say when nobody does it
    // Whether somebody does, now; nothing when that cannot be seen. May throw.
    std::function<Task<std::optional<bool>>()> is_done;
  };

  WorkWatch(std::vector<Duty> duties, Loop& loop, std::chrono::milliseconds look = kLook,
            std::chrono::milliseconds patience = kPatience);

  // Looks until stop(); main owns it, on `loop`. Does not throw.
  Task<void> run();
  void stop();  // on `loop`

  // "ok", or what nobody does. From any thread.
  std::string health() const;

 private:
  using SteadyClock = std::chrono::steady_clock;
  using Timer =
      boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>,
                                        Loop::executor_type>;
  struct Watched {
    Duty duty;
    SteadyClock::time_point last_done;
    bool warned = false;
  };

  Task<void> look(Watched& watched);
  void publish_health();

  std::vector<Watched> watched_;
  const std::chrono::milliseconds look_;
  const std::chrono::milliseconds patience_;
  Timer timer_;
  bool stopping_ = false;

  mutable std::mutex mutex_;  // guards health_
  std::string health_ = "ok";
};

}  // namespace parley::app
