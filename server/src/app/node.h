#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/build_senders.h"
#include "app/health.h"
#include "app/notification_part.h"
#include "app/settings.h"
#include "app/storage.h"
#include "app/user_part.h"
#include "base/metrics.h"
#include "chat/groups.h"
#include "chat/presence.h"
#include "chat/receipts.h"
#include "chat/service.h"
#include "delivery/rate_limiter.h"
#include "delivery/router.h"
#include "gateway/gateway.h"
#include "gateway/operation_probe.h"
#include "gateway/server.h"
#include "user/salt_rotation.h"

namespace parley::app {

// Node is one running server: the parts, wired. `loop` is the loop of the main thread; presence,
// the receipts of groups and the notifications keep their timers there.
class Node {
 public:
  Node(const NodeSettings& settings, Storage& storage, Loop& loop);

  // Binds and serves. Throws std::runtime_error with a sentence when it cannot.
  void start();
  // Where it listens, as a URL.
  std::string url() const;
  // Lets clients go (1012) and finishes what is under way.
  void stop(std::chrono::seconds grace);

  chat::PresenceService& presence() { return presence_; }
  user::SaltRotation& salt_rotation() { return salt_rotation_; }
  NotificationPart& notifications() { return notifications_; }

 private:
  void collect_metrics(Storage& storage);

  Metrics metrics_;
  std::unique_ptr<delivery::RateLimiter> limiter_;
  delivery::Router router_;
  Senders senders_;
  UserPart users_;
  chat::Receipts receipts_;
  chat::Service chats_;
  chat::Groups groups_;
  chat::PresenceService presence_;
  user::SaltRotation salt_rotation_;
  NotificationPart notifications_;
  gateway::OperationProbe probe_;
  gateway::Api api_;
  Health health_;
  gateway::Gateway gateway_;
  gateway::Server server_;
};

}  // namespace parley::app
