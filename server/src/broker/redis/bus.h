#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/redis/client.h"
#include "delivery/bus.h"

namespace parley::broker {

// RedisBus carries the messages of the bus by publish and subscribe: each node listens to a
// channel of its own, parley:node:<id>, and to parley:all. What is sent to one node before the
// thread of Redis comes round goes out in one publish.
//
// The way is open while the subscriptions are confirmed and the connection that publishes is up.
// What is sent while it is not, or while more waits than `most_bytes`, is dropped and counted.
// The listener is called on the thread of Redis.
class RedisBus final : public delivery::Bus {
 public:
  struct Options {
    std::size_t most_bytes = 16 << 20;      // sent and not taken by Redis yet
    std::size_t largest_frame = 256 << 10;  // more goes into another publish
    std::size_t largest_message = 8 << 20;
  };
  struct Counters {
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<std::uint64_t> publishes{0};
    std::atomic<std::uint64_t> broken{0};  // frames nobody can read
  };

  // `client` outlives it.
  RedisBus(redis::Client& client, delivery::NodeId self);
  RedisBus(redis::Client& client, delivery::NodeId self, Options options);
  ~RedisBus() override;

  void listen(Listener& listener) override;
  void stop() override;
  void send(delivery::NodeId to, std::string message) override;
  void broadcast(std::string message) override;

  const Counters& counters() const { return counters_; }
  // Why the way is interrupted; nothing when it is not. From any thread, after listen().
  std::optional<std::string> trouble() const;

 private:
  using To = std::optional<delivery::NodeId>;  // nothing: to all
  struct Frame {
    To to;
    std::string bytes;
    std::size_t messages = 0;
  };

  void put(To to, std::string_view message);
  // Of the thread of Redis, like everything below.
  void publish_waiting();
  void publish(Frame frame);
  void received(std::string_view frame);
  void look_at_way();
  void drop(std::uint64_t messages) {
    counters_.dropped.fetch_add(messages, std::memory_order_relaxed);
  }

  redis::Client& client_;
  const delivery::NodeId self_;
  const Options options_;
  Counters counters_;
  std::atomic<bool> open_{false};

  std::mutex mutex_;  // guards what waits for the thread of Redis
  std::vector<Frame> waiting_;
  std::unordered_map<std::uint32_t, std::size_t> last_frame_;  // of a destination, in waiting_
  bool posted_ = false;

  std::atomic<std::size_t> bytes_{0};  // in waiting_, and on their way to Redis
  Listener* listener_ = nullptr;
  std::shared_ptr<redis::Connection> publisher_;
  std::shared_ptr<redis::Connection> subscriber_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // what was posted asks it
};

}  // namespace parley::broker
