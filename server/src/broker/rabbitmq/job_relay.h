#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "broker/rabbitmq/connection.h"
#include "delivery/jobs.h"

namespace parley::broker {

// JobRelay brings the jobs of the outbox that are due to the queues of RabbitMQ: published,
// confirmed, and only then done in the outbox. A crash in between brings a job twice, never loses
// it. What RabbitMQ does not take is due again in the outbox some seconds later; while RabbitMQ is
// away nothing is taken from the outbox. Several nodes may relay from one outbox: it deals out.
class JobRelay {
 public:
  static constexpr std::int64_t kAtOnce = 500;
  static constexpr std::chrono::milliseconds kLookInterval{250};
  static constexpr std::chrono::seconds kLease{120};  // longer than a publish is waited for
  static constexpr std::chrono::seconds kAgain{2};

  // All are to outlive the relay.
  JobRelay(delivery::Jobs& outbox, RabbitConnection& publisher, const Clock& clock, Loop& loop,
           std::vector<std::string> kinds = {kWorkKinds.begin(), kWorkKinds.end()})
      : outbox_(outbox),
        publisher_(publisher),
        clock_(clock),
        kinds_(std::move(kinds)),
        loop_(loop),
        wake_(loop) {}

  // Relays until stop(); main owns it, on `loop`. Does not throw.
  Task<void> run();
  void stop();  // on `loop`

  // From any thread: how many jobs have been brought to RabbitMQ.
  std::uint64_t relayed() const { return relayed_.load(); }

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Loop::executor_type>;

  Task<bool> relay();
  Task<void> settle(std::vector<delivery::JobId> jobs, std::vector<Published> outcomes);
  Task<void> settle_one(delivery::JobId job, Published outcome);
  Task<std::vector<delivery::Job>> without_too_long(std::vector<delivery::Job> jobs);

  delivery::Jobs& outbox_;
  RabbitConnection& publisher_;
  const Clock& clock_;
  const std::vector<std::string> kinds_;
  Loop& loop_;
  Timer wake_;
  bool stopping_ = false;
  std::atomic<std::uint64_t> relayed_{0};
};

}  // namespace parley::broker
