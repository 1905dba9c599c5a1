#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace parley::gateway {

// What the network layer is told to be. docs/configuration.md says when to change what.
struct NetworkOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any
  unsigned threads = 1;
  std::uint32_t node = 0;  // 0..1023, another one on every node of a cluster
  std::size_t max_connections = 100'000;

  std::size_t max_json = 256 * 1024;  // bytes of a request's body
  std::chrono::seconds request_timeout{10};
  std::chrono::seconds keep_alive{60};

  std::size_t max_frame = 1024 * 1024;       // bytes of a message on a socket
  std::size_t outbound_queue = 1024 * 1024;  // bytes that wait for a slow reader
  std::size_t max_in_flight = 64;            // operations of one socket at a time
  unsigned frames_per_second = 200;          // of one socket, sustained; 0: any number
  unsigned frames_burst = 1000;
  std::chrono::seconds ping_interval{25};
  std::chrono::seconds dead_after{60};    // without a sign of life
  std::chrono::seconds stuck_after{30};   // without having read anything of what waits
  std::chrono::seconds close_timeout{5};  // for the peer's answer to a close frame
  std::chrono::seconds expiry_warning{60};

  std::vector<std::string> trusted_proxies;  // addresses or networks (CIDR)
  std::vector<std::string> allowed_origins;  // "https://chat.example.org", beside our own
  std::filesystem::path web;                 // files of the web client; empty: those in the binary
};

}  // namespace parley::gateway
