#pragma once

#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include "broker/contract/rabbit_fixture.h"
#include "broker/rabbitmq/job_relay.h"
#include "broker/rabbitmq/jobs.h"
#include "delivery/jobs_for_test.h"

namespace parley::broker {

// A relay on a thread of its own.
class RunningRelay {
 public:
  RunningRelay(delivery::Jobs& outbox, RabbitConnection& publisher, const Clock& clock)
      : relay_(outbox, publisher, clock, *loop_), busy_(loop_->get_executor()) {
    boost::asio::co_spawn(*loop_, relay_.run(), [this](std::exception_ptr failure) {
      EXPECT_FALSE(failure) << "a relay does not throw";
      busy_.reset();
    });
    thread_ = std::jthread{[this] { loop_->run(); }};
  }
  ~RunningRelay() {
    boost::asio::post(*loop_, [this] { relay_.stop(); });
    thread_.join();
  }
  RunningRelay(const RunningRelay&) = delete;
  RunningRelay& operator=(const RunningRelay&) = delete;

  const JobRelay& operator*() const { return relay_; }

 private:
  BorrowedLoop loop_;
  JobRelay relay_;
  boost::asio::executor_work_guard<Loop::executor_type> busy_;
  std::jthread thread_;
};

// Two nodes that share the work by RabbitMQ, and the outbox and relay of the first.
class RabbitWork {
 public:
  static bool available() { return has_rabbit(); }

  explicit RabbitWork(const std::string& url = rabbit_url()) : corner(url) {
    jobs_.emplace(outbox, publisher, options(), clock);
    others_.emplace(outbox, publisher, options(), clock);
    EXPECT_TRUE(comes_up(publisher) && comes_up(jobs_->consumer()) &&
                comes_up(others_->consumer()));
  }
  ~RabbitWork() {
    relay.reset();
    publisher.stop();
  }

  RabbitJobs& jobs() { return *jobs_; }
  RabbitJobs& others() { return *others_; }
  void reopen() {
    jobs_.reset();
    jobs_.emplace(outbox, publisher, options(), clock);
    EXPECT_TRUE(comes_up(jobs_->consumer()));
  }

  RabbitConnection::Options options() const {
    auto own = corner.options();
    own.count_interval = std::chrono::milliseconds{50};
    return own;
  }

  RabbitCorner corner;
  SystemClock clock;
  delivery::MemoryJobs outbox{clock};
  RabbitConnection publisher{corner.options()};
  std::optional<RunningRelay> relay{std::in_place, outbox, publisher, clock};

 private:
  std::optional<RabbitJobs> jobs_, others_;
};

}  // namespace parley::broker
