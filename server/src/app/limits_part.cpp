#include "app/limits_part.h"

#include <utility>

#include "broker/memory/rate_limiter.h"

namespace parley::app {

LimitsPart::LimitsPart(const NodeSettings& settings, broker::redis::Client* redis) {
  if (!settings.rate_limits) {
    limiter_ = std::make_unique<broker::UnlimitedRateLimiter>();
  } else if (redis == nullptr) {
    limiter_ = std::make_unique<broker::MemoryRateLimiter>();
  } else {
    auto shared = std::make_unique<broker::RedisRateLimiter>(*redis);
    shared_ = shared.get();
    limiter_ = std::move(shared);
  }
}

std::optional<std::string> LimitsPart::health() const {
  if (shared_ == nullptr) return {};
  const auto trouble = shared_->trouble();
  return trouble ? "degraded: " + *trouble : "ok";
}

void LimitsPart::collect_metrics(Metrics& metrics) const {
  if (shared_ == nullptr) return;
  const auto& counters = shared_->counters();
  metrics.collect("parley_rate_limits_unasked_total", {"passed"},
                  [&] { return static_cast<double>(counters.passed_unasked.load()); });
  metrics.collect("parley_rate_limits_unasked_total", {"refused"},
                  [&] { return static_cast<double>(counters.refused_unasked.load()); });
}

}  // namespace parley::app
