#include "app/start_wait.h"

#include <algorithm>
#include <condition_variable>
#include <optional>

#include "base/log.h"
#include "model/error.h"

namespace parley::app {

void StartWait::until(std::string_view part, const std::function<void()>& attempt) {
  using Clock = std::chrono::steady_clock;
  if (!has(part)) note(part, "not reached yet");
  std::string said;
  Clock::time_point say_again;
  for (auto wait = pace_.first;; wait = std::min(wait * 2, pace_.longest)) {
    std::string why;
    try {
      attempt();
      note(part, "ok");
      if (!said.empty()) log::info("the start goes on", {{"part", part}});
      return;
    } catch (const NotYet& failure) {
      why = failure.what();
    } catch (const StorageUnavailable& failure) {
      why = failure.what();
    }
    note(part, why);
    if (why != said || Clock::now() >= say_again) {
      log::error("the start waits", {{"part", part}, {"why", why}});
      said = why;
      say_again = Clock::now() + pace_.say_again;
    }
    pause(wait);
  }
}

void StartWait::pause(std::chrono::milliseconds wait) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock{mutex};
  woken.wait_for(lock, stop_, wait, [] { return false; });
  if (stop_.stop_requested()) throw Stopped{};
}

StartWait::Parts StartWait::parts() const {
  const std::lock_guard lock{mutex_};
  return parts_;
}

bool StartWait::has(std::string_view part) const {
  const std::lock_guard lock{mutex_};
  const auto known = std::ranges::find(parts_, part, &Parts::value_type::first);
  return known != parts_.end() && known->second == "ok";
}

void StartWait::note(std::string_view part, std::string_view state) {
  const std::lock_guard lock{mutex_};
  const auto known = std::ranges::find(parts_, part, &Parts::value_type::first);
  if (known != parts_.end()) {
    known->second = state;
  } else {
    parts_.emplace_back(part, state);
  }
}

}  // namespace parley::app
