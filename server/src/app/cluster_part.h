#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/settings.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "gateway/forwarder.h"
#include "gateway/internal_endpoint.h"
#include "gateway/peers.h"
#include "gateway/ticket.h"

namespace parley::app {

// How this node speaks with the others, wired: whom it knows, and how it signs.
class ClusterPart {
 public:
  ClusterPart(const NodeSettings& settings, const Clock& clock);

  bool is_gateway() const { return is_gateway_; }

  // This run of this node, drawn at random.
  gateway::NodeStart self() const { return self_; }
  gateway::Peers& peers() { return peers_; }
  const gateway::ClusterSeal& seal() const { return seal_; }
  gateway::Forwarder& forwarder() { return forwarder_; }

  // Each role that operations are forwarded to, and whether anybody answers. From any thread.
  std::vector<std::pair<std::string, std::string>> health() const;

  void collect_metrics(Metrics& metrics, const gateway::InternalEndpoint& internal) const;

 private:
  const bool is_gateway_;
  const std::vector<delivery::NodeRole> elsewhere_;  // roles whose operations are forwarded
  const gateway::NodeStart self_;
  gateway::Peers peers_;
  gateway::ClusterSeal seal_;
  gateway::Forwarder forwarder_;
};

}  // namespace parley::app
