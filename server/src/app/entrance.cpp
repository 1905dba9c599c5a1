#include "app/entrance.h"

#include <array>

#include "app/metric_table.h"
#include "app/operator_pages.h"

namespace parley::app {
namespace {

gateway::NetworkOptions network_options(const NodeSettings& settings) {
  gateway::NetworkOptions network;
  network.host = settings.host;
  network.port = settings.port;
  network.node = settings.node_id;
  network.threads = settings.threads;
  network.max_json = settings.max_json;
  network.max_frame = settings.max_frame;
  network.outbound_queue = settings.outbound_queue;
  network.ping_interval = settings.ping_interval;
  network.request_timeout = settings.request_timeout;
  network.max_connections = settings.max_connections;
  network.trusted_proxies = settings.trusted_proxies;
  network.allowed_origins = settings.allowed_origins;
  network.web = settings.web;
  if (!settings.rate_limits) network.frames_per_second = 0;
  return network;
}

}  // namespace

Entrance::Entrance(const NodeSettings& settings, const Clock& clock, const StartWait& wait,
                   Loop& loop)
    : wait_(wait),
      role_(settings.roles.has(delivery::NodeRole::gateway) ? "gateway" : "node"),
      metrics_(metric_table()),
      gate_([this](std::string_view path) { return page(path); }) {
  server_.emplace(network_options(settings), gate_, router_, clock);
  router_.make_hub(loop);
  collect_traffic(metrics_, *server_);
  metrics_.collect("parley_store_available", [&wait] { return wait.has("store") ? 1.0 : 0.0; });
}

std::optional<gateway::HttpResponse> Entrance::page(std::string_view path) const {
  if (path == "/health") return health_page();
  if (path == "/metrics") return metrics_page(metrics_);
  if (path != "/ready") return {};
  auto parts = wait_.parts();
  parts.emplace_back(role_, "starting");
  return ready_page(false, parts);
}

void collect_traffic(Metrics& metrics, const gateway::Server& server) {
  const auto traffic = [&server](auto gateway::TrafficTotals::* member) {
    return [&server, member] { return static_cast<double>(server.traffic().*member); };
  };
  using Totals = gateway::TrafficTotals;
  metrics.collect("parley_connections", traffic(&Totals::sockets));
  metrics.collect("parley_http_connections", traffic(&Totals::http_connections));
  metrics.collect("parley_accepted_total", traffic(&Totals::accepted));
  metrics.collect("parley_frames_received_total", traffic(&Totals::frames_in));
  metrics.collect("parley_frames_sent_total", traffic(&Totals::frames_out));
  metrics.collect("parley_bytes_received_total", traffic(&Totals::bytes_in));
  metrics.collect("parley_bytes_sent_total", traffic(&Totals::bytes_out));
  metrics.collect("parley_socket_writes_total", traffic(&Totals::writes));
  metrics.collect("parley_dropped_events_total", traffic(&Totals::dropped_events));
  metrics.collect("parley_slow_consumers_closed_total", traffic(&Totals::slow_closes));
  constexpr std::array<std::string_view, 6> kClasses{"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 1; i < kClasses.size(); ++i) {
    metrics.collect("parley_http_responses_total", {kClasses[i]},
                    [&server, i] { return static_cast<double>(server.traffic().responses[i]); });
  }
}

}  // namespace parley::app
