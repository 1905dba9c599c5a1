#include <gtest/gtest.h>

#include "chat/presence_cluster_for_test.h"

namespace parley::chat {
namespace {

using namespace std::chrono_literals;

// People who come, go, or are busy while no node hears of another.
class InterruptionTest : public PresenceClusterTest {
 protected:
  InterruptionTest() {
    run_for(2 * kOnlineDelay);
    EXPECT_TRUE(hears<UserOnline>(bob_here, alice));
    EXPECT_TRUE(watch(first, carol_here));
  }
  void dave_comes_alice_goes() {
    two.connect(dave);
    two.disconnect(alice_there);
    clock.advance(1h);
    ASSERT_TRUE(run_until([&] { return last_seen.seen.contains(alice); }));
    run_for(2 * kDelay);
    EXPECT_EQ(count<UserOnline>(bob_here, dave), 0);
    EXPECT_EQ(count<UserOffline>(bob_here, alice), 0);
  }
  void bob_learns_of_both() {
    EXPECT_TRUE(hears<UserOnline>(bob_here, dave));
    ASSERT_TRUE(hears<UserOffline>(bob_here, alice));
    EXPECT_EQ(bob_here.all<UserOffline>()[0].last_seen_at, kNow) << "when she left";
    EXPECT_TRUE(hears<UserOffline>(carol_here, alice));
    EXPECT_EQ(last_seen.seen[alice], kNow);
  }

  const UserId dave = store.add_user("dave");
  const ChatId with_dave = store.add_chat(ChatType::direct, {bob, dave});
  FakeReceiver& bob_here = one.connect(bob);
  FakeReceiver& carol_here = one.connect(carol);
  FakeReceiver& alice_there = two.connect(alice);
};

TEST_F(InterruptionTest, WhatNoNodeHeardIsToldAfterwards) {
  for (TestNode* const node : {&one, &two, &three}) node->port.cut();
  dave_comes_alice_goes();
  for (TestNode* const node : {&three, &one, &two}) node->port.heal();
  bob_learns_of_both();
}

TEST_F(InterruptionTest, WhatOneNodeMissedItTellsAfterwards) {
  one.port.cut();
  dave_comes_alice_goes();
  one.port.heal();
  beat();
  bob_learns_of_both();
}

TEST_F(InterruptionTest, WhatWasKnownBeforeAndToldMeanwhileIsToldAfterwards) {
  two.disconnect(alice_there);
  settle();
  one.port.cut();
  ASSERT_TRUE(run_until([&] { return last_seen.seen.contains(alice); }));
  run_for(2 * kDelay);
  one.port.heal();
  EXPECT_TRUE(hears<UserOffline>(bob_here, alice));
}

TEST_F(InterruptionTest, ThatSomebodyIsBusyIsToldAfterwards) {
  for (TestNode* const node : {&one, &two, &three}) node->port.cut();
  Caller caller;
  caller.user_id = alice;
  ASSERT_TRUE(await(
      loop, second.presence.set_status(caller, {.availability = Availability::busy, .until = {}})));
  run_for(2 * kOnlineDelay);
  EXPECT_EQ(states(bob_here, alice).back(), PresenceState::online);
  for (TestNode* const node : {&three, &one, &two}) node->port.heal();
  for (FakeReceiver* const device : {&bob_here, &carol_here})
    EXPECT_TRUE(run_until([&] {
      return !states(*device, alice).empty() &&
             states(*device, alice).back() == PresenceState::busy;
    }));
}

}  // namespace
}  // namespace parley::chat
