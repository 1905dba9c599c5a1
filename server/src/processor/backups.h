#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "base/worker.h"
#include "delivery/leases.h"

namespace parley::processor {

// parley-20261121T030000Z.db: what a backup made at `now` is called.
std::string backup_name(Timestamp now);
// When a file of that name was made; nothing for any other name.
std::optional<Timestamp> backup_time(const std::string& name);

// Backups makes a backup of the store as often as it is told to, on a thread of low priority, and
// keeps the newest few. It is for one node at a time, the one that holds the lease.
//
// What stands in the directory under such a name was read again before it got it; so an old one is
// taken away only after a newer one was found whole. Other files are left alone. After a failure it
// tries again sooner than the next one would be due, and says so until one is made.
class Backups {
 public:
  static constexpr std::chrono::seconds kLook{30};
  static constexpr std::chrono::seconds kLease{100};
  static constexpr std::chrono::minutes kRetry{10};

  struct Settings {
    std::filesystem::path directory;
    std::chrono::seconds every{0};
    std::size_t keep = 1;
  };
  struct Made {
    std::uint64_t bytes = 0;
    std::int64_t messages = 0;
  };
  // Makes one and reads it again, or throws; asks whether it is to stop.
  using Make = std::function<Made(const std::filesystem::path&, const std::function<bool()>&)>;

  // `node` is drawn at random by every start.
  Backups(delivery::Leases& leases, Make make, std::uint64_t node, Settings settings,
          const Clock& clock, Loop& loop, std::chrono::milliseconds look_every = kLook);

  // Works until stop(); main owns it, on `loop`.
  Task<void> run();
  void stop();  // on `loop`; one under way is given up

  // From any thread. Nothing while all is well; else what is the matter, for the operator.
  std::optional<std::string> trouble() const;
  // Of the newest good one, from before the start as well; 0: there is none.
  double last_success() const;  // seconds since 1970
  std::uint64_t bytes() const { return bytes_; }
  double seconds_taken() const { return seconds_taken_; }
  std::uint64_t made() const { return made_; }
  std::uint64_t failed() const { return failed_; }
  std::chrono::seconds every() const { return settings_.every; }

 private:
  using SteadyClock = std::chrono::steady_clock;
  using Timer =
      boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>,
                                        Loop::executor_type>;

  Task<void> take_turn();
  Task<void> make_one(Timestamp now);
  // On the thread of the pool.
  void look_around();
  void prune() const;
  std::vector<std::pair<Timestamp, std::filesystem::path>> kept() const;

  delivery::Leases& leases_;
  const Make make_;
  const std::uint64_t node_;
  const Settings settings_;
  const Clock& clock_;
  const std::chrono::milliseconds look_every_;
  Timer timer_;
  std::atomic<bool> stopping_{false};
  bool looked_around_ = false;
  bool leads_ = false;
  SteadyClock::time_point retry_at_{};
  std::atomic<Timestamp> last_success_{Timestamp{}};
  std::atomic<std::uint64_t> bytes_{0}, made_{0}, failed_{0};
  std::atomic<double> seconds_taken_{0};
  const Timestamp begun_;
  mutable std::mutex mutex_;
  std::string failure_;  // of the last try
  WorkerPool pool_;      // last: its thread uses the rest
};

}  // namespace parley::processor
