#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>

#include "delivery/node_role.h"
#include "gateway/http_message.h"
#include "gateway/peer_client.h"
#include "gateway/peers.h"

namespace parley::gateway {

// PartHealth says how the nodes are that stand behind something people do (FEATURES S106):
// /health/auth and /health/users (role user), /health/messaging (chat), /health/realtime
// (gateway). Each node with the role is asked whether it is ready, this one included; the answer is
// 200 while one of them is, and good for a second. Safe to call from any loop.
class PartHealth {
 public:
  static constexpr std::string_view kPrefix = "/health/";
  static constexpr std::chrono::milliseconds kPatience{1'000};
  static constexpr std::chrono::milliseconds kGoodFor{1'000};

  // `ready` says whether this node is, from any thread. Everything is to outlive this.
  PartHealth(delivery::NodeRoles own, std::function<bool()> ready, Peers& peers,
             PeerClient& client);

  static bool owns(std::string_view path) { return path.starts_with(kPrefix); }
  Task<HttpResponse> answer(std::string_view path);

 private:
  struct Counted {
    std::size_t nodes = 0;
    std::size_t ready = 0;
  };
  struct Kept {
    std::chrono::steady_clock::time_point until{};
    std::optional<Counted> counted;
  };

  Task<Counted> count(delivery::NodeRole role);

  const delivery::NodeRoles own_;
  const std::function<bool()> ready_;
  Peers& peers_;
  PeerClient& client_;
  std::mutex mutex_;  // guards kept_
  std::array<Kept, delivery::kNodeRoles.size()> kept_;
};

}  // namespace parley::gateway
