#include "app/cluster_part.h"

#include <algorithm>
#include <cstdint>
#include <random>

#include <fmt/format.h>

#include "gateway/json_write.h"

namespace parley::app {
namespace {

using delivery::NodeRole;
using gateway::Distrust;

// Only gateways forward: others are asked for what they have.
std::vector<NodeRole> forwarded_by(delivery::NodeRoles own) {
  std::vector<NodeRole> roles;
  if (!own.has(NodeRole::gateway)) return roles;
  for (const gateway::Operation& operation : gateway::operations()) {
    const bool noted = std::ranges::find(roles, operation.role) != roles.end();
    if (!own.has(operation.role) && !noted) roles.push_back(operation.role);
  }
  return roles;
}

// Ids on the wire have 63 bits, and 0 is nothing.
gateway::NodeStart draw_start() {
  std::random_device device;
  const auto drawn = (static_cast<std::uint64_t>(device()) << 32 | device()) >> 1;
  return gateway::NodeStart{drawn | 1};
}

}  // namespace

ClusterPart::ClusterPart(const NodeSettings& settings, const Clock& clock)
    : is_gateway_(settings.roles.has(NodeRole::gateway)),
      elsewhere_(forwarded_by(settings.roles)),
      self_(draw_start()),
      peers_(settings.cluster.peers, self_.value()),
      seal_(settings.cluster.secret),
      forwarder_(peers_, seal_, self_, clock) {}

std::vector<std::pair<std::string, std::string>> ClusterPart::health() const {
  std::vector<std::pair<std::string, std::string>> states;
  for (const NodeRole role : elsewhere_) {
    const auto [known, answering] = peers_.state(role);
    states.emplace_back(delivery::name_of(role),
                        known == 0       ? "degraded: no node with this role is known"
                        : answering == 0 ? "degraded: no node with this role answers"
                        : answering < known
                            ? fmt::format("degraded: {} of {} nodes answer", answering, known)
                            : "ok");
  }
  return states;
}

void ClusterPart::collect_metrics(Metrics& metrics,
                                  const gateway::InternalEndpoint& internal) const {
  using Totals = gateway::Forwarder::Totals;
  for (const NodeRole role : elsewhere_) {
    const std::string_view name = delivery::name_of(role);
    const auto count = [&](std::string_view outcome, auto Totals::* member) {
      metrics.collect("parley_forwarded_total", {name, outcome}, [this, role, member] {
        return static_cast<double>((forwarder_.totals(role).*member).load());
      });
    };
    count("answered", &Totals::answered);
    count("failed", &Totals::failed);
    count("repeated", &Totals::repeated);
    metrics.collect("parley_peers", {name, "known"},
                    [this, role] { return static_cast<double>(peers_.state(role).known); });
    metrics.collect("parley_peers", {name, "answering"},
                    [this, role] { return static_cast<double>(peers_.state(role).answering); });
  }
  metrics.collect("parley_internal_requests_total", {"answered"},
                  [&internal] { return static_cast<double>(internal.answered()); });
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Distrust>>([&](auto word) {
    metrics.collect("parley_internal_requests_total", {word.name}, [&internal] {
      return static_cast<double>(internal.refused(decltype(word)::value));
    });
  });
}

}  // namespace parley::app
