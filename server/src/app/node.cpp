#include "app/node.h"

#include <algorithm>
#include <array>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "app/metric_table.h"
#include "base/log.h"
#include "broker/memory/rate_limiter.h"

namespace parley::app {
namespace {

std::unique_ptr<delivery::RateLimiter> make_limiter(const NodeSettings& settings) {
  if (!settings.rate_limits) return std::make_unique<broker::UnlimitedRateLimiter>();
  return std::make_unique<broker::MemoryRateLimiter>();
}

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

// Access tokens of sessions that ended before this start are refused from the first request on.
void remember_ended_sessions(Storage& storage, std::chrono::seconds lifetime) {
  const Timestamp now = storage.clock.now();
  boost::asio::co_spawn(storage.loop, storage.sessions.ended(now - lifetime),
                        [&](std::exception_ptr failure, std::vector<SessionId> ended) {
                          if (failure) std::rethrow_exception(failure);
                          for (const SessionId session : ended)
                            storage.tokens.end(session, now + lifetime);
                        });
  storage.loop.run();
}

}  // namespace

Node::Node(const NodeSettings& settings, Storage& storage, Loop& loop)
    : metrics_(metric_table()),
      limiter_(make_limiter(settings)),
      senders_(settings.senders, storage.clock),
      users_(settings, storage, *limiter_, router_, senders_.http()),
      receipts_(router_, loop),
      chats_(*storage.engine.chats, *storage.engine.messages, router_, receipts_,
             settings.max_content),
      groups_(*storage.engine.chats, chats_, router_),
      presence_(*storage.engine.chats, storage.last_seen, router_, storage.clock, loop),
      salt_rotation_(storage.contacts, loop),
      notifications_(senders_, storage, metrics_, loop),
      probe_(metrics_),
      api_{.users = &users_.service,
           .sessions = &users_.sessions,
           .phones = &users_.phones,
           .emails = &users_.emails,
           .second_factor = &users_.second_factor,
           .passkeys = &users_.passkeys,
           .providers = &users_.providers,
           .avatars = &users_.avatars,
           .exports = &users_.exports,
           .contacts = &users_.contacts,
           .admin = &users_.admin,
           .reports = &users_.reports,
           .invites = &users_.invites,
           .chats = &chats_,
           .groups = &groups_,
           .presence = &presence_,
           .probe = &probe_},
      health_(*storage.engine.database, notifications_, metrics_),
      gateway_(api_, storage.tokens, gateway::Limits{*limiter_, settings.rate_rules}, storage.clock,
               settings.lifetimes.refresh.count(),
               [this](std::string_view path) { return health_.page(path); }),
      server_(network_options(settings), gateway_, router_, storage.clock) {
  remember_ended_sessions(storage,
                          std::max(settings.lifetimes.access, settings.lifetimes.browser_access));
  router_.make_hub(loop);  // the timers of this loop have things to tell
  router_.set_attendance(&presence_);
  collect_metrics(storage);
}

void Node::collect_metrics(Storage& storage) {
  const auto traffic = [this](auto gateway::TrafficTotals::* member) {
    return [this, member] { return static_cast<double>(server_.traffic().*member); };
  };
  using Totals = gateway::TrafficTotals;
  metrics_.collect("parley_connections", traffic(&Totals::sockets));
  metrics_.collect("parley_http_connections", traffic(&Totals::http_connections));
  metrics_.collect("parley_accepted_total", traffic(&Totals::accepted));
  metrics_.collect("parley_frames_received_total", traffic(&Totals::frames_in));
  metrics_.collect("parley_frames_sent_total", traffic(&Totals::frames_out));
  metrics_.collect("parley_bytes_received_total", traffic(&Totals::bytes_in));
  metrics_.collect("parley_bytes_sent_total", traffic(&Totals::bytes_out));
  metrics_.collect("parley_socket_writes_total", traffic(&Totals::writes));
  metrics_.collect("parley_dropped_events_total", traffic(&Totals::dropped_events));
  metrics_.collect("parley_slow_consumers_closed_total", traffic(&Totals::slow_closes));
  constexpr std::array<std::string_view, 6> kClasses{"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 1; i < kClasses.size(); ++i) {
    metrics_.collect("parley_http_responses_total", {kClasses[i]},
                     [this, i] { return static_cast<double>(server_.traffic().responses[i]); });
  }
  auto& database = *storage.engine.database;
  metrics_.collect("parley_store_commits_total",
                   [&database] { return static_cast<double>(database.commits()); });
  metrics_.collect("parley_store_reads_waiting",
                   [&database] { return static_cast<double>(database.reads_waiting()); });
  metrics_.collect("parley_store_available",
                   [&database] { return database.trouble() ? 0.0 : 1.0; });
}

void Node::start() { server_.start(); }

std::string Node::url() const { return server_.url(); }

void Node::stop(std::chrono::seconds grace) {
  health_.shutting_down();
  server_.stop(grace);
  notifications_.stop();
  senders_.stop();  // its threads, and those of users_, answer to loops of the server
  users_.stop();
}

}  // namespace parley::app
