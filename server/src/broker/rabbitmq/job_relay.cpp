#include "broker/rabbitmq/job_relay.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/log.h"
#include "base/waiter.h"
#include "broker/rabbitmq/job_message.h"

namespace parley::broker {

using delivery::Job;
using delivery::JobId;

Task<void> JobRelay::run() {
  while (!stopping_) {
    bool more = false;
    try {
      more = co_await relay();
    } catch (const std::exception& failure) {
      log::warning("jobs cannot be relayed", {{"why", failure.what()}});
    }
    if (more || stopping_) continue;
    wake_.expires_after(kLookInterval);
    boost::system::error_code woken;
    co_await wake_.async_wait(boost::asio::redirect_error(use_task, woken));
  }
}

void JobRelay::stop() {
  stopping_ = true;
  wake_.cancel();
}

// Whether there was a full load, so that more may be waiting.
Task<bool> JobRelay::relay() {
  if (publisher_.state() != RabbitConnection::State::up) co_return false;
  auto jobs = co_await outbox_.take(kinds_, kAtOnce, kLease);
  const bool full = std::ssize(jobs) == kAtOnce;
  jobs = co_await without_too_long(std::move(jobs));
  if (jobs.empty()) co_return full;

  std::vector<JobId> ids;
  std::vector<Publication> publications;
  for (Job& job : jobs) {
    ids.push_back(job.id);
    const WorkJob work{
        .id = job.id, .kind = std::move(job.kind), .payload = std::move(job.payload)};
    publications.push_back(to_work(work, publisher_.options().topology, clock_.now()));
  }
  auto outcomes = co_await publisher_.publish(std::move(publications));
  const bool all = std::ranges::count(outcomes, Published::confirmed) == std::ssize(outcomes);
  co_await settle(std::move(ids), std::move(outcomes));
  co_return full&& all;
}

// Whoever took such a job would refuse to read it.
Task<std::vector<Job>> JobRelay::without_too_long(std::vector<Job> jobs) {
  const std::size_t longest = publisher_.options().wire.longest_body;
  std::vector<JobId> too_long;
  for (const Job& job : jobs)
    if (job.payload.size() > longest) too_long.push_back(job.id);
  std::erase_if(jobs, [longest](const Job& job) { return job.payload.size() > longest; });
  for (const JobId job : too_long) {
    log::warning("a job is too long for RabbitMQ", {{"job", job}});
    co_await outbox_.failed(job, std::nullopt, "it is too long for RabbitMQ");
  }
  co_return jobs;
}

// All at the same time: a store commits them together.
Task<void> JobRelay::settle(std::vector<JobId> jobs, std::vector<Published> outcomes) {
  struct Gather : Waiter {
    std::size_t open = 0;
    void ended(const std::exception_ptr& failure) {
      if (failure) fail(failure);
      if (--open > 0) return;
      std::vector<Gather*> one{this};
      resume_all(one);
    }
  };
  Gather all;
  all.open = jobs.size();
  co_await all.wait([this, &all, &jobs, &outcomes] {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      boost::asio::co_spawn(loop_, settle_one(jobs[i], outcomes[i]),
                            [&all](std::exception_ptr failure) { all.ended(failure); });
    }
  });
}

Task<void> JobRelay::settle_one(JobId job, Published outcome) {
  if (outcome == Published::confirmed) {
    ++relayed_;
    co_await outbox_.done(job);
  } else {
    co_await outbox_.failed(job, clock_.now() + kAgain, "RabbitMQ did not take it");
  }
}

}  // namespace parley::broker
