#include "notification/job_runner.h"

#include <algorithm>
#include <random>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/log.h"

namespace parley::notification {
namespace {

using Outcome = Sending::Outcome;

std::chrono::seconds wait_after(std::int64_t attempt) {
  if (attempt <= 1) return std::chrono::seconds{5};
  if (attempt == 2) return std::chrono::seconds{30};
  return std::chrono::minutes{5};
}

// Up to a fifth more, so that what failed together does not come back together.
std::chrono::milliseconds with_jitter(std::chrono::milliseconds wait) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return wait + std::chrono::milliseconds{
                    std::uniform_int_distribution<std::int64_t>{0, wait.count() / 5}(random)};
}

}  // namespace

JobRunner::JobRunner(delivery::Jobs& jobs, std::vector<Kind> kinds, const Clock& clock, Loop& loop,
                     std::size_t at_once)
    : jobs_(jobs),
      kinds_(std::move(kinds)),
      clock_(clock),
      at_once_(at_once),
      loop_(loop),
      wake_(loop),
      counters_(kinds_.size()) {}

JobRunner::Totals JobRunner::totals(std::size_t kind) const {
  const Counters& counters = counters_[kind];
  return {counters.sent.load(), counters.postponed.load(), counters.dead.load()};
}

Task<void> JobRunner::run() {
  while (!stopping_) {
    try {
      co_await look();
      co_await count();
    } catch (const std::exception& failure) {
      log::warning("jobs cannot be looked at", {{"why", failure.what()}});
    }
    if (!stopping_) co_await sleep(kLookInterval);
  }
  while (under_way_ > 0) co_await sleep(kLease);
}

Task<void> JobRunner::sleep(std::chrono::milliseconds longest) {
  wake_.expires_after(longest);
  boost::system::error_code woken;
  co_await wake_.async_wait(boost::asio::redirect_error(use_task, woken));
}

Task<void> JobRunner::look() {
  const auto free = static_cast<std::int64_t>(at_once_ - under_way_);
  if (free == 0) co_return;
  std::vector<std::string> names;
  names.reserve(kinds_.size());
  for (const Kind& kind : kinds_) names.push_back(kind.name);
  auto jobs = co_await jobs_.take(std::move(names), free, kLease);
  for (delivery::Job& job : jobs) {
    ++under_way_;
    boost::asio::co_spawn(loop_, carry_out(std::move(job)), boost::asio::detached);
  }
}

Task<void> JobRunner::count() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_count_) co_return;
  waiting_ = (co_await jobs_.counts()).waiting;
  next_count_ = now + kCountInterval;
}

void JobRunner::stop() {
  stopping_ = true;
  wake_.cancel();
}

Task<void> JobRunner::carry_out(delivery::Job job) {
  try {
    const auto kind = std::ranges::find(kinds_, job.kind, &Kind::name);
    Sending sending = co_await kind->carry_out(job.payload);
    co_await settle(job, static_cast<std::size_t>(kind - kinds_.begin()), std::move(sending));
  } catch (const std::exception& failure) {
    // The lease runs out, and the job is taken again.
    log::warning("a job could not be settled", {{"kind", job.kind}, {"why", failure.what()}});
  }
  --under_way_;
  if (stopping_) wake_.cancel();
}

Task<void> JobRunner::settle(const delivery::Job& job, std::size_t kind, Sending sending) {
  Counters& counters = counters_[kind];
  if (sending.outcome == Outcome::sent) {
    ++counters.sent;
    co_await jobs_.done(job.id);
    co_return;
  }
  if (sending.outcome == Outcome::refused || job.attempt >= kinds_[kind].most_attempts) {
    ++counters.dead;
    log::warning("cannot be sent", {{"kind", job.kind}, {"why", sending.why}});
    co_await jobs_.failed(job.id, std::nullopt, std::move(sending.why));
    co_return;
  }
  ++counters.postponed;
  const auto wait = with_jitter(std::max(wait_after(job.attempt), sending.retry_after));
  co_await jobs_.failed(job.id, clock_.now() + wait, std::move(sending.why));
}

}  // namespace parley::notification
