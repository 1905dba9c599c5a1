#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/presence_cluster_for_test.h"

namespace parley::chat {
namespace {

using namespace std::chrono_literals;

TEST_F(PresenceClusterTest, PeersHearOfEachOtherOnWhicheverNodesTheyAre) {
  auto& bob_here = one.connect(bob);
  run_for(2 * kOnlineDelay);
  auto& alice_there = two.connect(alice);
  EXPECT_TRUE(hears<UserOnline>(bob_here, alice));
  EXPECT_TRUE(hears<UserOnline>(alice_there, bob));
  two.disconnect(alice_there);
  clock.advance(1h);
  EXPECT_TRUE(hears<UserOffline>(bob_here, alice));
  EXPECT_EQ(bob_here.all<UserOffline>()[0].last_seen_at, kNow);
  EXPECT_EQ(last_seen.seen[alice], kNow);
  run_for(2 * kDelay);
  EXPECT_EQ(count<UserOnline>(bob_here, alice), 1);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 1);
}

// Neither node knows of the other's arrival yet.
TEST_F(PresenceClusterTest, TwoWhoComeAtOnceHearOfEachOther) {
  auto& bob_here = one.connect(bob);
  auto& alice_there = two.connect(alice);
  EXPECT_TRUE(hears<UserOnline>(bob_here, alice));
  EXPECT_TRUE(hears<UserOnline>(alice_there, bob));
}

TEST_F(PresenceClusterTest, AReloadToAnotherNodeGoesUnnoticed) {
  auto& bob_here = one.connect(bob);
  run_for(2 * kOnlineDelay);
  auto& alice_there = two.connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  two.disconnect(alice_there);
  settle();
  three.connect(alice);
  run_for(3 * kDelay);
  EXPECT_EQ(count<UserOnline>(bob_here, alice), 1);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 0);
  EXPECT_FALSE(last_seen.seen.contains(alice));
}

TEST_F(PresenceClusterTest, ASecondDeviceOnAnotherNodeIsNoNews) {
  auto& bob_here = one.connect(bob);
  run_for(2 * kOnlineDelay);
  auto& alice_here = one.connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  auto& alice_there = two.connect(alice);
  settle();
  one.disconnect(alice_here);
  run_for(3 * kDelay);
  EXPECT_EQ(count<UserOnline>(bob_here, alice), 1);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 0);
  two.disconnect(alice_there);
  EXPECT_TRUE(hears<UserOffline>(bob_here, alice));
}

TEST_F(PresenceClusterTest, WhoLooksAtAGroupIsToldByTheirOwnNode) {
  auto& carol_there = three.connect(carol);
  settle();
  ASSERT_TRUE(watch(third, carol_there));
  auto& alice_here = one.connect(alice);
  EXPECT_TRUE(hears<UserOnline>(carol_there, alice));
  one.disconnect(alice_here);
  EXPECT_TRUE(hears<UserOffline>(carol_there, alice));
  run_for(2 * kDelay);
  EXPECT_EQ(count<UserOnline>(carol_there, alice), 1);
  EXPECT_EQ(count<UserOffline>(carol_there, alice), 1);
}

TEST_F(PresenceClusterTest, AwayIsWhoIsSoOnEveryNodeAndIsToldOnce) {
  auto& bob_here = three.connect(bob);
  auto& carol_here = three.connect(carol);
  run_for(2 * kOnlineDelay);
  ASSERT_TRUE(watch(third, carol_here));
  auto& phone = one.connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  auto& laptop = two.connect(alice);
  settle();
  one.set_attended(phone, false);
  run_for(2 * kDelay);
  EXPECT_EQ(count<UserOnline>(bob_here, alice), 1);
  two.set_attended(laptop, false);
  ASSERT_TRUE(run_until([&] { return states(bob_here, alice).size() == 2; }));
  ASSERT_TRUE(run_until([&] { return states(carol_here, alice).size() == 2; }));
  EXPECT_EQ(states(bob_here, alice).back(), PresenceState::away);
  EXPECT_EQ(states(carol_here, alice).back(), PresenceState::away);
  two.set_attended(laptop, true);
  ASSERT_TRUE(run_until([&] { return states(bob_here, alice).size() == 3; }));
  ASSERT_TRUE(run_until([&] { return states(carol_here, alice).size() == 3; }));
  EXPECT_EQ(states(bob_here, alice).back(), PresenceState::online);
  run_for(2 * kDelay);
  EXPECT_EQ(states(bob_here, alice).size(), 3u);
  EXPECT_EQ(states(carol_here, alice).size(), 3u);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 0);
}

// As if the second node had heard of everything later.
class LateNewsTest : public PresenceClusterTest {
 protected:
  static constexpr auto kLate = 4 * kDelay;
  LateNewsTest() : PresenceClusterTest(kLate) {}
};

TEST_F(LateNewsTest, WhoWasToldAwayByOneNodeIsToldBackByAnother) {
  auto& bob_here = one.connect(bob);
  run_for(2 * kOnlineDelay);
  auto& phone = one.connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  auto& laptop = two.connect(alice);
  settle();
  two.set_attended(laptop, false);
  one.set_attended(phone, false);
  settle();
  run_for(kLate / 2);
  ASSERT_TRUE(run_until([&] { return states(bob_here, alice).size() == 2; }));
  EXPECT_EQ(states(bob_here, alice).back(), PresenceState::away);
  two.set_attended(laptop, true);
  ASSERT_TRUE(run_until([&] { return states(bob_here, alice).size() == 3; }));
  EXPECT_EQ(states(bob_here, alice).back(), PresenceState::online);
}

TEST_F(PresenceClusterTest, WhoIsLeftAwayByANodeThatDiesIsToldAway) {
  auto& bob_here = three.connect(bob);
  run_for(2 * kOnlineDelay);
  one.connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  auto& laptop = two.connect(alice);
  two.set_attended(laptop, false);
  settle();
  one.port.cut(false);
  board.entries.erase(delivery::NodeId{1});
  for (int i = 0; i < 3; ++i) {
    two.cluster.beat();
    three.cluster.beat();
    settle();
  }
  two.look();
  three.look();
  ASSERT_TRUE(run_until([&] { return states(bob_here, alice).size() == 2; }));
  EXPECT_EQ(states(bob_here, alice).back(), PresenceState::away);
  run_for(2 * kDelay);
  EXPECT_EQ(states(bob_here, alice).size(), 2u);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 0);
}

TEST_F(PresenceClusterTest, BusyReachesWhoLooksOnAnotherNodeAndEndsThereToo) {
  auto& bob_here = one.connect(bob);
  auto& carol_there = three.connect(carol);
  run_for(2 * kOnlineDelay);
  ASSERT_TRUE(watch(third, carol_there));
  two.connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  Caller caller;
  caller.user_id = alice;
  ASSERT_TRUE(await(loop, first.presence.set_status(
                              caller, {.availability = Availability::busy, .until = kNow + 1h})));
  const auto all_told = [&](std::size_t times) {
    return states(bob_here, alice).size() >= times && states(carol_there, alice).size() >= times;
  };
  ASSERT_TRUE(run_until([&] { return all_told(2); }));
  EXPECT_EQ(states(carol_there, alice).back(), PresenceState::busy);
  clock.advance(1h);
  ASSERT_TRUE(run_until([&] { return all_told(3); }));
  EXPECT_EQ(states(bob_here, alice).back(), PresenceState::online);
  EXPECT_EQ(states(carol_there, alice).back(), PresenceState::online);
  run_for(2 * kDelay);
  EXPECT_EQ(states(bob_here, alice).size(), 3u) << "by one of them";
  EXPECT_EQ(states(carol_there, alice).size(), 3u);
}

TEST_F(PresenceClusterTest, WatchingTellsWhoIsOnlineAnywhere) {
  one.connect(alice);
  auto& carol_there = three.connect(carol);
  settle();
  Caller caller;
  caller.user_id = carol;
  caller.connection = carol_there.connection;
  EXPECT_THAT(await(loop, third.presence.watch(caller, {group}))->online,
              testing::UnorderedElementsAre(alice, carol));
}

TEST_F(PresenceClusterTest, TheUsersOfADeadNodeAreToldOfflineUnlessTheyCameBack) {
  const UserId dave = store.add_user("dave");
  store.add_chat(ChatType::direct, {bob, dave});
  auto& bob_here = three.connect(bob);
  settle();
  two.connect(alice);
  two.connect(dave);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  ASSERT_TRUE(hears<UserOnline>(bob_here, dave));
  two.port.cut(false);  // its sockets know nothing of it, and nobody hears of them
  board.entries.erase(delivery::NodeId{2});
  one.connect(dave);
  for (int i = 0; i < 3; ++i) {
    one.cluster.beat();
    three.cluster.beat();
    settle();
  }
  one.look();
  three.look();
  EXPECT_TRUE(hears<UserOffline>(bob_here, alice));
  run_for(3 * kDelay);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 1) << "by one of the two";
  EXPECT_EQ(count<UserOffline>(bob_here, dave), 0);
  EXPECT_TRUE(last_seen.seen.contains(alice));
  EXPECT_FALSE(last_seen.seen.contains(dave));
}

TEST_F(PresenceClusterTest, WhoLeavesTwoNodesAtOnceIsToldOfflineOnce) {
  auto& bob_here = one.connect(bob);
  auto& alice_here = two.connect(alice);
  settle();
  auto& alice_there = three.connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  settle();
  two.disconnect(alice_here);
  three.disconnect(alice_there);
  EXPECT_TRUE(hears<UserOffline>(bob_here, alice));
  run_for(2 * kDelay);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 1);
}

// The news of the arrival was on its way when the delay ended.
TEST_F(PresenceClusterTest, WhoWasToldGoneTooSoonIsToldBack) {
  auto& bob_here = one.connect(bob);
  run_for(2 * kOnlineDelay);
  auto& alice_there = two.connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  two.disconnect(alice_there);
  settle();
  network.loses = [](const auto& parcel) { return parcel.from == delivery::NodeId{3}; };
  three.connect(alice);
  ASSERT_TRUE(hears<UserOffline>(bob_here, alice));
  network.loses = {};
  beat();
  ASSERT_TRUE(run_until([&] { return count<UserOnline>(bob_here, alice) > 1; }));
  EXPECT_TRUE(std::holds_alternative<UserOnline>(bob_here.heard.back()));
}

}  // namespace
}  // namespace parley::chat
