#include "chat/presence.h"

#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/world_for_test.h"

namespace parley::chat {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};

class PresenceTest : public ChatTest {
 protected:
  static constexpr auto kDelay = 60ms;

  PresenceTest() {
    for (auto* receiver : {&alices, &bobs, &carols, &daves}) receiver->leave();
    router.set_attendance(&presence);
    boost::asio::co_spawn(loop, presence.run(), [this](std::exception_ptr) { ended = true; });
  }
  ~PresenceTest() override {
    devices.clear();
    presence.stop();
    EXPECT_TRUE(run_until([this] { return ended; }));
  }

  // Lets the service work off what it has been told.
  void settle() {
    do loop.restart();
    while (loop.poll() != 0);
  }
  // A new device of somebody.
  delivery::FakeReceiver& connect(UserId user) {
    const ConnectionId number = 100 + ++connected;
    devices.push_back(
        std::make_unique<delivery::FakeReceiver>(router, hub, user, SessionId{number}, number));
    return *devices.back();
  }
  template <class E>
  bool hears(const delivery::FakeReceiver& device, UserId of, std::ptrdiff_t times = 1) {
    return run_until([&] { return count<E>(device, of) >= times; });
  }
  template <class E>
  static std::ptrdiff_t count(const delivery::FakeReceiver& device, UserId of) {
    const auto events = device.all<E>();
    return std::ranges::count(events, of, &E::user_id);
  }
  Result<Watched> watch(const delivery::FakeReceiver& device, ChatId chat) {
    return await(loop, presence.watch(by(device.user_id, device.connection), {chat}));
  }
  Presence status(UserId asker, UserId of) {
    return await(loop, presence.status(by(asker), {of})).value();
  }

  ManualClock clock{kNow};
  FakeLastSeen last_seen;
  PresenceService presence{store, last_seen, store, router, clock, loop, kDelay};
  std::vector<std::unique_ptr<delivery::FakeReceiver>> devices;
  ConnectionId connected = 0;
  bool ended = false;
};

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

// What Alice's peer was told of her, in order.
std::vector<PresenceState> states(const delivery::FakeReceiver& device, UserId of) {
  std::vector<PresenceState> told;
  for (const UserOnline& event : device.all<UserOnline>())
    if (event.user_id == of) told.push_back(event.state.value());
  return told;
}

class AwayTest : public PresenceTest {
 protected:
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
