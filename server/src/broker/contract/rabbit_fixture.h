#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "broker/contract/rabbit_probe.h"
#include "broker/engines_for_test.h"
#include "broker/rabbitmq/connection.h"

namespace parley::broker {

// Polls until it is so, and says whether it has become so in time.
inline bool becomes(const std::function<bool()>& so,
                    std::chrono::milliseconds patience = std::chrono::seconds{60}) {
  const auto late = std::chrono::steady_clock::now() + patience;
  while (!so()) {
    if (std::chrono::steady_clock::now() >= late) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

// Queues and exchanges that nobody else has, on a RabbitMQ that is shared; gone with this object.
class RabbitCorner {
 public:
  explicit RabbitCorner(std::string url) : url_(std::move(url)) {
    std::random_device random;
    const std::string own = "test-" + std::to_string(random()) + ".";
    topology.user_events = own + "user.events";
    topology.message_events = own + "message.events";
    topology.work = own + "work";
    topology.dead = own + "dead";
    topology.tiers = {{own + "short", std::chrono::milliseconds{150}},
                      {own + "long", std::chrono::milliseconds{1'000}}};
  }
  ~RabbitCorner() {
    RabbitProbe probe{url_};
    for (const std::string& queue : topology.queues()) probe.delete_queue(queue);
    for (const std::string& exchange :
         {topology.user_events, topology.message_events, topology.work, topology.dead})
      probe.delete_exchange(exchange);
    for (const auto& tier : topology.tiers) probe.delete_exchange(tier.name);
  }
  RabbitCorner(const RabbitCorner&) = delete;
  RabbitCorner& operator=(const RabbitCorner&) = delete;

  RabbitConnection::Options options() const {
    RabbitConnection::Options options{.address = parse_rabbit_url(url_).value()};
    options.topology = topology;
    options.count_interval = std::chrono::milliseconds{0};
    options.longest_wait = std::chrono::milliseconds{200};
    return options;
  }

  const std::string& url() const { return url_; }

  Topology topology;

 private:
  const std::string url_;
};

inline bool comes_up(const RabbitConnection& connection) {
  return becomes([&] { return connection.state() == RabbitConnection::State::up; },
                 std::chrono::minutes{2});
}

}  // namespace parley::broker
