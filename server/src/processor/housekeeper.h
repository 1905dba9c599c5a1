#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "chat/away.h"
#include "delivery/housekeeping.h"
#include "delivery/leases.h"
#include "notification/device_store.h"

namespace parley::processor {

// How long things are kept. Nothing: for ever.
struct Retention {
  std::chrono::seconds messages{0};
  std::chrono::seconds undelivered{std::chrono::days{365}};  // FEATURES S94
  std::chrono::seconds devices{std::chrono::days{60}};       // since a push or a registration
};

// Housekeeper does what one node at a time has to do, which is the one that holds the lease: every
// half a minute it looks for people whom a node that died left waiting, every hour it takes out of
// the store what has outlived its use.
class Housekeeper {
 public:
  static constexpr std::chrono::seconds kSweep{30};
  static constexpr std::chrono::seconds kLease{100};
  static constexpr std::chrono::minutes kTidy{60};
  // What is younger is looked after by the node that accepted it.
  static constexpr std::chrono::seconds kSettled{30};

  struct Stores {
    delivery::Leases& leases;
    delivery::Housekeeping& housekeeping;
    chat::AwayStore& away;
    notification::DeviceStore& devices;
  };

  // `node` is drawn at random by every start.
  Housekeeper(Stores stores, std::uint64_t node, Retention retention, const Clock& clock,
              Loop& loop, std::chrono::milliseconds sweep_every = kSweep)
      : stores_(stores),
        node_(node),
        retention_(retention),
        clock_(clock),
        sweep_every_(sweep_every),
        timer_(loop) {}

  // Works until stop(); main owns it, on `loop`.
  Task<void> run();
  void stop();  // on `loop`

  // From any thread, for metrics.
  bool leads() const { return leads_; }
  std::uint64_t removed() const { return removed_; }
  std::uint64_t entries_cut() const { return entries_cut_; }
  std::uint64_t late_pushes() const { return late_pushes_; }

 private:
  using SteadyClock = std::chrono::steady_clock;
  using Timer =
      boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>,
                                        Loop::executor_type>;

  Task<void> take_turn();
  Task<void> sweep();
  Task<void> tidy();
  Task<void> cut_logs();

  const Stores stores_;
  const std::uint64_t node_;
  const Retention retention_;
  const Clock& clock_;
  const std::chrono::milliseconds sweep_every_;
  Timer timer_;
  bool stopping_ = false;
  SteadyClock::time_point next_tidy_{};
  std::atomic<bool> leads_{false};
  std::atomic<std::uint64_t> removed_{0}, entries_cut_{0}, late_pushes_{0};
};

}  // namespace parley::processor
