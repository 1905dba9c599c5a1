#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "broker/rabbitmq/address.h"
#include "broker/rabbitmq/message.h"

struct amqp_connection_state_t_;

namespace parley::broker {

// Another program at the same RabbitMQ: it looks, and meddles. Everything throws
// std::runtime_error when RabbitMQ does not want it.
class RabbitProbe {
 public:
  explicit RabbitProbe(const std::string& url);
  ~RabbitProbe();
  RabbitProbe(const RabbitProbe&) = delete;
  RabbitProbe& operator=(const RabbitProbe&) = delete;

  // A queue that goes with the probe, bound to what is there.
  std::string listen(const std::string& exchange, const std::string& routing_key);
  // A queue that stays, with a length at which it refuses more.
  void declare(const std::string& queue, std::int64_t max_length);
  void bind(const std::string& queue, const std::string& exchange, const std::string& routing_key);
  void publish(const Publication& publication);
  // The oldest message, which is gone from the queue then; waits for one until `patience` is over.
  std::optional<Delivery> get(const std::string& queue,
                              std::chrono::milliseconds patience = std::chrono::seconds{20});
  std::int64_t waiting(const std::string& queue);
  void purge(const std::string& queue);
  void delete_queue(const std::string& queue);
  void delete_exchange(const std::string& exchange);

 private:
  void check(const char* doing);

  amqp_connection_state_t_* state_;
};

}  // namespace parley::broker
