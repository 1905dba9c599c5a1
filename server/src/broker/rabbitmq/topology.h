#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/rabbitmq/wire.h"

namespace parley::broker {

// The kinds of jobs that travel by RabbitMQ, each by a queue of its own: a slow one holds up none.
inline constexpr std::array<std::string_view, 5> kWorkKinds{"push", "mail", "sms", "webhook",
                                                            "away"};

// Topology is everything that we declare in RabbitMQ, at every connect. Declaring is idempotent:
// what is there as we want it stays as it is. What is there otherwise is refused by RabbitMQ; we
// then stay away and say so, because deleting a queue is a person's decision.
//
//   user.events, message.events   topic exchanges, durable: what other systems may hear
//                                 (docs/events.md). Queues and bindings are theirs.
//   parley.work                   direct exchange; the routing key is the kind of a job
//   parley.work.<kind>            quorum queue of a kind, bound to parley.work
//     x-delivery-limit            what was given out so often without being settled goes to
//                                 parley.dead. RabbitMQ counts every loss of a connection, so it is
//                                 high: it stops what kills whoever takes it, nothing else. Our
//                                 own count of attempts is in a header.
//     x-dead-letter-exchange      parley.dead
//     x-dead-letter-strategy      at-least-once: a dead letter is confirmed before it is removed
//     x-overflow                  reject-publish, which that needs: when the queue is full, the
//                                 publisher hears a nack and keeps the job in its outbox
//     x-max-length                the bound of that
//   parley.retry.<wait>           fanout exchange and quorum queue of the same name, one per wait:
//                                 after x-message-ttl a message dies from here to parley.work, by
//                                 the routing key that it came with. The wait belongs to the
//                                 queue: with one per message, a long one at the head would hold
//                                 up all behind it.
//   parley.dead                   fanout exchange and quorum queue of the same name, bounded by
//                                 length and age: the latest dead letters, for people to look at
struct Topology {
  struct Tier {
    std::string name;
    std::chrono::milliseconds wait;
  };

  std::string user_events = "user.events";
  std::string message_events = "message.events";
  std::string work = "parley.work";
  std::vector<Tier> tiers{{"parley.retry.5s", std::chrono::seconds{5}},
                          {"parley.retry.30s", std::chrono::seconds{30}},
                          {"parley.retry.5min", std::chrono::minutes{5}}};
  std::string dead = "parley.dead";

  std::int64_t delivery_limit = 50;
  std::int64_t most_waiting = 1'000'000;  // per kind
  std::int64_t most_dead = 10'000;
  std::chrono::milliseconds dead_kept = std::chrono::days{7};

  std::string queue_of(std::string_view kind) const { return work + "." + std::string{kind}; }
  // Whose queue that is; empty when it is none of ours.
  std::string_view kind_of(std::string_view queue) const;
  // The tier whose wait is nearest to `wait`; of two, the longer.
  const Tier& tier_for(std::chrono::milliseconds wait) const;
  // Every queue of the above.
  std::vector<std::string> queues() const;

  // Throws WireFailure, with what a person can do when they have to.
  void declare(Wire& wire, std::uint16_t channel) const;
};

}  // namespace parley::broker
