#include "broker/rabbitmq/topology.h"

#include <gtest/gtest.h>

namespace parley::broker {
namespace {

using std::chrono::milliseconds;

TEST(Topology, AWaitTakesTheNearestTier) {
  const Topology topology;
  const auto tier = [&](milliseconds wait) { return topology.tier_for(wait).name; };
  EXPECT_EQ(tier(milliseconds{-1'000}), "parley.retry.5s");
  EXPECT_EQ(tier(milliseconds{0}), "parley.retry.5s");
  EXPECT_EQ(tier(milliseconds{6'000}), "parley.retry.5s");
  EXPECT_EQ(tier(milliseconds{17'499}), "parley.retry.5s");
  EXPECT_EQ(tier(milliseconds{17'500}), "parley.retry.30s");
  EXPECT_EQ(tier(milliseconds{36'000}), "parley.retry.30s");
  EXPECT_EQ(tier(milliseconds{360'000}), "parley.retry.5min");
  EXPECT_EQ(tier(milliseconds{86'400'000}), "parley.retry.5min");
}

TEST(Topology, AQueueTellsItsKind) {
  const Topology topology;
  for (const std::string_view kind : kWorkKinds)
    EXPECT_EQ(topology.kind_of(topology.queue_of(kind)), kind);
  EXPECT_EQ(topology.queue_of("mail"), "parley.work.mail");
  EXPECT_EQ(topology.kind_of("parley.work"), "");
  EXPECT_EQ(topology.kind_of("parley.work.fax"), "");
  EXPECT_EQ(topology.kind_of("parley.dead"), "");
}

}  // namespace
}  // namespace parley::broker
