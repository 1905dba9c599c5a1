#include "app/settings.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "base/ascii.h"

namespace parley::app {
namespace {

// Takes "127.0.0.1:8080" and "[::1]:8080" apart.
void read_listen(const std::string& listen, NodeSettings& settings) {
  const auto colon = listen.rfind(':');
  std::string_view port = listen;
  const bool has_port = colon != std::string::npos;
  if (has_port) port.remove_prefix(colon + 1);
  const char* const end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data(), end, settings.port);
  if (!has_port || port.empty() || parsed.ec != std::errc{} || parsed.ptr != end)
    throw std::invalid_argument("listen must be an address and a port, as in 127.0.0.1:8080");
  settings.host = listen.substr(0, colon);
  if (settings.host.starts_with('[') && settings.host.ends_with(']'))
    settings.host = settings.host.substr(1, settings.host.size() - 2);
}

// What a node with one role listens on unless told (FEATURES S107).
std::uint16_t port_of(delivery::NodeRole role) {
  return static_cast<std::uint16_t>(8080 + static_cast<unsigned>(role));
}

std::string public_url(std::string url, std::uint16_t port) {
  if (url.empty()) return fmt::format("http://localhost:{}", port);
  const bool is_url = url.starts_with("https://") || url.starts_with("http://");
  const auto host = url.find("//") + 2;
  if (url.ends_with('/')) url.pop_back();
  if (!is_url || url.size() <= host || url.find_first_of("/?#@ \t\r\n", host) != url.npos)
    throw std::invalid_argument(
        "public-url must be a scheme and a host, as in https://chat.example.org");
  return url;
}

// OpenID Connect needs HTTPS; what stays on this machine does not.
bool may_be_issuer(std::string_view url) {
  if (url.find_first_of("?# \t\r\n") != url.npos) return false;
  if (url.starts_with("https://")) return url.size() > 8;
  for (const std::string_view local : {"http://localhost", "http://127.0.0.1", "http://[::1]"}) {
    if (!url.starts_with(local)) continue;
    const std::string_view rest = url.substr(local.size());
    if (rest.empty() || rest.front() == ':' || rest.front() == '/') return true;
  }
  return false;
}

std::vector<user::ProviderSettings> providers(const Config& config) {
  user::ProviderSettings provider{.name = config.text("oidc-name"),
                                  .issuer = config.text("oidc-issuer"),
                                  .client_id = config.text("oidc-client-id"),
                                  .client_secret = config.text("oidc-client-secret")};
  if (provider.issuer.empty() && provider.client_id.empty()) return {};
  if (provider.issuer.empty() || provider.client_id.empty())
    throw std::invalid_argument("oidc-issuer and oidc-client-id go together");
  if (!may_be_issuer(provider.issuer))
    throw std::invalid_argument(
        "oidc-issuer must be a URL with https, as in https://id.example.org");
  return {std::move(provider)};
}

user::RegistrationRules registration_rules(const Config& config) {
  const std::string& mode = config.text("registration");
  user::RegistrationRules rules{.mode = mode == "closed"   ? user::Registration::closed
                                        : mode == "invite" ? user::Registration::invite
                                                           : user::Registration::open};
  for (const std::string& domain : config.list("email-domains")) {
    if (!domain.contains('.') || domain.find_first_of("@ /") != domain.npos)
      throw std::invalid_argument(
          fmt::format("email-domains: '{}' is no domain, as in example.org", domain));
    rules.email_domains.push_back(lower_ascii(domain));
  }
  return rules;
}

BackupSettings backup_settings(const Config& config, const ClusterSettings& cluster) {
  BackupSettings backups{.every = config.seconds("backup-every"),
                         .directory = config.path("backup-directory"),
                         .keep = static_cast<std::size_t>(config.integer("backup-keep"))};
  if (backups.every.count() == 0) return backups;
  if (!cluster.storage.empty())
    throw std::invalid_argument(
        "backup-every is for a store in the data directory; `storage` is on PostgreSQL, which has "
        "backups of its own (docs/operations.md)");
  if (backups.every < std::chrono::minutes{1})
    throw std::invalid_argument("backup-every must be 0 or at least 1m");
  return backups;
}

unsigned threads_or_cores(std::int64_t threads) {
  if (threads > 0) return static_cast<unsigned>(threads);
  return std::clamp(std::thread::hardware_concurrency(), 1U, 63U);
}

}  // namespace

NodeSettings settings_from(const Config& config) {
  NodeSettings settings;
  settings.cluster = cluster_settings_from(config);
  settings.roles = roles_from(config, settings.cluster);
  read_listen(config.text("listen"), settings);
  if (const auto role = settings.roles.only(); role && !config.is_set("listen"))
    settings.port = port_of(*role);
  settings.public_url = public_url(config.text("public-url"), settings.port);
  settings.data = config.path("data");
  settings.web = config.path("web");
  settings.threads = threads_or_cores(config.integer("threads"));
  settings.node_id = static_cast<std::uint32_t>(config.integer("node-id"));
  settings.log_requests = config.on("log-requests");
  settings.rate_limits = config.on("rate-limits");
  settings.rate_rules = gateway::read_rate_rules(config.list("rate-policies"));
  settings.registration = registration_rules(config);
  settings.bcrypt_cost = static_cast<int>(config.integer("bcrypt-cost"));
  settings.token_secret = config.text("token-secret");
  if (!settings.cluster.redis.empty() && settings.token_secret.empty())
    throw std::invalid_argument(
        "redis connects several nodes: they need one token-secret to check the same access tokens");
  settings.lifetimes = {.access = config.seconds("access-token-ttl"),
                        .browser_access = config.seconds("browser-access-token-ttl"),
                        .refresh = config.seconds("refresh-token-ttl")};
  settings.providers = providers(config);
  settings.max_content = config.bytes("max-content");
  settings.max_json = config.bytes("max-json");
  settings.max_frame = config.bytes("max-frame");
  settings.max_group = static_cast<std::size_t>(config.integer("max-group"));
  settings.max_connections = static_cast<std::size_t>(config.integer("max-connections"));
  settings.outbound_queue = config.bytes("outbound-queue");
  settings.dedup_window = static_cast<std::size_t>(config.integer("dedup-window"));
  settings.ping_interval = config.seconds("ping-interval");
  settings.request_timeout = config.seconds("request-timeout");
  settings.allowed_origins = config.list("allowed-origins");
  settings.trusted_proxies = config.list("trusted-proxies");
  settings.senders = sender_settings_from(config);
  settings.digest_after = config.seconds("digest-after");
  settings.backups = backup_settings(config, settings.cluster);
  settings.retention = {.messages = config.seconds("retention"),
                        .undelivered = config.seconds("retention-undelivered")};
  // Drafts that are sent once more are recognised for a week.
  if (settings.retention.messages.count() > 0 && settings.retention.messages < std::chrono::days{8})
    throw std::invalid_argument("retention must be 0 or at least 8d");
  if (settings.max_content > settings.max_json || settings.max_content > settings.max_frame)
    throw std::invalid_argument("max-content must not be greater than max-json or max-frame");
  return settings;
}

}  // namespace parley::app
