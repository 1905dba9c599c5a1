#include "chat/presence.h"

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

TEST_F(PresenceTest, ComingOnlineIsToldToPeersAndTheyToWhoeverCame) {
  auto& bob_here = connect(bob);
  auto& dave_here = connect(dave);
  settle();
  auto& alice_here = connect(alice);
  EXPECT_TRUE(hears<UserOnline>(bob_here, alice));
  EXPECT_TRUE(hears<UserOnline>(alice_here, bob));
  EXPECT_THAT(dave_here.heard, IsEmpty());
}

TEST_F(PresenceTest, ASecondDeviceIsNoNews) {
  auto& bob_here = connect(bob);
  settle();
  connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  auto& phone = connect(alice);
  phone.leave();
  run_for(2 * kDelay);
  EXPECT_EQ(count<UserOnline>(bob_here, alice), 1);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 0);
}

TEST_F(PresenceTest, GoingOfflineIsToldAfterTheDelayWithTheTimeOfLeaving) {
  auto& bob_here = connect(bob);
  settle();
  auto& alice_here = connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  const auto left = std::chrono::steady_clock::now();
  alice_here.leave();
  clock.advance(1h);  // what happens later does not count
  ASSERT_TRUE(hears<UserOffline>(bob_here, alice));
  EXPECT_GE(std::chrono::steady_clock::now() - left, kDelay);
  EXPECT_EQ(bob_here.all<UserOffline>()[0].last_seen_at, kNow);
  EXPECT_EQ(last_seen.seen[alice], kNow);
}

TEST_F(PresenceTest, AReloadGoesUnnoticed) {
  auto& bob_here = connect(bob);
  settle();
  auto& alice_here = connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  alice_here.leave();
  settle();
  connect(alice);
  run_for(3 * kDelay);
  EXPECT_EQ(count<UserOnline>(bob_here, alice), 1);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 0);
  EXPECT_FALSE(last_seen.seen.contains(alice));
}

TEST_F(PresenceTest, TheDelayCountsFromTheLastDeparture) {
  auto& bob_here = connect(bob);
  settle();
  auto& first = connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  first.leave();
  clock.advance(1s);
  connect(alice);
  run_for(kDelay * 3 / 4);
  clock.advance(1s);
  const auto left = std::chrono::steady_clock::now();
  devices.back()->leave();
  ASSERT_TRUE(hears<UserOffline>(bob_here, alice));
  EXPECT_GE(std::chrono::steady_clock::now() - left, kDelay);
  EXPECT_EQ(bob_here.all<UserOffline>()[0].last_seen_at, kNow + 2s);
  run_for(2 * kDelay);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 1);
}

TEST_F(PresenceTest, ComingBackLaterIsNewsAgain) {
  auto& bob_here = connect(bob);
  settle();
  auto& alice_here = connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  alice_here.leave();
  ASSERT_TRUE(hears<UserOffline>(bob_here, alice));
  connect(alice);
  EXPECT_TRUE(hears<UserOnline>(bob_here, alice, 2));
}

TEST_F(PresenceTest, WhatWasNotToldWhileTheStoreWasAwayIsToldWhenItIsBack) {
  auto& bob_here = connect(bob);
  settle();
  auto& alice_here = connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  store.away = last_seen.away = true;
  alice_here.leave();
  auto& dave_here = connect(dave);
  auto& carol_here = connect(carol);
  carol_here.leave();
  run_for(3 * kDelay);
  connect(carol);
  EXPECT_EQ(count<UserOffline>(bob_here, alice), 0);
  store.away = last_seen.away = false;
  ASSERT_TRUE(hears<UserOffline>(bob_here, alice));
  EXPECT_EQ(last_seen.seen[alice], kNow);
  EXPECT_FALSE(last_seen.seen.contains(carol)) << "she has come back meanwhile";
  settle();
  EXPECT_THAT(dave_here.all<UserOffline>(), IsEmpty());
}

TEST_F(PresenceTest, MembersOfAGroupHearOnlyWhileTheyLook) {
  auto& carol_here = connect(carol);
  settle();
  const auto watched = watch(carol_here, group);
  ASSERT_TRUE(watched);
  EXPECT_THAT(watched->online, ElementsAre(carol));
  auto& alice_here = connect(alice);
  ASSERT_TRUE(hears<UserOnline>(carol_here, alice));

  await(loop, presence.unwatch(by(carol, carol_here.connection), {group}));
  alice_here.leave();
  ASSERT_TRUE(run_until([&] { return last_seen.seen.contains(alice); }));
  settle();
  EXPECT_EQ(count<UserOffline>(carol_here, alice), 0);
}

TEST_F(PresenceTest, WhoeverIsNoLongerInTheGroupHearsNoMore) {
  auto& carol_here = connect(carol);
  settle();
  ASSERT_TRUE(watch(carol_here, group));
  ASSERT_TRUE(await(loop, store.remove(carol, group, carol)));
  connect(alice);
  ASSERT_TRUE(run_until([&] { return router.online(alice); }));
  settle();
  EXPECT_EQ(count<UserOnline>(carol_here, alice), 0);
}

TEST_F(PresenceTest, AConnectionThatIsGoneIsForgotten) {
  auto& carol_here = connect(carol);
  settle();
  ASSERT_TRUE(watch(carol_here, group));
  presence.forget(carol_here.connection);
  presence.forget(carol_here.connection);
  auto& bob_here = connect(bob);
  settle();
  connect(alice);
  ASSERT_TRUE(hears<UserOnline>(bob_here, alice));
  EXPECT_THAT(carol_here.heard, IsEmpty());
}

TEST_F(PresenceTest, WatchingTellsWhoIsOnline) {
  connect(alice);
  auto& carol_here = connect(carol);
  EXPECT_THAT(watch(carol_here, group)->online, UnorderedElementsAre(alice, carol));
}

TEST_F(PresenceTest, StrangersCannotWatch) {
  auto& dave_here = connect(dave);
  EXPECT_EQ(refusal(watch(dave_here, group)), Errc::chat_not_found);
  EXPECT_EQ(refusal(watch(dave_here, nowhere)), Errc::chat_not_found);
}

TEST_F(PresenceTest, OneConnectionWatchesEightGroupsTheLatest) {
  auto& carol_here = connect(carol);
  settle();
  std::vector<UserId> people;
  for (int i = 0; i < 9; ++i) {
    people.push_back(store.add_user("user" + std::to_string(i)));
    ASSERT_TRUE(watch(carol_here, store.add_chat(ChatType::group, {carol, people.back()})));
  }
  for (const UserId user : people) connect(user);
  ASSERT_TRUE(hears<UserOnline>(carol_here, people.back()));
  EXPECT_EQ(count<UserOnline>(carol_here, people.front()), 0);
  EXPECT_THAT(carol_here.heard, SizeIs(8));
}

TEST_F(PresenceTest, StatusIsForPeopleWhoShareAChat) {
  connect(alice);
  last_seen.seen[alice] = kNow - 1h;
  EXPECT_TRUE(status(carol, alice).online);
  EXPECT_EQ(status(carol, alice).last_seen_at, kNow - 1h);
  EXPECT_TRUE(status(alice, alice).online);

  const Presence hidden = status(dave, alice);
  EXPECT_FALSE(hidden.online);
  EXPECT_FALSE(hidden.last_seen_at.has_value());
  EXPECT_FALSE(status(dave, UserId{999}).online);
}

class StatusTest : public PresenceTest {
 protected:
  StatusTest() { presence.set_status_log(&status, 5ms); }

  FakeStatusLog status;
};

TEST_F(StatusTest, OtherSystemsHearOfComingAndGoingOnceEach) {
  auto& one = connect(alice);
  auto& two = connect(alice);
  ASSERT_TRUE(run_until([&] { return status.count(alice, true) == 1; }));
  one.leave();
  two.leave();
  ASSERT_TRUE(run_until([&] { return status.count(alice, false) == 1; }));
  EXPECT_EQ(status.told.back().last_seen_at, kNow);
  run_for(2 * kDelay);
  EXPECT_EQ(status.told.size(), 2u);
}

TEST_F(StatusTest, OtherSystemsHearOfAwayAndBack) {
  auto& phone = connect(alice);
  ASSERT_TRUE(run_until([&] { return status.count(alice, true) == 1; }));
  await(loop, presence.set_away(by(alice, phone.connection), {.away = true}));
  ASSERT_TRUE(run_until([&] { return status.told.size() == 2; }));
  EXPECT_EQ(status.told.back().state, PresenceState::away);
  await(loop, presence.set_away(by(alice, phone.connection), {.away = false}));
  ASSERT_TRUE(run_until([&] { return status.told.size() == 3; }));
  EXPECT_EQ(status.told.back().state, PresenceState::online);
}

TEST_F(StatusTest, AReloadIsNoNews) {
  auto& one = connect(alice);
  ASSERT_TRUE(run_until([&] { return status.count(alice, true) == 1; }));
  one.leave();
  connect(alice);
  run_for(3 * kDelay);
  EXPECT_EQ(status.told.size(), 1u);
}

TEST_F(StatusTest, WhatCannotBeToldIsToldLaterAsItIsThen) {
  status.away = true;
  auto& alices_own = connect(alice);
  connect(bob);
  run_for(20ms);
  alices_own.leave();
  run_for(2 * kDelay);
  EXPECT_TRUE(status.told.empty());
  status.away = false;
  ASSERT_TRUE(run_until([&] { return status.count(bob, true) == 1; }));
  run_for(20ms);
  EXPECT_EQ(status.told.size(), 1u) << "nobody had heard that alice was there";
}

TEST_F(StatusTest, WhomAServerThatDiedLeftOnlineIsToldOffline) {
  status.online = {carol, dave};
  status.states = {{carol, PresenceState::online}, {dave, PresenceState::online}};
  connect(dave);
  ASSERT_TRUE(run_until([&] { return status.count(carol, false) == 1; }));
  EXPECT_FALSE(status.told.back().last_seen_at) << "nobody knows when";
  run_for(20ms);
  EXPECT_EQ(status.told.size(), 1u);
}

}  // namespace
}  // namespace parley::chat
