#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/presence_for_test.h"

namespace parley::chat {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class AwayTest : public PresenceTest {
 protected:
  using PresenceTest::PresenceTest;

  void away(const delivery::FakeReceiver& device, bool is = true) {
    ASSERT_TRUE(
        await(loop, presence.set_away(by(device.user_id, device.connection), {.away = is})));
  }
  Result<SetStatus> busy(const delivery::FakeReceiver& device, std::optional<Timestamp> until) {
    return await(loop, presence.set_status(by(device.user_id, device.connection),
                                           {.availability = Availability::busy, .until = until}));
  }
  void available(UserId user) { ASSERT_TRUE(await(loop, presence.set_status(by(user), {}))); }
  bool told(const delivery::FakeReceiver& device, UserId of, std::vector<PresenceState> what) {
    return run_until([&] { return states(device, of).size() >= what.size(); }) &&
           states(device, of) == what;
  }

  static constexpr auto kOnline = PresenceState::online;
  static constexpr auto kAway = PresenceState::away;
  static constexpr auto kBusy = PresenceState::busy;
};

TEST_F(AwayTest, SomebodyIsAwayWhenNobodyIsAtAnyOfTheirDevices) {
  auto& bob_here = connect(bob);
  settle();
  auto& phone = connect(alice);
  auto& laptop = connect(alice);
  ASSERT_TRUE(told(bob_here, alice, {kOnline}));
  away(phone);
  run_for(2 * kDelay);
  EXPECT_EQ(status(bob, alice).state, kOnline);
  const auto before = std::chrono::steady_clock::now();
  away(laptop);
  ASSERT_TRUE(told(bob_here, alice, {kOnline, kAway}));
  EXPECT_GE(std::chrono::steady_clock::now() - before, kDelay);
  EXPECT_EQ(status(bob, alice).state, kAway);
  EXPECT_TRUE(status(bob, alice).online) << "as clients that know nothing of it see them";
  away(phone, false);
  ASSERT_TRUE(told(bob_here, alice, {kOnline, kAway, kOnline}));
  EXPECT_LT(bob_here.all<UserOffline>().size(), 1u);
}

TEST_F(AwayTest, WhoIsBackWithinTheDelayWasNotAway) {
  auto& bob_here = connect(bob);
  settle();
  auto& phone = connect(alice);
  ASSERT_TRUE(told(bob_here, alice, {kOnline}));
  for (int i = 0; i < 20; ++i) {
    away(phone);
    away(phone, false);
  }
  run_for(3 * kDelay);
  EXPECT_THAT(states(bob_here, alice), ElementsAre(kOnline));
}

class LongDelayTest : public AwayTest {
 protected:
  LongDelayTest() : AwayTest(1min) {}
};

TEST_F(LongDelayTest, WhoComesWithinTheDelayIsNotToldWhatMayNotLast) {
  auto& phone = connect(alice);
  settle();
  away(phone);
  auto& bob_here = connect(bob);
  ASSERT_TRUE(told(bob_here, alice, {kOnline}));
  EXPECT_THAT(watch(bob_here, group)->away, IsEmpty());
  EXPECT_EQ(status(bob, alice).state, kOnline);
  away(phone, false);
  settle();
  EXPECT_THAT(states(bob_here, alice), ElementsAre(kOnline));
}

TEST_F(AwayTest, WhoComesAwayIsToldAwayAtOnce) {
  auto& bob_here = connect(bob);
  settle();
  delivery::FakeReceiver phone{router, hub, alice, SessionId{99}, 99, /*is_attended=*/false};
  ASSERT_TRUE(told(bob_here, alice, {kAway}));
  away(phone, false);
  ASSERT_TRUE(told(bob_here, alice, {kAway, kOnline}));
}

TEST_F(AwayTest, TheDelayBeginsAgainWithEachTurn) {
  auto& bob_here = connect(bob);
  settle();
  auto& phone = connect(alice);
  ASSERT_TRUE(told(bob_here, alice, {kOnline}));
  away(phone);
  run_for(kDelay * 3 / 4);
  away(phone, false);
  const auto before = std::chrono::steady_clock::now();
  away(phone);
  ASSERT_TRUE(told(bob_here, alice, {kOnline, kAway}));
  EXPECT_GE(std::chrono::steady_clock::now() - before, kDelay);
  run_for(2 * kDelay);
  EXPECT_THAT(states(bob_here, alice), ElementsAre(kOnline, kAway));
}

TEST_F(AwayTest, WhatAConnectionSaidGoesWithIt) {
  auto& bob_here = connect(bob);
  settle();
  auto& phone = connect(alice);
  auto& laptop = connect(alice);
  ASSERT_TRUE(told(bob_here, alice, {kOnline}));
  away(phone);
  laptop.leave();
  ASSERT_TRUE(told(bob_here, alice, {kOnline, kAway}));
  // A reload: what was away comes back, and somebody is at it.
  phone.leave();
  settle();
  connect(alice);
  ASSERT_TRUE(told(bob_here, alice, {kOnline, kAway, kOnline}));
  run_for(2 * kDelay);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 0);
  EXPECT_EQ(states(bob_here, alice).size(), 3u);
}

TEST_F(AwayTest, WhoComesIsToldWhoIsAwayAndBusy) {
  connect(alice);
  away(*devices.back());
  ASSERT_TRUE(run_until([&] { return status(bob, alice).state == kAway; }));
  auto& bob_here = connect(bob);
  ASSERT_TRUE(told(bob_here, alice, {kAway}));
  ASSERT_TRUE(busy(*devices.front(), kNow + 1h));
  auto& again = connect(bob);
  EXPECT_EQ(again.all<UserOnline>().size(), 0u);
  ASSERT_TRUE(told(bob_here, alice, {kAway, kBusy}));
  EXPECT_EQ(bob_here.all<UserOnline>().back().busy_until, kNow + 1h);
  const auto watched = watch(bob_here, group);
  EXPECT_THAT(watched->online, UnorderedElementsAre(alice, bob));
  EXPECT_THAT(watched->busy, ElementsAre(alice));
  EXPECT_THAT(watched->away, IsEmpty());
}

TEST_F(AwayTest, BusyIsToldAtOnceAndHidesWhetherSomebodyIsThere) {
  auto& bob_here = connect(bob);
  settle();
  auto& phone = connect(alice);
  auto& laptop = connect(alice);
  ASSERT_TRUE(told(bob_here, alice, {kOnline}));
  ASSERT_TRUE(busy(phone, {}));
  ASSERT_TRUE(told(bob_here, alice, {kOnline, kBusy}));
  EXPECT_FALSE(bob_here.all<UserOnline>().back().busy_until) << "has no end";
  EXPECT_THAT(states(laptop, alice), ElementsAre(kBusy)) << "their other device";
  EXPECT_THAT(states(phone, alice), IsEmpty()) << "the one that asked has an answer";
  away(phone);
  away(laptop);
  run_for(3 * kDelay);
  EXPECT_EQ(states(bob_here, alice).size(), 2u);
  available(alice);
  EXPECT_TRUE(told(bob_here, alice, {kOnline, kBusy, kAway}));
  EXPECT_EQ(status(bob, alice).state, kAway);
}

TEST_F(AwayTest, BusyEndsByItself) {
  auto& bob_here = connect(bob);
  settle();
  auto& phone = connect(alice);
  ASSERT_TRUE(told(bob_here, alice, {kOnline}));
  ASSERT_TRUE(busy(phone, kNow + 30min));
  ASSERT_TRUE(told(bob_here, alice, {kOnline, kBusy}));
  EXPECT_EQ(status(bob, alice).busy_until, kNow + 30min);
  clock.advance(20min);
  ASSERT_TRUE(busy(phone, kNow + 60min));
  ASSERT_TRUE(told(bob_here, alice, {kOnline, kBusy, kBusy}));
  clock.advance(20min);
  run_for(2 * kDelay);
  EXPECT_EQ(states(bob_here, alice).size(), 3u) << "the later word stands";
  clock.advance(20min);
  EXPECT_TRUE(told(bob_here, alice, {kOnline, kBusy, kBusy, kOnline}));
  EXPECT_THAT(states(phone, alice), ElementsAre(kOnline)) << "told that it is over";
  EXPECT_FALSE(status(bob, alice).busy_until);
}

TEST_F(AwayTest, ATimeThatHasPassedOrMeansNothingIsRefused) {
  auto& phone = connect(alice);
  EXPECT_EQ(refused_field(busy(phone, kNow)), "until");
  EXPECT_EQ(refused_field(await(loop, presence.set_status(by(alice), {.until = kNow + 1h}))),
            "until");
  EXPECT_TRUE(store.busy.empty());
  store.is_full = true;
  EXPECT_THROW(busy(phone, {}), StorageUnavailable);
}

TEST_F(AwayTest, WhoMayNotSeeThemOnlineSeesNothingOfIt) {
  store.hidden[{bob, alice}] = Sight{.exists = true, .last_seen = true};
  auto& bob_here = connect(bob);
  auto& carol_here = connect(carol);
  settle();
  ASSERT_TRUE(watch(carol_here, group));
  auto& phone = connect(alice);
  ASSERT_TRUE(told(carol_here, alice, {kOnline}));
  away(phone);
  ASSERT_TRUE(told(carol_here, alice, {kOnline, kAway}));
  ASSERT_TRUE(busy(phone, kNow + 1h));
  ASSERT_TRUE(told(carol_here, alice, {kOnline, kAway, kBusy}));
  EXPECT_THAT(states(bob_here, alice), IsEmpty());
  const auto watched = watch(bob_here, group);
  EXPECT_THAT(watched->busy, IsEmpty());
  EXPECT_EQ(status(bob, alice).state, PresenceState::offline);
  EXPECT_FALSE(status(bob, alice).busy_until);
  EXPECT_EQ(status(dave, alice).state, PresenceState::offline) << "a stranger";
}

TEST_F(AwayTest, OfWhoIsNotConnectedNothingIsSaid) {
  auto& bob_here = connect(bob);
  settle();
  ASSERT_TRUE(await(
      loop, presence.set_status(by(alice), {.availability = Availability::busy, .until = {}})));
  run_for(2 * kDelay);
  EXPECT_THAT(states(bob_here, alice), IsEmpty());
  EXPECT_EQ(status(bob, alice).state, PresenceState::offline);
  connect(alice);
  EXPECT_TRUE(told(bob_here, alice, {kBusy}));
}

}  // namespace
}  // namespace parley::chat
