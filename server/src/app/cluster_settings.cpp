#include "app/cluster_settings.h"

#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

namespace parley::app {
namespace {

void check_scheme(std::string_view option, std::string_view url,
                  std::initializer_list<std::string_view> schemes, std::string_view example) {
  if (url.empty()) return;
  for (const std::string_view scheme : schemes)
    if (url.starts_with(scheme) && url.size() > scheme.size()) return;
  throw std::invalid_argument(fmt::format("{} must be a URL, as in {}", option, example));
}

}  // namespace

ClusterSettings cluster_settings_from(const Config& config) {
  ClusterSettings settings{.storage = config.text("storage"),
                           .storage_reads = config.text("storage-reads"),
                           .redis = config.text("redis"),
                           .rabbitmq = config.text("rabbitmq"),
                           .publish_messages = config.text("publish-messages"),
                           .secret = config.text("cluster-secret"),
                           .advertise = config.text("advertise")};
  constexpr std::string_view kPostgres = "postgres://user:password@host:5432/parley";
  check_scheme("storage", settings.storage, {"postgres://", "postgresql://"}, kPostgres);
  check_scheme("storage-reads", settings.storage_reads, {"postgres://", "postgresql://"},
               kPostgres);
  check_scheme("redis", settings.redis,
               {"redis://", "rediss://", "redis+sentinel://", "redis+cluster://"},
               "redis://:password@host:6379/0");
  check_scheme("rabbitmq", settings.rabbitmq, {"amqp://", "amqps://"},
               "amqp://user:password@host:5672/");
  check_scheme("advertise", settings.advertise, {"http://"}, "http://10.0.0.5:8080");
  if (!settings.storage_reads.empty() && settings.storage.empty())
    throw std::invalid_argument("storage-reads needs storage: it reads what that keeps");
  if (!settings.redis.empty() && settings.storage.empty())
    throw std::invalid_argument(
        "redis connects nodes that share a PostgreSQL store: set storage as well, or leave it out");
  return settings;
}

}  // namespace parley::app
