#include "app/notification_part.h"

namespace parley::app {
namespace {

using notification::JobRunner;
using notification::Service;

// A push is about something that can be read anyway: after a day of trying it is old news.
constexpr std::int64_t kMostPushAttempts = 290;

template <class Totals>
void collect_jobs(Metrics& metrics, std::string_view kind, Totals totals) {
  const auto collect = [&](std::string_view outcome, std::uint64_t JobRunner::Totals::* count) {
    metrics.collect("parley_jobs_total", {kind, outcome},
                    [totals, count] { return static_cast<double>(totals().*count); });
  };
  collect("sent", &JobRunner::Totals::sent);
  collect("postponed", &JobRunner::Totals::postponed);
  collect("dead", &JobRunner::Totals::dead);
}

void collect_breaker(Metrics& metrics, const CircuitBreaker& breaker) {
  metrics.collect("parley_breaker_state", {breaker.name()}, [&breaker] {
    return static_cast<double>(breaker.state(CircuitBreaker::Clock::now()));
  });
}

}  // namespace

NotificationPart::NotificationPart(Senders& senders, Storage& storage, delivery::Jobs& jobs,
                                   const notification::UnsubscribeTokens& unsubscribe,
                                   Metrics& metrics, Loop& loop)
    : service_(jobs, senders.mailer(), senders.sms(), storage.clock, loop),
      devices_(storage.devices, jobs, senders.push_services()),
      digest_choice_(storage.digests, unsubscribe),
      pushes_(storage.devices, jobs, senders.push()),
      push_runner_(
          jobs,
          {{.name = "push",
            .most_attempts = kMostPushAttempts,
            .carry_out =
                [this](std::string payload) { return pushes_.carry_out(std::move(payload)); }}},
          storage.clock, loop, Senders::kPushesAtOnce) {
  collect_jobs(metrics, "mail", [this] { return service_.mails(); });
  collect_jobs(metrics, "sms", [this] { return service_.messages(); });
  collect_jobs(metrics, "push", [this] { return push_runner_.totals(0); });
  collect_breaker(metrics, service_.mail_breaker());
  collect_breaker(metrics, service_.sms_breaker());
  for (const CircuitBreaker& breaker : pushes_.breakers()) collect_breaker(metrics, breaker);
  metrics.collect("parley_jobs_waiting",
                  [this] { return static_cast<double>(service_.waiting()); });
}

void NotificationPart::stop() {
  service_.stop();
  push_runner_.stop();
}

std::vector<std::pair<std::string_view, std::string_view>> NotificationPart::health() const {
  std::vector<std::pair<std::string_view, std::string_view>> ways;
  for (const CircuitBreaker* breaker : {&service_.mail_breaker(), &service_.sms_breaker()}) {
    const auto state = breaker->state(CircuitBreaker::Clock::now());
    ways.emplace_back(breaker->name(), state == CircuitBreaker::State::closed
                                           ? "ok"
                                           : "degraded: nobody answers, it waits");
  }
  return ways;
}

}  // namespace parley::app
