#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "broker/rabbitmq/connection.h"
#include "broker/rabbitmq/deliveries.h"
#include "delivery/jobs.h"

namespace parley::broker {

// RabbitJobs is Jobs that many nodes share by RabbitMQ. A job is added to the outbox, which is the
// Jobs of the store, in the transaction that asks for it. A JobRelay brings it from there to the
// queue of its kind; RabbitMQ deals it out to the nodes that take that kind.
//
// What differs from a store, beside the path:
//   * take() yields what RabbitMQ has delivered already: nothing while RabbitMQ is away. Jobs stay
//     in the outbox then, or in RabbitMQ.
//   * A job of the same key replaces one that is still in the outbox, not one that has left it.
//   * failed() with a time waits in the tier nearest to it, in several when it is far: it comes
//     back at that time, some seconds early or late.
//   * done() is sent, not confirmed. When it is lost, the job comes again; this node knows the last
//     65,536 that it has done, and does not do them twice.
//   * `attempt` counts deliveries that were lost with a connection as well.
//   * What is dead is in parley.dead, without its payload. So is a message that is no job of ours,
//     and a job that was given out kMostRedeliveries times and never settled.
//
// Kinds that are not in `kinds` stay in the outbox and are taken from there. failed() throws
// StorageUnavailable when RabbitMQ cannot take the job: it stays the caller's until its lease ends.
//
// Stop `publisher` before this goes, or its end waits for confirms.
class RabbitJobs final : public delivery::Jobs, private Consumer {
 public:
  static constexpr std::uint16_t kPrefetch = 32;  // of each kind
  static constexpr std::int64_t kMostRedeliveries = 20;

  struct Totals {
    std::uint64_t duplicates = 0;  // came again although they were done
    std::uint64_t dead = 0;        // brought to parley.dead
    std::uint64_t expired = 0;     // given back because their lease had ended
  };

  // All but `consumer`, which is copied, are to outlive this object. The consumer's connection is
  // another than the publisher's (see RabbitConnection).
  RabbitJobs(delivery::Jobs& outbox, RabbitConnection& publisher,
             RabbitConnection::Options consumer, const Clock& clock,
             std::vector<std::string> kinds = {kWorkKinds.begin(), kWorkKinds.end()});
  ~RabbitJobs() override;

  Task<void> add(delivery::NewJob job) override;
  Task<std::vector<delivery::Job>> take(std::vector<std::string> kinds, std::int64_t most,
                                        std::chrono::seconds lease) override;
  Task<void> done(delivery::JobId job) override;
  Task<void> failed(delivery::JobId job, std::optional<Timestamp> retry_at,
                    std::string why) override;
  // The outbox, the queues as they were some seconds ago, and what is here.
  Task<Counts> counts() override;

  // For /ready and /metrics, from any thread.
  const RabbitConnection& consumer() const { return consumer_; }
  Totals totals() const;

  // Takes nothing any more, and gives back what has not been taken.
  void stop() { consumer_.stop(); }

 private:
  // A message that goes elsewhere in RabbitMQ: it is acked when it has arrived there.
  struct Forward {
    Publication publication;
    Delivery::Receipt receipt;
    bool under_way = false;
  };

  void received(Delivery delivery) override;
  void lost() override;
  void tick() override;

  void forward(Publication publication, Delivery::Receipt receipt);
  void send_forwards();
  void forwarded(Delivery::Receipt receipt, Published outcome);
  void expire();
  bool is_relayed(const std::string& kind) const;
  const Topology& topology() const { return consumer_.options().topology; }

  delivery::Jobs& outbox_;
  RabbitConnection& publisher_;
  const Clock& clock_;
  const std::vector<std::string> kinds_;

  mutable std::mutex mutex_;  // guards the following three
  Deliveries deliveries_;
  std::vector<Forward> forwards_;
  std::size_t under_way_ = 0;
  std::condition_variable none_under_way_;

  std::atomic<std::uint64_t> duplicates_{0}, dead_{0}, expired_{0};
  RabbitConnection consumer_;  // the last: it calls us from its thread
};

}  // namespace parley::broker
