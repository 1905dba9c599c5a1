#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/health.h"
#include "app/settings.h"
#include "base/clock.h"
#include "base/id_source.h"
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
#include "storage/sqlite/chat_store.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/last_seen.h"
#include "storage/sqlite/message_store.h"
#include "storage/sqlite/user_store.h"
#include "user/password.h"
#include "user/service.h"
#include "user/token.h"

namespace parley::app {

// The data directory, opened: what `serve` and the operator's tools have in common.
struct Storage {
  explicit Storage(const NodeSettings& settings);

  Loop loop{1};  // for what is asked before there is a server; outlives the store's threads
  SystemClock clock;
  IdSource ids;
  storage::Database database;
  storage::SqliteUserStore users;
  storage::SqliteChatStore chats;
  storage::SqliteMessageStore messages;
  storage::SqliteLastSeen last_seen;
  user::AccessTokens tokens;
};

// Node is one running server: the parts, wired. `loop` is the loop of the main thread; presence
// and the receipts of groups keep their timers there.
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

 private:
  void collect_metrics(Storage& storage);

  Metrics metrics_;
  std::unique_ptr<delivery::RateLimiter> limiter_;
  delivery::Router router_;
  user::Passwords passwords_;
  user::Service users_;
  chat::Receipts receipts_;
  chat::Service chats_;
  chat::Groups groups_;
  chat::PresenceService presence_;
  gateway::OperationProbe probe_;
  gateway::Api api_;
  Health health_;
  gateway::Gateway gateway_;
  gateway::Server server_;
};

}  // namespace parley::app
