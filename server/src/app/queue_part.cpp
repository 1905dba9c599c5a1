#include "app/queue_part.h"

#include <array>
#include <exception>
#include <stdexcept>

#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

#include "base/log.h"

namespace parley::app {
namespace {

using broker::RabbitConnection;
using delivery::NodeRole;
using namespace std::chrono_literals;

constexpr auto kLease = 15s;
constexpr auto kHoldAgain = 4s;

// The kinds of jobs that nodes with the role notification take.
constexpr std::array<std::string_view, 3> kSentKinds{"push", "mail", "sms"};

RabbitConnection::Options connection_options(const NodeSettings& settings) {
  auto address = broker::parse_rabbit_url(settings.cluster.rabbitmq);
  if (!address) throw std::invalid_argument("rabbitmq: " + address.error());
  RabbitConnection::Options options{.address = std::move(*address)};
  options.wire.name = fmt::format("parley-{}", settings.node_id);
  return options;
}

// The queues are counted by the connection that consumes, when there is one.
RabbitConnection::Options publisher_options(const NodeSettings& settings) {
  auto options = connection_options(settings);
  if (settings.roles.has(NodeRole::notification)) options.count_interval = 0ms;
  return options;
}

}  // namespace

bool uses_queues(const NodeSettings& settings) {
  return !settings.cluster.rabbitmq.empty() &&
         (settings.roles.has(NodeRole::processor) || settings.roles.has(NodeRole::notification));
}

QueuePart::QueuePart(const NodeSettings& settings, Storage& storage, std::uint64_t run,
                     Metrics& metrics, Loop& loop)
    : storage_(storage),
      run_(run),
      timer_(loop),
      publisher_(publisher_options(settings)),
      log_(publisher_) {
  if (settings.roles.has(NodeRole::notification))
    jobs_.emplace(storage.jobs, publisher_, connection_options(settings), storage.clock);
  if (settings.roles.has(NodeRole::processor)) {
    job_relay_.emplace(storage.jobs, publisher_, storage.clock, loop);
    event_relay_.emplace(storage.outbox, log_, loop);
    outbox_bound_.emplace(
        storage.outbox, settings.cluster.outbox_limit, [this] { return log_.leads.load(); }, loop);
  }
  collect_metrics(metrics);
}

QueuePart::~QueuePart() {
  publisher_.stop();  // or the end of jobs_ waits for it
}

Task<void> QueuePart::relay_jobs() {
  if (job_relay_) co_await job_relay_->run();
}

Task<void> QueuePart::relay_events() {
  if (event_relay_) co_await event_relay_->run();
}

Task<void> QueuePart::bound_outbox() {
  if (outbox_bound_) co_await outbox_bound_->run();
}

Task<void> QueuePart::keep_lease() {
  if (!event_relay_) co_return;
  while (!stopping_) {
    co_await hold_lease(kLease);
    if (stopping_) break;
    timer_.expires_after(kHoldAgain);
    boost::system::error_code woken;
    co_await timer_.async_wait(boost::asio::redirect_error(use_task, woken));
  }
  // The next one need not wait for our lease to end.
  if (log_.leads) co_await hold_lease(0s);
  log_.leads = false;
}

Task<void> QueuePart::hold_lease(std::chrono::seconds how_long) {
  bool leads = false;
  try {
    leads = co_await storage_.leases.hold(std::string{kRelayLease}, run_, how_long);
  } catch (const std::exception& failure) {
    log::warning("whether to publish events cannot be found out", {{"why", failure.what()}});
  }
  if (leads != log_.leads)
    log::info(leads ? "events are published from here" : "events are published from here no more");
  log_.leads = leads;
}

void QueuePart::stop() {
  stopping_ = true;
  timer_.cancel();
  if (job_relay_) job_relay_->stop();
  if (event_relay_) event_relay_->stop();
  if (outbox_bound_) outbox_bound_->stop();
  publisher_.stop();
}

const RabbitConnection* QueuePart::ailing() const {
  const auto bad = [](const RabbitConnection& connection) {
    return connection.state() != RabbitConnection::State::up;
  };
  if (bad(publisher_)) return &publisher_;
  return jobs_ && bad(jobs_->consumer()) ? &jobs_->consumer() : nullptr;
}

std::string QueuePart::health() const {
  const RabbitConnection* const ailing = this->ailing();
  const std::string bound = outbox_bound_ ? outbox_bound_->health() : "ok";
  if (!ailing) return bound;
  const std::string why = "degraded: " + ailing->status().sentence + "; work waits in the store";
  return bound == "ok" ? why : why + "; " + bound.substr(bound.find(' ') + 1);
}

std::optional<bool> QueuePart::work_is_taken() const {
  if (jobs_) return true;
  const auto consumers = publisher_.consumers();
  if (consumers.empty()) return std::nullopt;
  for (const std::string_view kind : kSentKinds) {
    const auto found = consumers.find(publisher_.options().topology.queue_of(kind));
    if (found != consumers.end() && found->second == 0) return false;
  }
  return true;
}

void QueuePart::collect_metrics(Metrics& metrics) const {
  using Totals = RabbitConnection::Totals;
  metrics.collect("parley_rabbitmq_up", [this] { return !ailing() ? 1.0 : 0.0; });
  const auto published = [&](std::string_view outcome, std::uint64_t Totals::* count) {
    metrics.collect("parley_rabbitmq_publishes_total", {outcome},
                    [this, count] { return static_cast<double>(publisher_.totals().*count); });
  };
  published("confirmed", &Totals::confirmed);
  published("unroutable", &Totals::unroutable);
  published("refused", &Totals::refused);
  published("unknown", &Totals::unknown);
  if (job_relay_)
    metrics.collect("parley_jobs_relayed_total",
                    [this] { return static_cast<double>(job_relay_->relayed()); });
  if (event_relay_) {
    metrics.collect("parley_events_published_total",
                    [this] { return static_cast<double>(event_relay_->published()); });
    metrics.collect("parley_events_leads", [this] { return log_.leads ? 1.0 : 0.0; });
    metrics.collect("parley_events_waiting",
                    [this] { return static_cast<double>(outbox_bound_->waiting()); });
    metrics.collect("parley_events_dropped_total",
                    [this] { return static_cast<double>(outbox_bound_->dropped()); });
  }
  if (!jobs_) return;
  const auto consumed = [&](std::string_view outcome, std::uint64_t Totals::* count) {
    metrics.collect("parley_rabbitmq_deliveries_total", {outcome}, [this, count] {
      return static_cast<double>(jobs_->consumer().totals().*count);
    });
  };
  consumed("delivered", &Totals::delivered);
  consumed("acked", &Totals::acked);
  consumed("requeued", &Totals::requeued);
  using JobTotals = broker::RabbitJobs::Totals;
  const auto odd = [&](std::string_view outcome, std::uint64_t JobTotals::* count) {
    metrics.collect("parley_rabbitmq_jobs_total", {outcome},
                    [this, count] { return static_cast<double>(jobs_->totals().*count); });
  };
  odd("duplicate", &JobTotals::duplicates);
  odd("dead", &JobTotals::dead);
  odd("expired", &JobTotals::expired);
  for (const std::string& queue : jobs_->consumer().options().topology.queues())
    metrics.collect("parley_rabbitmq_waiting", {queue}, [this, queue] {
      const auto waiting = jobs_->consumer().waiting();
      const auto count = waiting.find(queue);
      return count == waiting.end() ? 0.0 : static_cast<double>(count->second);
    });
}

}  // namespace parley::app
