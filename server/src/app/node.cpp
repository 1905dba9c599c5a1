#include "app/node.h"

#include <algorithm>
#include <functional>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "app/metric_table.h"
#include "base/log.h"
#include "storage/sql/kept_values.h"
#include "storage/sqlite/maintenance.h"

namespace parley::app {
namespace {

using delivery::NodeRole;

// What is asked of the store before there is a server; a store that goes away is waited for.
template <class T>
void ask(Storage& storage, StartWait& wait, const std::function<Task<T>()>& question,
         const std::function<void(T)>& answered) {
  wait.until("store", [&] {
    boost::asio::co_spawn(storage.loop, question(), [&](std::exception_ptr failure, T answer) {
      if (failure) std::rethrow_exception(failure);
      answered(std::move(answer));
    });
    storage.loop.restart();
    storage.loop.run();
  });
}

// Access tokens of sessions that ended before this start are refused from the first request on.
void remember_ended_sessions(Storage& storage, StartWait& wait, std::chrono::seconds lifetime) {
  const Timestamp now = storage.clock.now();
  ask<std::vector<SessionId>>(
      storage, wait, [&] { return storage.sessions.ended(now - lifetime); },
      [&](const std::vector<SessionId>& ended) {
        for (const SessionId session : ended) storage.tokens.end(session, now + lifetime);
      });
}

// A key that every node has, drawn by the first one.
std::string common_key(Storage& storage, StartWait& wait, const std::string& name,
                       const std::string& proposed) {
  std::string key;
  ask<std::string>(
      storage, wait, [&] { return storage::keep_value(*storage.engine.database, name, proposed); },
      [&](std::string kept) { key = std::move(kept); });
  return key;
}

// What browsers subscribe to, for good: another key would lose their subscriptions.
std::string web_push_key(const NodeSettings& settings, Storage& storage, StartWait& wait) {
  if (!settings.senders.web_push_key.empty()) return settings.senders.web_push_key;
  return common_key(storage, wait, "web_push_key", senders::new_vapid_key());
}

}  // namespace

Node::Node(const NodeSettings& settings, Storage& storage, StartWait& wait, Entrance& entrance,
           Loop& loop)
    : loop_(loop),
      wait_(wait),
      entrance_(entrance),
      router_(entrance.router()),
      roles_(settings.roles),
      metrics_(metric_table()),
      redis_(make_redis(settings.cluster)),
      limits_(settings, redis_.get()),
      senders_(settings.senders, web_push_key(settings, storage, wait), settings.public_url,
               storage.clock),
      unsubscribe_(common_key(storage, wait, "unsubscribe_key", user::new_refresh_token()),
                   storage.clock),
      probe_(metrics_, settings.log_requests),
      cluster_(settings, storage.clock),
      api_(make_parts(settings, storage)),
      health_(*storage.engine.database, cluster_, bus_, limits_, queues_, work_, processor_,
              notifications_ ? &*notifications_ : nullptr, metrics_),
      internal_(api_, cluster_.seal(), cluster_.self(), storage.clock, settings.max_json),
      part_health_(
          roles_, [this] { return health_.is_ready(); }, cluster_.peers(),
          cluster_.forwarder().client()),
      endpoints_{.pages = [this](std::string_view path) { return health_.page(path); },
                 .health = part_health_,
                 .internal = internal_},
      handler_(make_handler(settings, storage)) {
  remember_ended_sessions(storage, wait,
                          std::max(settings.lifetimes.access, settings.lifetimes.browser_access));
  if (presence_) router_.set_attendance(&*presence_);
  if (redis_) make_bus(settings, storage);
  collect_metrics(settings, storage);
}

Node::~Node() {
  if (redis_) redis_->stop();  // nobody waits for it on the loops of the server any more
  entrance_.close();           // connections know the parts
}

void Node::make_bus(const NodeSettings& settings, Storage& storage) {
  bus_.emplace(settings, storage, *redis_, cluster_.self().value(),
               BusPart::Ties{.router = router_,
                             .attendance = presence_ ? &*presence_ : nullptr,
                             .nodes = [this](const auto& nodes) { cluster_.peers().see(nodes); },
                             .serve = [this](bool anybody) { serve(anybody); }},
               loop_);
  router_.set_attendance(&bus_->cluster());
  router_.set_elsewhere(&bus_->cluster());
}

void Node::serve(bool anybody) {
  entrance_.gate().set_open(anybody);
  if (!anybody) entrance_.server().close_sockets();
}

gateway::Api Node::make_parts(const NodeSettings& settings, Storage& storage) {
  gateway::Api api{.probe = &probe_, .forwarder = &cluster_.forwarder()};
  if (roles_.has(NodeRole::user)) {
    users_.emplace(settings, storage, limits_.limiter(), router_, senders_.http());
    users_->put_into(api);
  }
  // The node that accepts a message looks after it first.
  if (roles_.has(NodeRole::chat) || roles_.has(NodeRole::processor))
    processor_.emplace(settings, storage, cluster_.self().value(),
                       ProcessorPart::Ties{.router = router_, .unsubscribe = unsubscribe_},
                       metrics_, loop_);
  if (roles_.has(NodeRole::chat)) {
    receipts_.emplace(router_, loop_);
    api.chats = &chats_.emplace(*storage.engine.chats, *storage.engine.messages, router_,
                                *receipts_, settings.max_content, &processor_->away());
    api.groups = &groups_.emplace(*storage.engine.chats, *chats_, router_);
  }
  if (roles_.has(NodeRole::gateway)) {
    api.presence = &presence_.emplace(
        *storage.engine.chats, storage.last_seen, storage.busy_times, router_, storage.clock, loop_,
        chat::PresenceService::kOfflineDelay,
        redis_ ? chat::PresenceService::kOnlineDelay : std::chrono::milliseconds{});
    presence_->set_status_log(&storage.status);
  }
  if (roles_.has(NodeRole::processor)) salt_rotation_.emplace(storage.contacts, loop_);
  if (uses_queues(settings))
    queues_.emplace(settings, storage, cluster_.self().value(), metrics_, loop_);
  watch_work(settings, storage);
  if (roles_.has(NodeRole::notification)) {
    notifications_.emplace(senders_, storage, queues_ ? queues_->jobs() : storage.jobs,
                           unsubscribe_, metrics_, loop_);
    api.devices = &notifications_->devices();
    api.digest_choice = &notifications_->digest_choice();
  }
  return api;
}

// A processor brings work to RabbitMQ, and sees whether it is taken there; the others see whether
// there is a processor.
void Node::watch_work(const NodeSettings& settings, Storage& storage) {
  if (settings.cluster.rabbitmq.empty()) return;
  std::vector<WorkWatch::Duty> duties;
  if (!roles_.has(NodeRole::processor)) {
    duties.push_back(
        {.lacking = "no node with the role processor runs: jobs and events wait in the store",
         .is_done = [&storage]() -> Task<std::optional<bool>> {
           co_return co_await storage.leases.is_held(std::string{kRelayLease});
         }});
  } else if (!roles_.has(NodeRole::notification)) {
    duties.push_back(
        {.lacking = "no node with the role notification runs: mails, text messages and pushes wait",
         .is_done = [this]() -> Task<std::optional<bool>> { co_return queues_->work_is_taken(); }});
  } else {
    return;  // it does all of it itself
  }
  work_.emplace(std::move(duties), loop_);
}

gateway::Handler& Node::make_handler(const NodeSettings& settings, Storage& storage) {
  if (!roles_.has(NodeRole::gateway)) return part_handler_.emplace(endpoints_);
  return gateway_.emplace(api_, storage.tokens,
                          gateway::Limits{limits_.limiter(), settings.rate_rules}, storage.clock,
                          settings.lifetimes.refresh.count(), endpoints_);
}

// What the store takes of the disk; PostgreSQL tells it of itself.
void Node::collect_sizes(const NodeSettings& settings) {
  if (!settings.cluster.storage.empty()) return;
  const auto collect = [&](const char* part, auto measure) {
    metrics_.collect("parley_store_bytes", {part}, [data = settings.data, measure] {
      return static_cast<double>(measure(data));
    });
  };
  collect("database", [](const auto& data) { return storage::file_sizes(data).database; });
  collect("log", [](const auto& data) { return storage::file_sizes(data).log; });
  collect("free", [](const auto& data) { return storage::free_bytes(data); });
}

void Node::collect_metrics(const NodeSettings& settings, Storage& storage) {
  collect_sizes(settings);
  collect_traffic(metrics_, entrance_.server());
  cluster_.collect_metrics(metrics_, internal_);
  if (bus_) bus_->collect_metrics(metrics_);
  limits_.collect_metrics(metrics_);
  if (redis_) metrics_.collect("parley_redis_up", [this] { return redis_->trouble() ? 0.0 : 1.0; });
  auto& database = *storage.engine.database;
  metrics_.collect("parley_store_commits_total",
                   [&database] { return static_cast<double>(database.commits()); });
  metrics_.collect("parley_store_conflicts_total",
                   [&database] { return static_cast<double>(database.conflicts()); });
  metrics_.collect("parley_store_reads_waiting",
                   [&database] { return static_cast<double>(database.reads_waiting()); });
  metrics_.collect("parley_store_available",
                   [&database] { return database.trouble() ? 0.0 : 1.0; });
  if (!database.read_server()) return;
  const auto reads = [&database](auto measure) {
    return [&database, measure] { return static_cast<double>(measure(*database.read_server())); };
  };
  using State = storage::ReadServerState;
  metrics_.collect("parley_store_reads_up",
                   reads([](const State& s) { return s.trouble ? 0 : 1; }));
  metrics_.collect("parley_store_reads_lag_seconds", reads([](const State& s) {
                     return std::chrono::duration<double>{s.lag}.count();
                   }));
  metrics_.collect("parley_store_reads_total", {"reads"},
                   reads([](const State& s) { return s.served; }));
  metrics_.collect("parley_store_reads_total", {"primary"},
                   reads([](const State& s) { return s.passed_on; }));
}

void Node::join() {
  if (bus_) wait_.until("nodes", [this] { bus_->join(); });
}

void Node::start() {
  if (bus_) bus_->set_address(url());
  entrance_.gate().lead_to(handler_);
}

std::size_t Node::run(const Ended& ended) {
  std::size_t running = 0;
  const auto spawn = [&](Task<void> task) {
    ++running;
    boost::asio::co_spawn(loop_, std::move(task), ended);
  };
  const auto begin = [&](auto& part) {
    if (part) spawn(part->run());
  };
  begin(presence_);
  if (processor_) {
    spawn(processor_->look_after_people());
    spawn(processor_->keep_house());
    spawn(processor_->mail_digests());
    spawn(processor_->make_backups());
  }
  begin(salt_rotation_);
  begin(notifications_);
  if (queues_) {
    spawn(queues_->relay_jobs());
    spawn(queues_->relay_events());
    spawn(queues_->bound_outbox());
    spawn(queues_->keep_lease());
  }
  begin(work_);
  begin(bus_);
  if (notifications_) spawn(notifications_->run_pushes());
  return running;
}

std::string Node::url() const { return entrance_.server().url(); }

void Node::stop(std::chrono::seconds grace) {
  health_.shutting_down();
  internal_.stop();
  if (bus_) bus_->say_goodbye();
  entrance_.server().stop(grace);
  cluster_.forwarder().stop();
  if (notifications_) notifications_->stop();
  senders_.stop();  // its threads, and those of users_, answer to loops of the server
  if (users_) users_->stop();
  if (presence_) presence_->stop();
  if (processor_) processor_->stop();
  if (salt_rotation_) salt_rotation_->stop();
  if (queues_) queues_->stop();
  if (work_) work_->stop();
  if (bus_) bus_->stop();
}

}  // namespace parley::app
