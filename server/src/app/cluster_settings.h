#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/config.h"
#include "delivery/node_role.h"
#include "gateway/peers.h"

namespace parley::app {

// What makes this node one of several, as configured. Everything empty: it is alone, and keeps all
// in its data directory.
struct ClusterSettings {
  std::string storage;            // a PostgreSQL URL
  std::string storage_reads;      // another one, for what only reads
  std::string redis;              // the URL of the bus, the board of nodes, shared rate limits
  std::string rabbitmq;           // the URL of the work queues and of what is published
  std::string publish_messages;   // all, away, none
  bool publish_status = false;    // who comes and goes
  std::int64_t outbox_limit = 0;  // events that may wait
  std::string secret;             // signs what nodes ask each other
  std::string advertise;          // where other nodes reach this one; empty: where it listens
  std::vector<gateway::FixedPeer> peers{};
};

// Throws std::invalid_argument with a sentence when values do not go together.
ClusterSettings cluster_settings_from(const Config& config);

// The roles of this node. Throws the same when what a node with some of them needs is not set.
delivery::NodeRoles roles_from(const Config& config, const ClusterSettings& cluster);

}  // namespace parley::app
