#pragma once

#include <vector>

#include "broker/rabbitmq/connection.h"
#include "delivery/event_log.h"

namespace parley::broker {

// EventLog on the exchanges user.events and message.events. An event that no queue is bound for is
// gone, as with every topic exchange: who wants to hear it declares a queue first (docs/events.md).
class RabbitEventLog final : public delivery::EventLog {
 public:
  explicit RabbitEventLog(RabbitConnection& publisher) : publisher_(publisher) {}

  bool available() const override { return publisher_.state() == RabbitConnection::State::up; }
  Task<std::vector<delivery::PublishedEventId>> publish(
      std::vector<delivery::PublishedEvent> events) override;

 private:
  RabbitConnection& publisher_;
};

}  // namespace parley::broker
