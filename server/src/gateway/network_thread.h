#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "delivery/hub.h"
#include "gateway/handler.h"
#include "gateway/timer_wheel.h"

namespace parley::delivery {
class Router;
}

namespace parley::gateway {

class Connection;
struct NetworkOptions;

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Loop::executor_type>;

// What the operator sees of a thread's traffic. Written by that thread, read by anybody.
struct Traffic {
  std::atomic<std::uint64_t> sockets{0};           // open now
  std::atomic<std::uint64_t> http_connections{0};  // open now
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> frames_in{0};
  std::atomic<std::uint64_t> frames_out{0};
  std::atomic<std::uint64_t> bytes_in{0};
  std::atomic<std::uint64_t> bytes_out{0};
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> dropped_events{0};
  std::atomic<std::uint64_t> slow_closes{0};
  std::array<std::atomic<std::uint64_t>, 6> responses{};  // by first digit of the status
};

inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

// What the connections of one thread share: its loop, timers, buffers, and the list of those that
// have something to write. A connection lives and dies on its thread.
struct NetworkThread {
  NetworkThread(const NetworkOptions& options, Handler& handler, delivery::Router& router,
                const parley::Clock& clock);
  ~NetworkThread();

  // `connection` has something to write: it does so, with all the others, at the end of the turn.
  void flush_later(Connection& connection);

  // A socket begins.
  void open_connection(Socket socket, Admission admission, std::string already_read);
  std::size_t open_sockets() const {
    return traffic.sockets.load(std::memory_order_relaxed) +
           traffic.http_connections.load(std::memory_order_relaxed);
  }

  // Sockets are told to come back.
  void close_sockets();

  // The server stops: sockets are told to come back, and requests are not waited for any more.
  void say_goodbye();

  const NetworkOptions& options;
  Handler& handler;
  delivery::Router& router;
  const parley::Clock& clock;
  Loop loop{1};
  delivery::Hub& hub;
  TimerWheel timers{loop};
  Traffic traffic;

  static constexpr std::size_t kBuffer = 64 * 1024;
  std::vector<char> read_buffer = std::vector<char>(kBuffer);
  std::string write_buffer;
  // Asio needs them to outlive what they wait for: a connection goes when nothing waits any more.
  std::unordered_map<ConnectionId, std::unique_ptr<Connection>> connections;
  std::unordered_set<Socket*> idle;  // HTTP connections between two requests
  bool stopping = false;

 private:
  void flush();

  std::vector<Connection*> dirty_;
  std::vector<Connection*> flushing_;
  bool flush_posted_ = false;
  std::uint64_t opened_ = 0;
};

}  // namespace parley::gateway
