#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/task.h"
#include "broker/rabbitmq/address.h"
#include "broker/rabbitmq/confirms.h"
#include "broker/rabbitmq/message.h"
#include "broker/rabbitmq/topology.h"
#include "broker/rabbitmq/wire.h"

namespace parley::broker {

// Whoever is given what is delivered. Called on the thread of the connection, never blocks, and
// outlives the connection.
class Consumer {
 public:
  virtual ~Consumer() = default;
  virtual void received(Delivery delivery) = 0;
  // What was delivered and is not settled will be delivered again, to somebody.
  virtual void lost() = 0;
  // Every second or so, whether there is a connection or not.
  virtual void tick() = 0;
};

// RabbitConnection keeps one AMQP connection alive, on a thread of its own: no event loop ever
// waits for RabbitMQ's network. After every failure it begins anew, connection, channels,
// topology, confirms and consumers, first after 50 ms and then after longer and longer, up to 5 s,
// with jitter; of several hosts each is tried in turn.
//
// RabbitMQ stops reading from a connection that publishes while it is low on memory or disk; acks
// that came by the same connection would not be read either, and nothing would get better. So
// publish and consume by two connections.
//
// Safe to call from any thread. The loops of those who wait are to outlive it, or its stop().
class RabbitConnection {
 public:
  struct Options {
    RabbitAddress address;
    Wire::Options wire{};
    Topology topology{};
    std::chrono::milliseconds first_wait{50};
    std::chrono::milliseconds longest_wait{5'000};
    // What has not been confirmed by then counts as unknown.
    std::chrono::milliseconds patience{30'000};
    std::size_t most_open = 1'000;                    // publishes on their way, and
    std::size_t most_open_bytes = 512 << 10;          // how large they are together
    std::size_t most_queued = 20'000;                 // publications that wait for their turn
    std::chrono::milliseconds count_interval{5'000};  // between looks into the queues; 0: never
  };

  enum class State : std::uint8_t {
    connecting,  // for the first time
    up,
    blocked,  // RabbitMQ takes no publishes: it is low on memory or disk
    down,
  };
  struct Status {
    State state = State::connecting;
    std::string sentence;  // for /ready: "ok", or what is wrong
  };
  struct Totals {
    std::uint64_t connects = 0;
    std::uint64_t confirmed = 0;
    std::uint64_t unroutable = 0;
    std::uint64_t refused = 0;
    std::uint64_t unknown = 0;
    std::uint64_t delivered = 0;
    std::uint64_t acked = 0;
    std::uint64_t requeued = 0;
  };
  using Outcomes = std::vector<Published>;  // in the order of what was published
  using Then = std::move_only_function<void(Outcomes)>;
  enum class Settling : std::uint8_t { ack, requeue };

  // Begins to connect. `consumer` may be nobody.
  explicit RabbitConnection(Options options, Consumer* consumer = nullptr);
  ~RabbitConnection();

  // Publishes all of them, in this order, and says what became of each. Does not throw.
  Task<Outcomes> publish(std::vector<Publication> publications);
  // The same; `then` is called once, on the thread of the connection or at once, and does not wait.
  void publish(std::vector<Publication> publications, Then then);

  // From now on, and after every loss again: up to `prefetch` messages of `queue` are delivered
  // that are not settled.
  void consume(std::string queue, std::uint16_t prefetch);
  // A receipt of an earlier connection settles nothing.
  void settle(Delivery::Receipt receipt, Settling settling);

  Status status() const;
  State state() const { return state_.load(std::memory_order_relaxed); }
  Totals totals() const;
  // How many messages waited in each queue of ours, lately. Empty while that cannot be seen.
  std::map<std::string, std::int64_t> waiting() const;
  // How many consumers each had, of whatever node. The same.
  std::map<std::string, std::int64_t> consumers() const;

  const Options& options() const { return options_; }

  // Settles what is queued to be settled, says goodbye and ends the thread. What was to be
  // published is away. Later calls do nothing, or answer that.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Batch {
    std::vector<Publication> publications;
    Outcomes outcomes;
    std::size_t open = 0;
    Clock::time_point deadline;
    Then then;
  };
  struct Session;  // what lives as long as one connection

  void run();
  // Whether it could be done for a while, or a person has to do something first.
  enum class Ended : std::uint8_t { late, soon, refused };
  Ended connect_and_serve();
  void serve(Session& session);
  void take_requests(Session& session);
  void repair(Session& session);
  void publish_queued(Session& session);
  void listen(Session& session);
  void hear(Session& session, Wire::Told told);
  void look_into_queues(Session& session);
  void decide(const Confirms::Outcomes& outcomes);
  void decide(Confirms::Place place, Published outcome);
  void finish(std::uint64_t batch);
  void give_up_queued();
  void give_up_late();
  void tick();
  void pause(Ended ended);
  void wait(const Session& session);
  void sleep(int socket, bool for_room, std::chrono::milliseconds longest);
  void wake() const;
  bool stopping() const;
  void set(State state, std::string sentence);
  void use(Wire* wire);

  const Options options_;
  Consumer* const consumer_;
  const int wakeup_;  // an eventfd

  mutable std::mutex mutex_;  // guards what others ask for, up to the empty line
  std::deque<Batch> new_batches_;
  std::vector<std::pair<Delivery::Receipt, Settling>> new_settlings_;
  std::map<std::string, std::uint16_t> consumed_;
  std::size_t queued_ = 0;
  bool stopping_ = false;
  bool ended_ = false;
  std::condition_variable end_;
  std::string sentence_ = "connecting";
  std::map<std::string, QueueCounts> counts_;
  Wire* wire_ = nullptr;  // to be broken off by stop()

  // Of the thread.
  std::unordered_map<std::uint64_t, Batch> batches_;
  std::deque<Confirms::Place> unsent_;
  Confirms confirms_;
  std::uint64_t next_batch_ = 1;
  std::uint64_t connection_ = 0;
  std::size_t next_host_ = 0;
  std::size_t failures_ = 0;  // in a row
  Clock::time_point next_tick_{};

  std::atomic<State> state_{State::connecting};
  struct Counters {
    std::atomic<std::uint64_t> connects{0}, confirmed{0}, unroutable{0}, refused{0}, unknown{0},
        delivered{0}, acked{0}, requeued{0};
  } counters_;
  std::thread thread_;
};

}  // namespace parley::broker
