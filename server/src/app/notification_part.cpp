#include "app/notification_part.h"

namespace parley::app {
namespace {

using notification::Service;

void collect_jobs(Metrics& metrics, std::string_view kind, const Service& service,
                  Service::Totals (Service::*totals)() const) {
  const auto collect = [&](std::string_view outcome, std::uint64_t Service::Totals::* count) {
    metrics.collect("parley_jobs_total", {kind, outcome}, [&service, totals, count] {
      return static_cast<double>((service.*totals)().*count);
    });
  };
  collect("sent", &Service::Totals::sent);
  collect("postponed", &Service::Totals::postponed);
  collect("dead", &Service::Totals::dead);
}

void collect_breaker(Metrics& metrics, const CircuitBreaker& breaker) {
  metrics.collect("parley_breaker_state", {breaker.name()}, [&breaker] {
    return static_cast<double>(breaker.state(CircuitBreaker::Clock::now()));
  });
}

}  // namespace

NotificationPart::NotificationPart(Senders& senders, Storage& storage, Metrics& metrics, Loop& loop)
    : service_(storage.jobs, senders.mailer(), senders.sms(), storage.clock, loop) {
  collect_jobs(metrics, "mail", service_, &Service::mails);
  collect_jobs(metrics, "sms", service_, &Service::messages);
  collect_breaker(metrics, service_.mail_breaker());
  collect_breaker(metrics, service_.sms_breaker());
  metrics.collect("parley_jobs_waiting",
                  [this] { return static_cast<double>(service_.waiting()); });
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
