#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/circuit_breaker.h"
#include "base/task.h"
#include "delivery/node_board.h"
#include "delivery/node_role.h"

namespace parley::gateway {

// Another node, as we have come to know it.
struct Peer {
  Peer(std::string at, std::string host_name, std::string port_number);

  const std::string address;  // http://host:port
  const std::string host;     // without brackets
  const std::string port;
  CircuitBreaker breaker;
  std::atomic<std::uint64_t> start{0};    // which run of it answered last; 0: it never did
  std::atomic<std::size_t> in_flight{0};  // what it is being asked
};

// A node named by the operator.
struct FixedPeer {
  delivery::NodeRole role = delivery::NodeRole::user;
  std::string address;
};

// Takes http://host:port apart, and http://[::1]:8081; nothing when it is something else.
std::optional<std::pair<std::string, std::string>> host_and_port(std::string_view address);

// Peers knows which other nodes run which role: those the operator named, and those on the board.
// Safe to call from any thread.
class Peers {
 public:
  // `self` is this run of this node, which is no peer.
  Peers(const std::vector<FixedPeer>& fixed, std::uint64_t self);

  // Those that run `role`, beginning with another one each time.
  std::vector<std::shared_ptr<Peer>> with(delivery::NodeRole role);

  // Keeps what the board says; of a peer that stays, what we know of it stays too.
  void see(const std::vector<delivery::NodeEntry>& entries);

  // Looks at the board every `interval` until stop(). While it cannot be reached, what it said last
  // counts: its nodes are still there, most likely.
  Task<void> follow(delivery::NodeBoard& board,
                    std::chrono::milliseconds interval = std::chrono::seconds{2});
  void stop() { stopping_ = true; }

  struct State {
    std::size_t known = 0;
    std::size_t answering = 0;  // the breaker of which is closed
  };
  State state(delivery::NodeRole role) const;

 private:
  struct Known {
    std::shared_ptr<Peer> peer;
    delivery::NodeRoles fixed;
    delivery::NodeRoles on_board;

    bool runs(delivery::NodeRole role) const { return fixed.has(role) || on_board.has(role); }
  };

  Known* know(const std::string& address);  // mutex_ is held

  const std::uint64_t self_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> turn_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Known, std::less<>> by_address_;
};

}  // namespace parley::gateway
