#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/cluster_for_test.h"

namespace parley::delivery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr UserId kAlice{1};
constexpr UserId kBob{2};
constexpr UserId kCarol{3};

// What is lost, doubled, overtaken or dead, and how the nodes get over it.
class ClusterRepairTest : public testing::Test, protected TestCluster {
 protected:
  // Parcels of these kinds are lost from now on.
  template <class... Body>
  void lose() {
    network.loses = [](const TestNetwork::Parcel& parcel) {
      const auto message = read_node_message(parcel.bytes);
      return (std::holds_alternative<Body>(message->body) || ...);
    };
  }
  void lose_nothing() { network.loses = {}; }

  // Whether every node has heard of exactly those who are on the others.
  testing::AssertionResult all_agree(std::uint64_t most_user) const {
    for (const auto& node : nodes) {
      for (std::uint64_t user = 1; user <= most_user; ++user) {
        const bool elsewhere = std::ranges::any_of(nodes, [&](const auto& other) {
          return other != node && other->router.online_here(UserId{user});
        });
        if (node->cluster.online(UserId{user}) != elsewhere)
          return testing::AssertionFailure()
                 << "user " << user << " is " << (elsewhere ? "not known" : "believed") << " there";
      }
    }
    return testing::AssertionSuccess();
  }
  // A lease has passed without an interruption.
  void calm() {
    for (int i = 0; i < 4; ++i) look();
    beat();
  }
  static std::uint64_t snapshots(const TestNode& node) { return node.cluster.counts().snapshots; }

  TestNode& one = start(1);
  TestNode& two = start(2);
};

TEST_F(ClusterRepairTest, ABatchThatWasLostIsNoticedAtTheNext) {
  lose<Moves>();
  two.connect(kAlice);
  settle();
  lose_nothing();
  EXPECT_FALSE(one.router.online(kAlice));
  const auto before = snapshots(one);
  two.connect(kBob);
  settle();
  EXPECT_TRUE(one.router.online(kAlice));
  EXPECT_TRUE(one.router.online(kBob));
  EXPECT_EQ(snapshots(one), before + 1);
}

TEST_F(ClusterRepairTest, ALastBatchThatWasLostIsNoticedAtTheHeartbeat) {
  auto& alice = two.connect(kAlice);
  settle();
  lose<Moves>();
  two.disconnect(alice);
  settle();
  lose_nothing();
  EXPECT_TRUE(one.router.online(kAlice));
  beat();
  EXPECT_FALSE(one.router.online(kAlice));
}

// The other node could not reach their peers here either.
TEST_F(ClusterRepairTest, WhatComesByASnapshotIsToldHere) {
  auto& alice = one.connect(kAlice);
  auto& bob = one.connect(kBob);
  settle();
  EXPECT_THAT(two.visitors.take(), UnorderedElementsAre("~+1", "~+2"));
  lose<Moves>();
  one.disconnect(alice);
  one.set_attended(bob, false);
  one.connect(kCarol);
  settle();
  lose_nothing();
  beat();
  EXPECT_THAT(two.visitors.take(), UnorderedElementsAre("~-1^", "~*2^", "~+3^"));
}

TEST_F(ClusterRepairTest, WhatTheNumbersDoNotShowTheDigestDoes) {
  two.connect(kAlice);
  settle();
  // Somebody else says what node two would say next, so its own word comes too late.
  network.waiting.push_back(
      {NodeId{2}, NodeId{1},
       write({.incarnation = 102,
              .body = Moves{.number = 2, .arrived = {kCarol}, .left = {}, .left_one = {}}})});
  settle();
  ASSERT_TRUE(one.router.online(kCarol));
  two.connect(kBob);
  settle();
  ASSERT_FALSE(one.router.online(kBob));
  beat();
  EXPECT_TRUE(all_agree(5));
}

TEST_F(ClusterRepairTest, ASnapshotThatWasLostIsAskedForAgain) {
  lose<Moves, Snapshot>();
  two.connect(kAlice);
  settle();
  beat();
  lose<Ask>();
  beat();
  lose_nothing();
  EXPECT_FALSE(one.router.online(kAlice));
  beat();
  beat();
  EXPECT_TRUE(one.router.online(kAlice));
}

TEST_F(ClusterRepairTest, ALargeSnapshotComesInPartsAndInAnyOrder) {
  constexpr std::uint64_t kMany = 3 * Snapshot::kMostUsers + 5;
  lose<Moves>();
  for (std::uint64_t user = 1; user <= kMany; ++user) two.connect(UserId{user});
  settle();
  lose_nothing();
  one.cluster.beat();
  two.cluster.beat();
  std::mt19937 random{7};
  for (int turn = 0; turn < 20; ++turn) {
    run();
    std::ranges::shuffle(network.waiting, random);
    if (turn % 3 == 0 && !network.waiting.empty())
      network.waiting.push_back(network.waiting.front());  // comes twice
    while (network.carry_one()) {
    }
  }
  EXPECT_EQ(one.cluster.directory_size(), kMany);
  EXPECT_TRUE(all_agree(kMany + 1));
}

TEST_F(ClusterRepairTest, BatchesThatComeAmidASnapshotAreKeptForAfterwards) {
  lose<Moves>();
  auto& alice = two.connect(kAlice);
  settle();
  lose_nothing();
  two.cluster.beat();
  while (network.carry_one()) run();  // asks, and the snapshot is on its way
  run();
  // A moves that was sent later overtakes it.
  two.disconnect(alice);
  two.connect(kBob);
  two.cluster.flush();
  std::ranges::reverse(network.waiting);
  settle();
  EXPECT_FALSE(one.router.online(kAlice));
  EXPECT_TRUE(one.router.online(kBob));
}

TEST_F(ClusterRepairTest, ANodeThatWasStartedAnewIsHeardAnew) {
  two.connect(kAlice);
  settle();
  one.visitors.take();
  kill(two);
  board.entries.erase(NodeId{2});
  TestNode& again = start(2);
  EXPECT_FALSE(one.router.online(kAlice));
  EXPECT_THAT(one.visitors.take(), ElementsAre("~-1!"));
  again.connect(kBob);
  settle();
  EXPECT_TRUE(one.router.online(kBob));
}

TEST_F(ClusterRepairTest, ANodeThatJoinsHearsOfEverybody) {
  one.connect(kAlice);
  two.connect(kBob);
  settle();
  TestNode& three = start(3);
  three.look();
  settle();
  EXPECT_TRUE(three.router.online(kAlice));
  EXPECT_TRUE(three.router.online(kBob));
  EXPECT_EQ(three.cluster.nodes(), 3u);
  EXPECT_EQ(one.cluster.nodes(), 3u);
}

TEST_F(ClusterRepairTest, TheUsersOfADeadNodeAreToldByTheLowestOfTheOthers) {
  TestNode& three = start(3);
  two.connect(kAlice);
  two.connect(kBob);
  three.connect(kBob);
  calm();
  one.visitors.take();
  three.visitors.take();
  kill(two);
  beat();
  beat();
  look();
  EXPECT_TRUE(one.router.online(kAlice)) << "its lease is there still";
  board.entries.erase(NodeId{2});
  look();
  EXPECT_FALSE(one.router.online(kAlice));
  EXPECT_THAT(one.visitors.take(), ElementsAre("~-1!"));
  EXPECT_THAT(three.visitors.take(), ElementsAre("~-1"));
  EXPECT_EQ(one.cluster.nodes(), 2u);
}

TEST_F(ClusterRepairTest, ANodeThatSpeaksIsNotDead) {
  two.connect(kAlice);
  calm();
  board.entries.erase(NodeId{2});
  beat();
  beat();
  one.look();
  EXPECT_TRUE(one.router.online(kAlice));
}

// All leases may have run out while the board was away.
TEST_F(ClusterRepairTest, AfterAnInterruptionOfTheBoardNobodyIsHeldForDeadTooEarly) {
  two.connect(kAlice);
  calm();
  kill(two);
  for (int i = 0; i < 5; ++i) beat();
  board.reachable = false;
  look();
  EXPECT_THAT(one.cluster.trouble().value_or(""), HasSubstr("cannot be reached"));
  board.reachable = true;
  board.entries.clear();
  look();
  look();
  look();
  EXPECT_TRUE(one.router.online(kAlice));
  EXPECT_EQ(one.cluster.trouble(), std::nullopt);
  look();
  EXPECT_FALSE(one.router.online(kAlice));
}

// The one that was to tell of a dead node's users died with it.
TEST_F(ClusterRepairTest, WhatADeadNodeWasToTellIsToldByTheNext) {
  TestNode& three = start(3);
  two.connect(kAlice);
  calm();
  three.visitors.take();
  kill(two);
  board.entries.erase(NodeId{2});
  beat();
  kill(one);
  beat();
  look();
  EXPECT_THAT(three.visitors.take(), ElementsAre("~-1"));
  board.entries.erase(NodeId{1});
  beat();
  look();
  EXPECT_THAT(three.visitors.take(), ElementsAre("~-1!"));
}

TEST_F(ClusterRepairTest, ANodeThatStopsSaysGoodbye) {
  TestNode& three = start(3);
  auto& alice = two.connect(kAlice);
  settle();
  one.visitors.take();
  two.visitors.take();
  two.cluster.say_goodbye();
  settle();
  EXPECT_FALSE(one.router.online(kAlice));
  EXPECT_THAT(one.visitors.take(), ElementsAre("~-1!"));
  EXPECT_EQ(one.cluster.nodes(), 2u);
  two.disconnect(alice);
  settle();
  EXPECT_THAT(two.visitors.take(), IsEmpty()) << "it will not be there when it is time to tell";
  beat();
  look();
  EXPECT_EQ(one.cluster.nodes(), 2u) << "its lease is there still";
  // What it has under way is delivered.
  auto& carol = three.connect(kCarol);
  settle();
  two.router.deliver(MessageRead{.chat_id = {}, .user_id = {}, .seq = 3, .at = {}}, {kCarol});
  settle();
  EXPECT_EQ(carol.all<MessageRead>().size(), 1u);
}

TEST_F(ClusterRepairTest, ALeaseIsGivenBackAtTheEnd) {
  bool ended = false;
  boost::asio::co_spawn(loop, two.cluster.run(), [&](std::exception_ptr) { ended = true; });
  settle();
  two.cluster.say_goodbye();
  two.cluster.stop();
  settle();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(board.entries.contains(NodeId{2}));
}

TEST_F(ClusterRepairTest, ANodeWhoseIdAnotherTookDoesNotServe) {
  auto& alice = two.connect(kAlice);
  settle();
  board.entries[NodeId{2}].incarnation = 999;
  two.look();
  EXPECT_FALSE(two.serves);
  EXPECT_TRUE(two.cluster.displaced());
  EXPECT_THAT(two.cluster.trouble().value_or(""), HasSubstr("another node runs with node-id 2"));
  network.carried = 0;
  two.disconnect(alice);
  two.cluster.beat();
  settle();
  EXPECT_EQ(network.carried, 0) << "it says nothing in the name of the other";

  board.entries.erase(NodeId{2});
  two.look();
  settle();
  EXPECT_TRUE(two.serves);
  EXPECT_EQ(two.cluster.trouble(), std::nullopt);
  EXPECT_FALSE(one.router.online(kAlice));
}

TEST_F(ClusterRepairTest, AnInterruptedNodeCatchesUp) {
  two.connect(kAlice);
  auto& bob = one.connect(kBob);
  settle();
  two.port.cut();
  settle();
  one.disconnect(bob);
  one.connect(kCarol);
  two.connect(kBob);
  settle();
  EXPECT_TRUE(two.cluster.online(kBob));
  two.port.heal();
  settle();
  EXPECT_TRUE(all_agree(5));
}

TEST_F(ClusterRepairTest, AfterAnInterruptionOnlyWhatChangedCostsASnapshot) {
  TestNode& three = start(3);
  two.connect(kAlice);
  three.connect(kBob);
  settle();
  const auto before = snapshots(one) + snapshots(three);
  for (TestNode* const node : {&one, &two, &three}) node->port.cut();
  settle();
  two.connect(kCarol);
  settle();
  for (TestNode* const node : {&two, &one, &three}) {
    node->port.heal();
    settle();
  }
  EXPECT_TRUE(all_agree(5));
  EXPECT_EQ(snapshots(one) + snapshots(three), before + 2) << "each of node two";
}

// More nodes have sockets than there are slots: said, and it goes on when one of them leaves.
TEST_F(ClusterRepairTest, TheSixtyFifthNodeIsLeftOutUntilThereIsRoom) {
  std::vector<TestNode*> others;
  for (std::uint16_t number = 100; number < 163; ++number) {
    others.push_back(&start(number));
    others.back()->connect(UserId{number});
  }
  two.connect(kAlice);
  settle();
  EXPECT_EQ(one.cluster.trouble(), std::nullopt) << "64 others";
  TestNode& last = start(200);
  last.connect(kBob);
  settle();
  EXPECT_FALSE(one.router.online(kBob));
  EXPECT_THAT(one.cluster.trouble().value_or(""), HasSubstr("64"));
  others[0]->cluster.say_goodbye();
  settle();
  beat();
  EXPECT_TRUE(one.router.online(kBob));
  beat();
  EXPECT_EQ(one.cluster.trouble(), std::nullopt);
}

// Whatever happens on the way: three heartbeats later all nodes agree on who is where.
class ClusterStepsTest : public ClusterRepairTest, public testing::WithParamInterface<unsigned> {
 protected:
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>{0, n - 1}(random);
  }

  void step() {
    TestNode& node = *nodes[below(nodes.size())];
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        node.connect(UserId{1 + below(kUsers)});
        break;
      case 3:
      case 4:
        if (!node.devices.empty()) node.disconnect(*node.devices[below(node.devices.size())]);
        break;
      case 5:
        node.cluster.flush();
        break;
      case 6:
        node.cluster.beat();
        break;
      case 7:  // some come
        for (std::size_t i = below(8); i-- > 0 && network.carry_one();) run();
        break;
      case 8:  // one is lost, or comes twice
        if (network.waiting.empty()) break;
        if (below(2) == 0) {
          network.waiting.pop_front();
        } else {
          network.waiting.push_back(network.waiting[below(network.waiting.size())]);
        }
        break;
      case 9:
        std::ranges::shuffle(network.waiting, random);
        break;
      case 10:
        node.router.deliver(Resync{}, {UserId{1 + below(kUsers)}});
        break;
      default:
        if (cut.insert(&node).second) {
          node.port.cut(below(2) == 0);
        } else {
          node.port.heal();
          cut.erase(&node);
        }
    }
    run();
  }

  static constexpr std::size_t kUsers = 40;
  std::mt19937 random{GetParam()};
  std::set<TestNode*> cut;
};

TEST_P(ClusterStepsTest, TheDirectoryConverges) {
  start(3);
  start(4);
  for (int i = 0; i < 1'000; ++i) step();
  for (TestNode* const node : cut) node->port.heal();
  settle();
  for (int i = 0; i < 3; ++i) beat();
  EXPECT_TRUE(all_agree(kUsers));
  for (const auto& node : nodes) EXPECT_EQ(node->cluster.counts().refused, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ClusterStepsTest, testing::Range(1U, 41U));

}  // namespace
}  // namespace parley::delivery
