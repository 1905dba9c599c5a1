#include "broker/rabbitmq/topology.h"

#include <algorithm>

namespace parley::broker {
namespace {

void declare_all(const Topology& topology, Wire& wire, std::uint16_t channel) {
  wire.declare_exchange(channel, topology.user_events, "topic");
  wire.declare_exchange(channel, topology.message_events, "topic");
  wire.declare_exchange(channel, topology.work, "direct");
  wire.declare_exchange(channel, topology.dead, "fanout");
  wire.declare_queue(channel, topology.dead,
                     {{"x-queue-type", "quorum"},
                      {"x-max-length", topology.most_dead},
                      {"x-overflow", "drop-head"},
                      {"x-message-ttl", topology.dead_kept.count()}});
  wire.bind(channel, topology.dead, topology.dead, "");
  for (const std::string_view kind : kWorkKinds) {
    const std::string queue = topology.queue_of(kind);
    wire.declare_queue(channel, queue,
                       {{"x-queue-type", "quorum"},
                        {"x-delivery-limit", topology.delivery_limit},
                        {"x-max-length", topology.most_waiting},
                        {"x-overflow", "reject-publish"},
                        {"x-dead-letter-exchange", topology.dead},
                        {"x-dead-letter-strategy", "at-least-once"}});
    wire.bind(channel, queue, topology.work, std::string{kind});
  }
  for (const Topology::Tier& tier : topology.tiers) {
    wire.declare_exchange(channel, tier.name, "fanout");
    wire.declare_queue(channel, tier.name,
                       {{"x-queue-type", "quorum"},
                        {"x-message-ttl", tier.wait.count()},
                        {"x-max-length", topology.most_waiting},
                        {"x-overflow", "reject-publish"},
                        {"x-dead-letter-exchange", topology.work},
                        {"x-dead-letter-strategy", "at-least-once"}});
    wire.bind(channel, tier.name, tier.name, "");
  }
}

}  // namespace

std::string_view Topology::kind_of(std::string_view queue) const {
  for (const std::string_view kind : kWorkKinds)
    if (queue == queue_of(kind)) return kind;
  return {};
}

const Topology::Tier& Topology::tier_for(std::chrono::milliseconds wait) const {
  const auto distance = [wait](const Tier& tier) {
    return tier.wait > wait ? tier.wait - wait : wait - tier.wait;
  };
  const Tier* nearest = &tiers.front();
  for (const Tier& tier : tiers)
    if (distance(tier) <= distance(*nearest)) nearest = &tier;
  return *nearest;
}

std::vector<std::string> Topology::queues() const {
  std::vector<std::string> names;
  for (const std::string_view kind : kWorkKinds) names.push_back(queue_of(kind));
  for (const Tier& tier : tiers) names.push_back(tier.name);
  names.push_back(dead);
  return names;
}

void Topology::declare(Wire& wire, std::uint16_t channel) const {
  try {
    declare_all(*this, wire, channel);
  } catch (const WireFailure& failure) {
    if (failure.kind != WireFailure::Kind::refused) throw;
    throw WireFailure{failure.kind,
                      std::string{failure.what()} +
                          ". What is there by that name is not what Parley declares, or its user "
                          "may not declare it: delete it once it is empty, or grant the right"};
  }
}

}  // namespace parley::broker
