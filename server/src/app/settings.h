#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/cluster_settings.h"
#include "app/sender_settings.h"
#include "base/config.h"
#include "gateway/rate_rules.h"
#include "processor/housekeeper.h"
#include "user/identity_provider.h"
#include "user/registration_rules.h"
#include "user/sessions.h"

namespace parley::app {

// The backups a server makes by itself.
struct BackupSettings {
  std::chrono::seconds every{0};    // 0: none
  std::filesystem::path directory;  // empty: `backups` in the data directory
  std::size_t keep = 1;
};

// What a node runs with, read from its configuration.
struct NodeSettings {
  std::string host;
  std::uint16_t port = 0;
  delivery::NodeRoles roles = delivery::NodeRoles::all();
  std::filesystem::path data;
  std::filesystem::path web;  // files of the web client; empty: those in the binary
  unsigned threads = 0;
  std::uint32_t node_id = 0;
  bool log_requests = false;
  bool rate_limits = true;
  std::vector<gateway::RateRule> rate_rules;
  user::RegistrationRules registration;
  int bcrypt_cost = 12;
  std::string token_secret;  // empty: the one kept in the data directory
  user::Lifetimes lifetimes;
  std::vector<user::ProviderSettings> providers;
  std::string public_url;  // where people reach this server, without a slash at the end
  std::size_t max_content = 0;
  std::size_t max_json = 0;
  std::size_t max_frame = 0;
  std::size_t max_group = 0;
  std::size_t outbound_queue = 0;
  std::size_t max_connections = 0;
  std::size_t dedup_window = 0;
  std::chrono::seconds ping_interval{};
  std::chrono::seconds request_timeout{};
  std::vector<std::string> allowed_origins;
  std::vector<std::string> trusted_proxies;
  SenderSettings senders;
  ClusterSettings cluster;
  processor::Retention retention;
  BackupSettings backups;
  std::chrono::seconds digest_after{0};  // 0: nobody is mailed a digest
};

// Throws std::invalid_argument with a sentence when values do not go together.
NodeSettings settings_from(const Config& config);

}  // namespace parley::app
