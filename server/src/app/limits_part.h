#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/settings.h"
#include "base/metrics.h"
#include "broker/redis/client.h"
#include "broker/redis/rate_limiter.h"
#include "delivery/rate_limiter.h"

namespace parley::app {

// Where the rate limits of this node are kept: in Redis for all nodes together, or else here.
class LimitsPart {
 public:
  // `redis` may be nobody; it outlives this.
  LimitsPart(const NodeSettings& settings, broker::redis::Client* redis);

  delivery::RateLimiter& limiter() { return *limiter_; }

  // "ok", or why limits do not hold; nothing when they are kept here. From any thread.
  std::optional<std::string> health() const;

  void collect_metrics(Metrics& metrics) const;

 private:
  std::unique_ptr<delivery::RateLimiter> limiter_;
  const broker::RedisRateLimiter* shared_ = nullptr;  // limiter_, if all nodes share it
};

}  // namespace parley::app
