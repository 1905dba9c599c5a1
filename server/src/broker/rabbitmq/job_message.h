#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "broker/rabbitmq/message.h"
#include "broker/rabbitmq/topology.h"
#include "delivery/jobs.h"

namespace parley::broker {

// A job on its way through RabbitMQ.
//
//   message_id    the id of the job
//   type          parley.job.<kind>, also the header `schema`
//   body          the payload, which is JSON
//   version       1
//   tries         how often it had been tried when it was published
//   due           not before, in milliseconds since 1970; 0: at once
struct WorkJob {
  delivery::JobId id;
  std::string kind;
  std::string payload;
  std::int64_t tries = 0;
  Timestamp due{};
};

// To the queue of its kind.
Publication to_work(const WorkJob& job, const Topology& topology, Timestamp now);
// To the tier nearest to what is left until it is due.
Publication to_tier(const WorkJob& job, const Topology& topology, Timestamp now);

// To the dead letters: the headers `reason` and `kind`, `tries` and `size`, and no payload, which
// may hold a secret.
Publication to_dead(const WorkJob& job, const Topology& topology, Timestamp now,
                    std::string_view reason);
Publication to_dead(const Delivery& delivery, const Topology& topology, Timestamp now,
                    std::string_view reason);

// Otherwise why this is no job of ours.
std::expected<WorkJob, std::string> read_job(const Delivery& delivery, const Topology& topology);

}  // namespace parley::broker
