#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include <boost/asio/basic_waitable_timer.hpp>

#include "app/settings.h"
#include "app/storage.h"
#include "base/metrics.h"
#include "base/task.h"
#include "broker/rabbitmq/connection.h"
#include "broker/rabbitmq/event_log.h"
#include "broker/rabbitmq/job_relay.h"
#include "broker/rabbitmq/jobs.h"
#include "delivery/event_relay.h"
#include "delivery/outbox_bound.h"

namespace parley::app {

// The lease of the node that publishes events; it is a processor.
inline constexpr std::string_view kRelayLease = "event-relay";

// Whether this node has anything to do with RabbitMQ: one is configured, and it is a node that
// relays (processor) or sends (notification).
bool uses_queues(const NodeSettings& settings);

// What goes by RabbitMQ, wired. A processor brings jobs and events there from the store, events
// only while it holds the lease, so that one node does; a node that sends takes jobs from there.
// While RabbitMQ is away all of it waits in the store.
class QueuePart {
 public:
  // `run` is this run of this node. Throws std::invalid_argument with a sentence when the URL is
  // wrong.
  QueuePart(const NodeSettings& settings, Storage& storage, std::uint64_t run, Metrics& metrics,
            Loop& loop);
  ~QueuePart();

  // Each works until stop(), on the loop they were given.
  Task<void> relay_jobs();
  Task<void> relay_events();
  Task<void> bound_outbox();
  Task<void> keep_lease();
  void stop();

  // Where who sends takes from; there is one on nodes that send.
  delivery::Jobs& jobs() { return *jobs_; }

  // "ok", or what is the matter. From any thread.
  std::string health() const;

  // Whether somebody takes every kind of job that is sent, of whatever node; nothing when that
  // cannot be seen from here. From any thread.
  std::optional<bool> work_is_taken() const;

 private:
  // Publishes while the lease is ours.
  class LeasedLog final : public delivery::EventLog {
   public:
    explicit LeasedLog(broker::RabbitConnection& publisher) : log_(publisher) {}

    bool available() const override { return leads && log_.available(); }
    Task<std::vector<delivery::PublishedEventId>> publish(
        std::vector<delivery::PublishedEvent> events) override {
      return log_.publish(std::move(events));
    }

    std::atomic<bool> leads{false};

   private:
    broker::RabbitEventLog log_;
  };
  using SteadyClock = std::chrono::steady_clock;
  using Timer =
      boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>,
                                        Loop::executor_type>;

  // The connection that does not work; null: all do.
  const broker::RabbitConnection* ailing() const;
  Task<void> hold_lease(std::chrono::seconds how_long);
  void collect_metrics(Metrics& metrics) const;

  Storage& storage_;
  const std::uint64_t run_;
  Timer timer_;
  bool stopping_ = false;
  broker::RabbitConnection publisher_;
  LeasedLog log_;
  std::optional<broker::RabbitJobs> jobs_;
  std::optional<broker::JobRelay> job_relay_;
  std::optional<delivery::EventRelay> event_relay_;
  std::optional<delivery::OutboxBound> outbox_bound_;
};

}  // namespace parley::app
