#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/rabbitmq/job_message.h"
#include "broker/rabbitmq/message.h"
#include "delivery/jobs.h"

namespace parley::broker {

// Deliveries knows the jobs that RabbitMQ has given to this node: those that wait to be taken,
// those that somebody here is at, and, for a while, those that need nothing any more, so that a
// job that comes twice is done once. It says what is to be settled; it settles nothing.
class Deliveries {
 public:
  using Receipt = Delivery::Receipt;
  static constexpr std::size_t kRemembered = 1 << 16;

  explicit Deliveries(std::size_t remembered = kRemembered) : remembered_(remembered) {}

  // False: it has been done, or is here already; it is to be acked. `redeliveries` count as tries.
  bool arrived(WorkJob job, Receipt receipt, std::int64_t redeliveries);

  // Up to `most` of these kinds, in the order of the kinds, each kind in the order of arrival.
  std::vector<delivery::Job> take(const std::vector<std::string>& kinds, std::int64_t most,
                                  Timestamp lease_end);

  // A job that is here; its `tries` are those of now. Until settled() or keep() its lease does not
  // run out.
  std::optional<WorkJob> hold(delivery::JobId id);
  void keep(delivery::JobId id);

  // It needs nothing any more, or up to its `tries` nothing. Yields what is to be acked.
  std::optional<Receipt> settled(delivery::JobId id, std::int64_t tries = INT64_MAX);

  // Those whose lease has run out are not here any more; yields what is to be given back.
  std::vector<Receipt> expire(Timestamp now);

  // The connection is gone. What waits will be delivered again, perhaps to another node; what
  // somebody is at comes back to them.
  void lost();

  bool knows(delivery::JobId id) const { return entries_.contains(id); }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    WorkJob job;
    std::optional<Receipt> receipt;
    bool taken = false;
    bool held = false;
    Timestamp lease_end{};
  };

  void remember(delivery::JobId id, std::int64_t tries);
  void forget_waiting(delivery::JobId id, const std::string& kind);

  const std::size_t remembered_;
  std::unordered_map<delivery::JobId, Entry> entries_;
  std::map<std::string, std::deque<delivery::JobId>> waiting_;  // by kind
  std::unordered_map<delivery::JobId, std::int64_t> settled_;   // up to how many tries
  std::deque<delivery::JobId> settled_order_;
};

}  // namespace parley::broker
