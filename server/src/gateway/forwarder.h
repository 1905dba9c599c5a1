#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log_gate.h"
#include "gateway/operations.h"
#include "gateway/peer_client.h"
#include "gateway/peers.h"
#include "gateway/ticket.h"

namespace parley::gateway {

// Forwarder has another node answer what no part of this one can (DESIGN.md §3): it picks a live
// node with the role, sends it the payload as it came under a signed ticket, and hands its answer
// on unchanged. Who does not answer is left alone for a while (CircuitBreaker). Another node is
// asked when the first has not begun, or when the operation may be repeated. When nobody can, the
// caller is told `unavailable`, and when to come back. Safe to call from any loop.
class Forwarder {
 public:
  using Clock = PeerClient::Clock;
  static constexpr std::chrono::seconds kPatience{10};
  static constexpr std::chrono::seconds kPatienceForBytes{60};  // an export takes its time
  static constexpr std::size_t kMostInFlight = 512;             // per peer
  static constexpr std::size_t kMostAnswer = 64 << 20;

  struct Request {
    Caller caller;
    Form form = Form::rest;
    std::string parameters;  // of path and query, as a query string
    std::string payload;     // JSON, or bytes
  };

  // `self` is this run of this node; everything is to outlive the forwarder.
  Forwarder(Peers& peers, const ClusterSeal& seal, NodeStart self, const parley::Clock& clock,
            std::chrono::milliseconds patience = kPatience);

  // The answer of the other node, or its refusal, or `unavailable`.
  Task<Result<Answer>> forward(const Operation& operation, Request request);

  // When the loops that forward have ended, and before they are gone.
  void stop() { client_.stop(); }

  // How forwarded operations ended, by the role they were for.
  struct Totals {
    std::atomic<std::uint64_t> answered{0};  // refusals of the operation included
    std::atomic<std::uint64_t> failed{0};    // nobody could
    std::atomic<std::uint64_t> repeated{0};  // asks of another node, or of the same again
  };
  const Totals& totals(delivery::NodeRole role) const {
    return totals_[static_cast<std::size_t>(role)];
  }

  Peers& peers() const { return peers_; }
  PeerClient& client() { return client_; }

 private:
  // Why a node did not answer, and what that says.
  struct Trouble {
    std::string why;
    bool begun = true;   // it may have carried the operation out
    bool blame = true;   // the node is to be left alone if this goes on
    bool again = false;  // the same node may be asked at once
  };
  using Asked = std::expected<Result<Answer>, Trouble>;

  Task<Asked> ask(Peer& peer, const Operation& operation, const Request& request,
                  Clock::time_point deadline);
  Asked read(Peer& peer, const PeerAnswer& answer, const std::string& ticket);
  Error give_up(const Operation& operation, const Request& request, const std::string& why,
                std::chrono::seconds retry_after);

  Peers& peers_;
  const ClusterSeal& seal_;
  const NodeStart self_;
  const parley::Clock& clock_;
  const std::chrono::milliseconds patience_;
  PeerClient client_;
  std::atomic<std::uint64_t> tickets_{0};
  std::array<Totals, delivery::kNodeRoles.size()> totals_;
  LogGate told_{std::chrono::seconds{1}};
};

}  // namespace parley::gateway
