#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "delivery/router.h"
#include "gateway/client_address.h"
#include "gateway/handler.h"
#include "gateway/http_session.h"
#include "gateway/network_options.h"
#include "gateway/network_thread.h"
#include "gateway/static_files.h"

namespace parley::gateway {

// Sums over all threads.
struct TrafficTotals {
  std::uint64_t sockets = 0, http_connections = 0, accepted = 0;
  std::uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0, writes = 0;
  std::uint64_t dropped_events = 0, slow_closes = 0;
  std::array<std::uint64_t, 6> responses{};
};

// Server accepts connections on as many threads as it is told, each with a loop and an acceptor
// of its own on the same port (SO_REUSEPORT), and serves HTTP and sockets there.
class Server {
 public:
  // Throws std::invalid_argument or std::runtime_error when the options make no sense.
  Server(NetworkOptions options, Handler& handler, delivery::Router& router, const Clock& clock);
  ~Server();

  // Throws std::runtime_error with a sentence when the address cannot be had.
  void start();

  // Accepts nobody any more, closes sockets with 1012, lets requests end, for `grace` at most.
  void stop(std::chrono::milliseconds grace);

  // Closes all sockets with 1012; whoever comes is served. From any thread.
  void close_sockets();

  std::uint16_t port() const { return port_; }
  std::string url() const;
  TrafficTotals traffic() const;

 private:
  struct Thread;

  void listen();
  bool quiet() const;

  const NetworkOptions options_;
  const StaticFiles files_;
  const TrustedProxies proxies_;
  const HttpServices services_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::uint16_t port_ = 0;
  bool running_ = false;
};

}  // namespace parley::gateway
