#include "app/cluster_settings.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "broker/rabbitmq/address.h"
#include "broker/redis/url.h"
#include "storage/postgres/url.h"

namespace parley::app {
namespace {

void check_scheme(std::string_view option, std::string_view url,
                  std::initializer_list<std::string_view> schemes, std::string_view example) {
  if (url.empty()) return;
  for (const std::string_view scheme : schemes)
    if (url.starts_with(scheme) && url.size() > scheme.size()) return;
  throw std::invalid_argument(fmt::format("{} must be a URL, as in {}", option, example));
}

void check_postgres(std::string_view option, const std::string& url) {
  if (url.empty()) return;
  if (const auto wrong = storage::wrong_postgres_url(url))
    throw std::invalid_argument(fmt::format("{}: {}", option, *wrong));
}

void check_redis(std::string_view url) {
  if (url.empty()) return;
  if (const auto read = broker::redis::parse_url(url); !read)
    throw std::invalid_argument("redis: " + read.error());
}

void check_rabbit(const std::string& url) {
  if (url.empty()) return;
  if (const auto read = broker::parse_rabbit_url(url); !read)
    throw std::invalid_argument("rabbitmq: " + read.error());
}

gateway::FixedPeer read_peer(std::string_view text) {
  const auto equals = std::min(text.find('='), text.size());
  const auto role = delivery::node_role(text.substr(0, equals));
  const std::string_view address = text.substr(std::min(equals + 1, text.size()));
  if (!role || !gateway::host_and_port(address)) {
    throw std::invalid_argument(fmt::format(
        "peers: '{}' is not a role and an address, as in user=http://10.0.0.6:8081", text));
  }
  return {.role = *role, .address = std::string{address}};
}

}  // namespace

ClusterSettings cluster_settings_from(const Config& config) {
  ClusterSettings settings{.storage = config.text("storage"),
                           .storage_reads = config.text("storage-reads"),
                           .redis = config.text("redis"),
                           .rabbitmq = config.text("rabbitmq"),
                           .publish_messages = config.text("publish-messages"),
                           .publish_status = config.on("publish-status"),
                           .outbox_limit = config.integer("outbox-limit"),
                           .secret = config.text("cluster-secret"),
                           .advertise = config.text("advertise")};
  for (const std::string& peer : config.list("peers")) settings.peers.push_back(read_peer(peer));
  constexpr std::string_view kPostgres = "postgres://user:password@host:5432/parley";
  check_scheme("storage", settings.storage, {"postgres://", "postgresql://"}, kPostgres);
  check_scheme("storage-reads", settings.storage_reads, {"postgres://", "postgresql://"},
               kPostgres);
  check_postgres("storage", settings.storage);
  check_postgres("storage-reads", settings.storage_reads);
  check_redis(settings.redis);
  check_scheme("rabbitmq", settings.rabbitmq, {"amqp://", "amqps://"},
               "amqp://user:password@host:5672/");
  check_rabbit(settings.rabbitmq);
  check_scheme("advertise", settings.advertise, {"http://"}, "http://10.0.0.5:8080");
  if (!settings.storage_reads.empty() && settings.storage.empty())
    throw std::invalid_argument("storage-reads needs storage: it reads what that keeps");
  if (!settings.redis.empty() && settings.storage.empty())
    throw std::invalid_argument(
        "redis connects nodes that share a PostgreSQL store: set storage as well, or leave it out");
  if (!settings.peers.empty() && settings.secret.empty())
    throw std::invalid_argument("peers needs cluster-secret: nodes sign what they ask each other");
  return settings;
}

delivery::NodeRoles roles_from(const Config& config, const ClusterSettings& cluster) {
  using delivery::NodeRole;
  delivery::NodeRoles roles;
  for (const std::string& name : config.list("roles")) roles.add(*delivery::node_role(name));
  if (roles.are_all()) return roles;

  const auto need = [](bool there, std::string_view what) {
    if (!there)
      throw std::invalid_argument(
          fmt::format("a node with some of the roles needs {}; or leave `roles` out", what));
  };
  need(!cluster.storage.empty(), "storage: what the nodes share");
  need(!cluster.secret.empty(), "cluster-secret: nodes sign what they ask each other");
  need(config.is_set("token-secret"), "token-secret: all nodes check the same access tokens");
  const auto runs = [&](NodeRole role) {
    return roles.has(role) || !cluster.redis.empty() ||
           std::ranges::find(cluster.peers, role, &gateway::FixedPeer::role) != cluster.peers.end();
  };
  if (roles.has(NodeRole::gateway)) {
    for (const NodeRole role : {NodeRole::user, NodeRole::chat, NodeRole::notification})
      need(runs(role),
           fmt::format("redis or peers, to find a node with the role {}", delivery::name_of(role)));
  }
  return roles;
}

}  // namespace parley::app
