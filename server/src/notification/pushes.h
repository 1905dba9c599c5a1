#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/circuit_breaker.h"
#include "base/task.h"
#include "delivery/jobs.h"
#include "notification/push_sender.h"
#include "notification/sending.h"

namespace parley::notification {

// One sender for each service, or none where this server has no account with it.
struct PushSenders {
  PushSender* web = nullptr;
  PushSender* fcm = nullptr;
  PushSender* apns = nullptr;
};

// Pushes carries out the jobs `push`, of two forms. {"user","chat","seq"}, which the processor
// leaves, becomes a job for each of the user's devices, unless they have got the message meanwhile
// or want quiet. {"device","user","chat","seq"} (or {"device","reason":"test"}) is sent to that
// device; a later one for the same chat replaces it while it waits. What became of it stands in the
// user's log, and a device that its service does not know any more is forgotten.
//
// On one loop.
class Pushes {
 public:
  static constexpr std::size_t kPreviewCharacters = 120;

  Pushes(DeviceStore& store, delivery::Jobs& jobs, PushSenders senders)
      : store_(store), jobs_(jobs), senders_(senders) {}

  Task<Sending> carry_out(std::string payload);

  // Of FCM and APNs, for /ready and /metrics. From any thread.
  const std::array<CircuitBreaker, 2>& breakers() const { return breakers_; }
  bool serves(PushService service) const { return sender_of(service) != nullptr; }

 private:
  struct Order;

  static constexpr std::size_t kMostOrigins = 256;

  PushSender* sender_of(PushService service) const;
  std::shared_ptr<CircuitBreaker> breaker_of(const DeviceAddress& address);
  Task<Sending> spread(Order order);
  Task<Sending> send(Order order);
  Task<PushSending> hand_over(const KeptDevice& device, PushHint hint);

  DeviceStore& store_;
  delivery::Jobs& jobs_;
  const PushSenders senders_;
  std::array<CircuitBreaker, 2> breakers_{CircuitBreaker{"fcm", {}}, CircuitBreaker{"apns", {}}};
  // Browsers name their own push services, which must not get in each other's way.
  std::map<std::string, std::shared_ptr<CircuitBreaker>> web_breakers_;
};

}  // namespace parley::notification
