#include "app/health.h"

#include <string>
#include <utility>
#include <vector>

#include "app/describe.h"
#include "app/operator_pages.h"

namespace parley::app {

std::optional<gateway::HttpResponse> Health::page(std::string_view path) const {
  if (path == "/health") return health_page();
  if (path == "/ready") return ready();
  if (path == "/metrics") return metrics_page(metrics_);
  if (path == "/api/openapi.json") {
    static const std::string openapi = describe_openapi();
    return gateway::HttpResponse{.body = openapi, .headers = {}};
  }
  return {};
}

gateway::HttpResponse Health::ready() const {
  const auto trouble = database_.trouble();
  const bool stopping = shutting_down_;
  const bool well = !trouble && !stopping && !displaced();
  std::vector<std::pair<std::string, std::string>> parts;
  const auto add = [&parts](std::string_view name, std::string_view state) {
    parts.emplace_back(name, state);
  };
  add("store", trouble.value_or("ok"));
  // What it does not read the primary does.
  if (const auto reads = database_.read_server())
    add("reads", reads->trouble ? "degraded: the primary is read: " + *reads->trouble : "ok");
  add(cluster_.is_gateway() ? "gateway" : "node", stopping ? "shutting down" : "ok");
  // Mails that wait keep nobody from chatting here.
  if (notifications_)
    for (const auto& [name, state] : notifications_->health()) add(name, state);
  // Nor do other nodes: who needs them is told so, and the rest works.
  for (const auto& [name, state] : cluster_.health()) add(name, state);
  if (bus_) add("nodes", bus_->health());
  if (queues_) add("rabbitmq", queues_->health());
  if (work_) add("work", work_->health());
  // Whoever chats has nothing of it; whoever keeps the server has to look.
  if (processor_)
    if (const auto backups = processor_->backup_health()) add("backups", *backups);
  if (const auto limits = limits_.health()) add("limits", *limits);
  return ready_page(well, parts);
}

}  // namespace parley::app
