#include "app/health.h"

#include <fmt/format.h>

#include "app/describe.h"
#include "gateway/json_write.h"

namespace parley::app {

std::optional<gateway::HttpResponse> Health::page(std::string_view path) const {
  if (path == "/health") {
    return gateway::HttpResponse{.body = R"({"status":"ok","version":")" PARLEY_VERSION "\"}",
                                 .headers = {{"Cache-Control", "no-store"}}};
  }
  if (path == "/ready") return ready();
  if (path == "/metrics") {
    return gateway::HttpResponse{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                                 .body = metrics_.expose(),
                                 .headers = {{"Cache-Control", "no-store"}}};
  }
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
  std::string parts;
  const auto add = [&parts](std::string_view name, std::string_view state) {
    parts += fmt::format("{}\"{}\":", parts.empty() ? "" : ",", name);
    json::write(parts, std::string{state});
  };
  add("store", trouble.value_or("ok"));
  add(cluster_.is_gateway() ? "gateway" : "node", stopping ? "shutting down" : "ok");
  // Mails that wait keep nobody from chatting here.
  if (notifications_)
    for (const auto& [name, state] : notifications_->health()) add(name, state);
  // Nor do other nodes: who needs them is told so, and the rest works.
  for (const auto& [name, state] : cluster_.health()) add(name, state);
  if (bus_) add("nodes", bus_->health());
  if (queues_) add("rabbitmq", queues_->health());
  if (work_) add("work", work_->health());
  if (const auto limits = limits_.health()) add("limits", *limits);
  return {.status = well ? 200 : 503,
          .body = fmt::format(R"({{"status":"{}","parts":{{{}}}}})", well ? "ready" : "not_ready",
                              parts),
          .headers = {{"Cache-Control", "no-store"}}};
}

}  // namespace parley::app
