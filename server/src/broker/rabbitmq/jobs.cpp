#include "broker/rabbitmq/jobs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "model/error.h"

namespace parley::broker {

using delivery::JobId;
using Settling = RabbitConnection::Settling;

RabbitJobs::RabbitJobs(delivery::Jobs& outbox, RabbitConnection& publisher,
                       RabbitConnection::Options consumer, const Clock& clock,
                       std::vector<std::string> kinds)
    : outbox_(outbox),
      publisher_(publisher),
      clock_(clock),
      kinds_(std::move(kinds)),
      consumer_(std::move(consumer), this) {}

RabbitJobs::~RabbitJobs() {
  consumer_.stop();
  std::unique_lock lock{mutex_};
  none_under_way_.wait(lock, [this] { return under_way_ == 0; });
}

bool RabbitJobs::is_relayed(const std::string& kind) const {
  return std::ranges::find(kinds_, kind) != kinds_.end();
}

RabbitJobs::Totals RabbitJobs::totals() const {
  return {.duplicates = duplicates_, .dead = dead_, .expired = expired_};
}

Task<void> RabbitJobs::add(delivery::NewJob job) { return outbox_.add(std::move(job)); }

Task<std::vector<delivery::Job>> RabbitJobs::take(std::vector<std::string> kinds, std::int64_t most,
                                                  std::chrono::seconds lease) {
  std::vector<std::string> kept;
  std::ranges::copy_if(kinds, std::back_inserter(kept),
                       [this](const std::string& kind) { return !is_relayed(kind); });
  std::erase_if(kinds, [this](const std::string& kind) { return !is_relayed(kind); });
  for (const std::string& kind : kinds) consumer_.consume(topology().queue_of(kind), kPrefetch);

  std::vector<delivery::Job> jobs;
  expire();
  {
    const std::lock_guard lock{mutex_};
    jobs = deliveries_.take(kinds, most, clock_.now() + lease);
  }
  const auto left = most - std::ssize(jobs);
  if (kept.empty() || left == 0) co_return jobs;
  auto more = co_await outbox_.take(std::move(kept), left, lease);
  std::ranges::move(more, std::back_inserter(jobs));
  co_return jobs;
}

Task<void> RabbitJobs::done(JobId job) {
  std::optional<Delivery::Receipt> receipt;
  bool here = false;
  {
    const std::lock_guard lock{mutex_};
    here = deliveries_.knows(job);
    receipt = deliveries_.settled(job);
  }
  if (receipt) consumer_.settle(*receipt, Settling::ack);
  if (!here) co_await outbox_.done(job);
}

Task<void> RabbitJobs::failed(JobId id, std::optional<Timestamp> retry_at, std::string why) {
  std::optional<WorkJob> job;
  bool here = false;
  {
    const std::lock_guard lock{mutex_};
    here = deliveries_.knows(id);
    job = deliveries_.hold(id);
  }
  if (!here) {
    co_await outbox_.failed(id, retry_at, std::move(why));
    co_return;
  }
  if (!job) co_return;  // its lease has ended, and it is here again

  const Timestamp now = clock_.now();
  if (retry_at) job->due = *retry_at;
  std::vector<Publication> one;
  one.push_back(retry_at ? to_tier(*job, topology(), now) : to_dead(*job, topology(), now, why));
  const auto outcomes = co_await publisher_.publish(std::move(one));
  if (outcomes.front() != Published::confirmed) {
    const std::lock_guard lock{mutex_};
    deliveries_.keep(id);
    throw StorageUnavailable{"RabbitMQ did not take back a job"};
  }
  if (!retry_at) ++dead_;
  std::optional<Delivery::Receipt> receipt;
  {
    const std::lock_guard lock{mutex_};
    receipt = retry_at ? deliveries_.settled(id, job->tries) : deliveries_.settled(id);
  }
  if (receipt) consumer_.settle(*receipt, Settling::ack);
}

Task<delivery::Jobs::Counts> RabbitJobs::counts() {
  Counts counts = co_await outbox_.counts();
  for (const auto& [queue, waiting] : consumer_.waiting())
    (queue == topology().dead ? counts.dead : counts.waiting) += waiting;
  const std::lock_guard lock{mutex_};
  counts.waiting += std::ssize(deliveries_);
  co_return counts;
}

void RabbitJobs::received(Delivery delivery) {
  const Timestamp now = clock_.now();
  auto job = read_job(delivery, topology());
  if (!job) {
    log::warning("a message is no job of ours", {{"queue", delivery.queue}, {"why", job.error()}});
    return forward(to_dead(delivery, topology(), now, job.error()), delivery.receipt);
  }
  if (delivery.redeliveries >= kMostRedeliveries) {
    log::warning("a job is never settled", {{"kind", job->kind}, {"job", job->id}});
    job->tries += delivery.redeliveries;
    return forward(to_dead(*job, topology(), now, "it was given out again and again"),
                   delivery.receipt);
  }
  // A tier is seldom as long as the wait.
  if (job->due - now > topology().tiers.front().wait / 2)
    return forward(to_tier(*job, topology(), now), delivery.receipt);

  bool kept = false;
  {
    const std::lock_guard lock{mutex_};
    kept = deliveries_.arrived(std::move(*job), delivery.receipt, delivery.redeliveries);
  }
  if (kept) return;
  ++duplicates_;
  consumer_.settle(delivery.receipt, Settling::ack);
}

void RabbitJobs::lost() {
  const std::lock_guard lock{mutex_};
  deliveries_.lost();
  std::erase_if(forwards_, [](const Forward& forward) { return !forward.under_way; });
}

void RabbitJobs::tick() {
  expire();
  send_forwards();
}

void RabbitJobs::expire() {
  std::vector<Delivery::Receipt> receipts;
  {
    const std::lock_guard lock{mutex_};
    receipts = deliveries_.expire(clock_.now());
  }
  expired_ += receipts.size();
  for (const auto& receipt : receipts) consumer_.settle(receipt, Settling::requeue);
}

void RabbitJobs::forward(Publication publication, Delivery::Receipt receipt) {
  {
    const std::lock_guard lock{mutex_};
    forwards_.push_back({.publication = std::move(publication), .receipt = receipt});
  }
  send_forwards();
}

void RabbitJobs::send_forwards() {
  std::vector<std::pair<Publication, Delivery::Receipt>> ready;
  {
    const std::lock_guard lock{mutex_};
    for (Forward& forward : forwards_) {
      if (forward.under_way) continue;
      forward.under_way = true;
      ++under_way_;
      ready.emplace_back(forward.publication, forward.receipt);
    }
  }
  for (auto& [publication, receipt] : ready) {
    std::vector<Publication> one;
    one.push_back(std::move(publication));
    publisher_.publish(std::move(one), [this, receipt](RabbitConnection::Outcomes outcomes) {
      forwarded(receipt, outcomes.front());
    });
  }
}

void RabbitJobs::forwarded(Delivery::Receipt receipt, Published outcome) {
  const bool arrived = outcome == Published::confirmed;
  if (arrived) consumer_.settle(receipt, Settling::ack);
  const std::lock_guard lock{mutex_};
  const auto found = std::ranges::find(forwards_, receipt, &Forward::receipt);
  if (found != forwards_.end()) {
    if (arrived && found->publication.exchange == topology().dead) ++dead_;
    found->under_way = false;  // tick() tries again
    if (arrived) forwards_.erase(found);
  }
  --under_way_;
  none_under_way_.notify_all();
}

}  // namespace parley::broker
