#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "delivery/leases.h"
#include "notification/digest_store.h"
#include "notification/unsubscribe_tokens.h"

namespace parley::processor {

// Digests mails people who have been away for long that messages wait for them: one mail in an
// absence, never a word of what was written, and names only where the user allows previews. It is
// for one node at a time, the one that holds the lease.
//
// Whoever is connected, was active meanwhile or wants quiet is looked at again when their absence
// may be long enough; whoever has nothing to read, when something comes.
class Digests {
 public:
  static constexpr std::int64_t kBatch = 50;        // users in a transaction
  static constexpr std::int64_t kMostATurn = 2000;  // and in a turn, so that mails are no flood
  static constexpr std::chrono::seconds kShortestLease{10};
  // What was due longer ago, while no digests were sent, is old news.
  static constexpr std::chrono::days kStale{7};

  struct Settings {
    std::chrono::seconds after{0};  // 0: none are sent
    std::string public_url;
  };
  struct Ties {
    delivery::Leases& leases;
    notification::DigestStore& store;
    const notification::UnsubscribeTokens& tokens;
    std::function<bool(UserId)> is_online;  // anywhere
  };

  // `node` is drawn at random by every start.
  Digests(Ties ties, std::uint64_t node, Settings settings, const Clock& clock, Loop& loop)
      : Digests(std::move(ties), node, settings, clock, loop, interval_of(settings.after)) {}
  Digests(Ties ties, std::uint64_t node, Settings settings, const Clock& clock, Loop& loop,
          std::chrono::milliseconds every)
      : ties_(std::move(ties)),
        node_(node),
        settings_(std::move(settings)),
        clock_(clock),
        every_(every),
        lease_(std::max(kShortestLease, std::chrono::ceil<std::chrono::seconds>(3 * every))),
        timer_(loop) {}

  // Works until stop(); main owns it, on `loop`. The first turn comes after one interval: then the
  // node has heard who is connected elsewhere.
  Task<void> run();
  void stop();  // on `loop`

  // Mails left since the start. From any thread.
  std::uint64_t mails() const { return mails_.load(std::memory_order_relaxed); }

 private:
  using SteadyClock = std::chrono::steady_clock;
  using Timer =
      boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>,
                                        Loop::executor_type>;

  static std::chrono::milliseconds interval_of(std::chrono::seconds after);

  Task<void> take_turn();
  Task<notification::AbsenceDecision> decide(const notification::Absence& absence, Timestamp now);
  delivery::NewJob mail_for(const notification::Absence& absence,
                            const notification::Waiting& waiting) const;

  const Ties ties_;
  const std::uint64_t node_;
  const Settings settings_;
  const Clock& clock_;
  const std::chrono::milliseconds every_;
  const std::chrono::seconds lease_;
  Timer timer_;
  bool stopping_ = false;
  std::atomic<std::uint64_t> mails_{0};
};

}  // namespace parley::processor
