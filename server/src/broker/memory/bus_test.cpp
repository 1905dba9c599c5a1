#include "broker/memory/bus.h"

#include <memory>

#include "broker/contract/bus_suite.h"

namespace parley::broker {
namespace {

struct InMemory {
  InMemory() {
    for (unsigned id = 1; id <= 3; ++id)
      buses[id] = std::make_unique<MemoryBus>(exchange, static_cast<delivery::NodeId>(id));
  }
  delivery::Bus& bus(unsigned id) { return *buses[id]; }

  MemoryExchange exchange;
  std::unique_ptr<MemoryBus> buses[4];
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BusContract, InMemory);

TEST(MemoryBus, NothingComesThroughAWayThatIsCut) {
  using Notes = std::vector<std::string>;
  BusNotes notes[4];
  InMemory nodes;
  for (const unsigned id : {1u, 2u}) {
    nodes.bus(id).listen(notes[id]);
    ASSERT_TRUE(notes[id].wait_for(1));
  }
  nodes.exchange.cut(delivery::NodeId{2});
  ASSERT_TRUE(notes[2].wait_for(2));
  nodes.bus(1).send(delivery::NodeId{2}, "lost");
  nodes.bus(2).send(delivery::NodeId{1}, "lost too");
  nodes.exchange.mend(delivery::NodeId{2});
  ASSERT_TRUE(notes[2].wait_for(3));
  nodes.bus(1).send(delivery::NodeId{2}, "a");
  nodes.bus(2).send(delivery::NodeId{1}, "b");
  ASSERT_TRUE(notes[2].wait_for(4) && notes[1].wait_for(2));
  EXPECT_EQ(notes[2].all(), (Notes{"+", "-", "+", "1:a"}));
  EXPECT_EQ(notes[1].all(), (Notes{"+", "2:b"}));
}

}  // namespace
}  // namespace parley::broker
