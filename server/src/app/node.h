#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/build_senders.h"
#include "app/bus_part.h"
#include "app/cluster_part.h"
#include "app/entrance.h"
#include "app/health.h"
#include "app/limits_part.h"
#include "app/notification_part.h"
#include "app/processor_part.h"
#include "app/queue_part.h"
#include "app/settings.h"
#include "app/start_wait.h"
#include "app/storage.h"
#include "app/user_part.h"
#include "base/metrics.h"
#include "chat/groups.h"
#include "chat/presence.h"
#include "chat/receipts.h"
#include "chat/service.h"
#include "gateway/gateway.h"
#include "gateway/operation_probe.h"
#include "notification/unsubscribe_tokens.h"
#include "user/salt_rotation.h"

namespace parley::app {

// Node is one running server: the parts of its roles, wired, behind its entrance. `loop` is the
// loop of the main thread; presence, the receipts of groups and the notifications keep their timers
// there.
class Node {
 public:
  using Ended = std::function<void(std::exception_ptr)>;

  // Waits for what is not there yet, as join() does. `entrance` is open already.
  Node(const NodeSettings& settings, Storage& storage, StartWait& wait, Entrance& entrance,
       Loop& loop);
  // Closes `entrance`.
  ~Node();

  // Takes its place among the nodes of its cluster; waits until it is free.
  void join();
  // Serves.
  void start();
  // Begins what runs on `loop` beside connections, and tells `ended` of the end of each; says how
  // many there are.
  std::size_t run(const Ended& ended);
  // Where it listens, as a URL.
  std::string url() const;
  // Lets clients go (1012) and finishes what is under way, run() included.
  void stop(std::chrono::seconds grace);

 private:
  gateway::Api make_parts(const NodeSettings& settings, Storage& storage);
  void watch_work(const NodeSettings& settings, Storage& storage);
  void make_bus(const NodeSettings& settings, Storage& storage);
  void serve(bool anybody);
  gateway::Handler& make_handler(const NodeSettings& settings, Storage& storage);
  void collect_sizes(const NodeSettings& settings);
  void collect_metrics(const NodeSettings& settings, Storage& storage);

  Loop& loop_;
  StartWait& wait_;
  Entrance& entrance_;
  delivery::Router& router_;
  const delivery::NodeRoles roles_;
  Metrics metrics_;
  const std::unique_ptr<broker::redis::Client> redis_;  // of a node that is not alone
  LimitsPart limits_;
  Senders senders_;
  const notification::UnsubscribeTokens unsubscribe_;
  // The parts; what runs on other nodes is not there.
  std::optional<UserPart> users_;
  std::optional<chat::Receipts> receipts_;
  std::optional<chat::Service> chats_;
  std::optional<chat::Groups> groups_;
  std::optional<chat::PresenceService> presence_;
  std::optional<ProcessorPart> processor_;
  std::optional<user::SaltRotation> salt_rotation_;
  std::optional<QueuePart> queues_;
  std::optional<WorkWatch> work_;
  std::optional<NotificationPart> notifications_;
  gateway::OperationProbe probe_;
  ClusterPart cluster_;
  std::optional<BusPart> bus_;
  gateway::Api api_;
  Health health_;
  gateway::InternalEndpoint internal_;
  gateway::PartHealth part_health_;
  gateway::NodeEndpoints endpoints_;
  std::optional<gateway::Gateway> gateway_;
  std::optional<gateway::PartHandler> part_handler_;
  gateway::Handler& handler_;  // one of these two
};

}  // namespace parley::app
