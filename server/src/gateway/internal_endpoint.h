#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/log_gate.h"
#include "gateway/http_message.h"
#include "gateway/operations.h"
#include "gateway/replay_guard.h"
#include "gateway/ticket.h"

namespace parley::gateway {

// InternalEndpoint answers the operations that other nodes forward, at
// POST /internal/v1/operations/<name>: for whom, and by when, says a ticket signed with the
// cluster's secret. Whatever has no good ticket is refused before anything of it is read, counted,
// and logged once a minute. Who may ask for what, and how fast, the node that forwards has settled.
// Safe to call from any loop.
class InternalEndpoint {
 public:
  static constexpr std::size_t kMostParameters = 64 * 1024;
  static constexpr std::size_t kMostUnread = 1024;  // of what is refused whatever it says

  // `self` is this run of this node; everything is to outlive the endpoint.
  InternalEndpoint(const Api& api, const ClusterSeal& seal, NodeStart self,
                   const parley::Clock& clock, std::size_t max_json);

  static bool owns(std::string_view path) { return path.starts_with("/internal/"); }

  // The longest body of any operation.
  std::size_t longest_body() const { return longest_body_; }

  Task<HttpResponse> answer(HttpRequest request);

  // From now on other nodes are told to ask somebody else.
  void stop() { stopping_ = true; }

  std::uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }
  std::uint64_t refused(Distrust why) const {
    return refused_[static_cast<std::size_t>(why)].load(std::memory_order_relaxed);
  }

  static constexpr std::size_t kDistrusts =
      boost::mp11::mp_size<boost::describe::describe_enumerators<Distrust>>::value;

 private:
  HttpResponse refuse(Distrust why, const HttpRequest& request);
  // Nothing when the operation may begin.
  std::optional<Distrust> distrust(const Ticket& ticket, const Operation* operation,
                                   std::size_t body);

  const Api& api_;
  const ClusterSeal& seal_;
  const NodeStart self_;
  const parley::Clock& clock_;
  const std::size_t max_json_;
  const std::size_t longest_body_;
  std::atomic<bool> stopping_ = false;
  ReplayGuard replays_;
  std::atomic<std::uint64_t> answered_{0};
  std::array<std::atomic<std::uint64_t>, kDistrusts> refused_{};
  LogGate told_{std::chrono::minutes{1}};
};

}  // namespace parley::gateway
