#pragma once

#include <atomic>
#include <optional>
#include <string_view>

#include "app/bus_part.h"
#include "app/cluster_part.h"
#include "app/limits_part.h"
#include "app/notification_part.h"
#include "app/processor_part.h"
#include "app/queue_part.h"
#include "app/work_watch.h"
#include "base/metrics.h"
#include "gateway/http_message.h"
#include "storage/sql/database.h"

namespace parley::app {

// Health answers the operator's pages: /health (the process lives), /ready (it can do its work,
// or which part cannot) and /metrics (docs/metrics.md); and /api/openapi.json.
class Health {
 public:
  // Without `notifications` they are sent by another node.
  Health(const storage::Database& database, const ClusterPart& cluster,
         const std::optional<BusPart>& bus, const LimitsPart& limits,
         const std::optional<QueuePart>& queues, const std::optional<WorkWatch>& work,
         const std::optional<ProcessorPart>& processor, const NotificationPart* notifications,
         const Metrics& metrics)
      : database_(database),
        cluster_(cluster),
        bus_(bus),
        limits_(limits),
        queues_(queues),
        work_(work),
        processor_(processor),
        notifications_(notifications),
        metrics_(metrics) {}

  // From now on /ready says no, so that a balancer sends nobody here.
  void shutting_down() { shutting_down_ = true; }

  // What /ready says, in a word.
  bool is_ready() const { return !shutting_down_ && !displaced() && !database_.trouble(); }

  // Nothing when the path is not one of these.
  std::optional<gateway::HttpResponse> page(std::string_view path) const;

 private:
  gateway::HttpResponse ready() const;
  bool displaced() const { return bus_ && bus_->displaced(); }

  const storage::Database& database_;
  const ClusterPart& cluster_;
  const std::optional<BusPart>& bus_;
  const LimitsPart& limits_;
  const std::optional<QueuePart>& queues_;
  const std::optional<WorkWatch>& work_;
  const std::optional<ProcessorPart>& processor_;
  const NotificationPart* const notifications_;
  const Metrics& metrics_;
  std::atomic<bool> shutting_down_{false};
};

}  // namespace parley::app
