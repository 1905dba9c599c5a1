#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::app {

// Something a server needs is not there yet, and may come. Says what, for the operator.
struct NotYet : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// StartWait is how a server that starts waits for what is not there yet: it tries again until it
// is, first after 200 ms and then after longer, up to 2 s; says in the log what is missing, when
// that changes and once a minute; and keeps for /ready which parts are there. Nothing it is told
// may hold a secret.
class StartWait {
 public:
  using Parts = std::vector<std::pair<std::string, std::string>>;
  struct Pace {
    std::chrono::milliseconds first{200}, longest{2'000};
    std::chrono::milliseconds say_again{60'000};
  };

  // The server was told to stop before it was ready.
  struct Stopped {};

  explicit StartWait(std::stop_token stop) : StartWait(std::move(stop), Pace{}) {}
  StartWait(std::stop_token stop, Pace pace) : stop_(std::move(stop)), pace_(pace) {}

  // Tries until `attempt` does not throw NotYet or StorageUnavailable; whatever else it throws goes
  // to the caller. Throws Stopped.
  void until(std::string_view part, const std::function<void()>& attempt);

  // Each part that was waited for, with "ok" or why it is not there. From any thread.
  Parts parts() const;
  bool has(std::string_view part) const;

 private:
  void note(std::string_view part, std::string_view state);
  void pause(std::chrono::milliseconds wait);

  const std::stop_token stop_;
  const Pace pace_;
  mutable std::mutex mutex_;  // guards parts_
  Parts parts_;
};

}  // namespace parley::app
