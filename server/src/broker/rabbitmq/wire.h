#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "broker/rabbitmq/address.h"
#include "broker/rabbitmq/message.h"

struct amqp_connection_state_t_;
struct amqp_frame_t_;

namespace parley::broker {

// The connection cannot be used any more, and why, in a sentence for the operator.
struct WireFailure : std::runtime_error {
  enum class Kind : std::uint8_t {
    unreachable,  // nobody there, or gone
    refused,      // somebody is there and does not want us as we are: a person has to act
  };
  WireFailure(Kind k, const std::string& why) : std::runtime_error(why), kind(k) {}
  Kind kind;
};

struct QueueCounts {
  std::uint32_t messages = 0;  // that wait
  std::uint32_t consumers = 0;
};

// Wire is one AMQP 0-9-1 connection by rabbitmq-c, from the sign-in on. Its calls block, each for
// `Options::patience` at most where it waits for an answer, so it belongs to one thread that may
// be blocked. Every call throws WireFailure when the connection is lost; nothing is repaired here.
class Wire {
 public:
  struct Options {
    std::string name = "parley";  // as RabbitMQ's operator sees it
    std::string ca_file{};        // for amqps; empty: what the system trusts
    std::chrono::seconds heartbeat{10};
    std::chrono::milliseconds patience{5'000};
    std::size_t longest_body = 1 << 20;  // what is longer is not read
  };

  // What RabbitMQ tells without being asked.
  struct Acked {
    std::uint16_t channel;
    std::uint64_t tag;
    bool multiple;
    bool refused;  // a nack
  };
  struct Returned {
    std::uint16_t channel;
    std::string message_id;
  };
  struct Cancelled {
    std::string queue;  // it was deleted, or its node is gone
  };
  struct Blocked {
    std::string reason;
  };
  struct Unblocked {};
  using Told = std::variant<Acked, Returned, Delivery, Cancelled, Blocked, Unblocked>;

  // Connects and signs in.
  Wire(const RabbitAddress& address, const Host& host, const Options& options);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void open_channel(std::uint16_t channel);
  void close_channel(std::uint16_t channel);
  void confirm(std::uint16_t channel);

  // What RabbitMQ calls arguments: x-queue-type and the like.
  struct Arguments : std::map<std::string, std::variant<std::string, std::int64_t>> {
    using map::map;
  };
  void declare_exchange(std::uint16_t channel, const std::string& name, const std::string& type);
  void declare_queue(std::uint16_t channel, const std::string& name, const Arguments& arguments);
  void bind(std::uint16_t channel, const std::string& queue, const std::string& exchange,
            const std::string& routing_key);
  // How many messages wait in `queue`, which is there.
  QueueCounts look_into(std::uint16_t channel, const std::string& queue);

  void publish(std::uint16_t channel, const Publication& publication);

  // From now on up to `prefetch` messages of `queue` are delivered that are not settled.
  void consume(std::uint16_t channel, const std::string& queue, std::uint16_t prefetch);
  void ack(std::uint16_t channel, std::uint64_t tag);
  void requeue(std::uint16_t channel, std::uint64_t tag);

  // What was told, if anything has arrived; does not wait. Sends heartbeats as they become due, so
  // it is to be called every second or so.
  std::optional<Told> next();

  // Readable when there may be something for next().
  int descriptor() const;
  // Whether there is room for something to be sent.
  bool writable() const;

  // Says goodbye, if that is possible.
  void close();

 private:
  struct Content;  // a message of which not all frames have come

  void need(bool well, int status, std::string_view doing) const;
  void need_reply(std::string_view doing) const;
  std::optional<Told> read(const amqp_frame_t_& frame);
  std::optional<Told> read_method(const amqp_frame_t_& frame);
  std::optional<Told> finish(std::uint16_t channel);

  amqp_connection_state_t_* state_ = nullptr;
  std::string where_;
  std::size_t longest_body_;
  std::map<std::uint16_t, std::unique_ptr<Content>> contents_;
};

}  // namespace parley::broker
