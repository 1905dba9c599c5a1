#pragma once

#include <gtest/gtest.h>

#include "storage/contract/people.h"

// What every DeviceStore and AwayStore promises, as tests.

namespace parley::storage::contract {

template <class E>
class DeviceStoreContract : public Suite<E> {
 public:
  void SetUp() override {
    anna = this->user("anna");
    bob = this->user("bob");
  }
  notification::NewDevice device(UserId user, std::string token) {
    return {.user_id = user,
            .session_id = SessionId{40 + user.value() % 7},
            .address = {.service = PushService::web,
                        .token = std::move(token),
                        .p256dh = std::string("\x04\0key", 5),
                        .auth = std::string("\0auth", 5)},
            .name = "Phone",
            .platform = "Android"};
  }
  Device add(UserId user, std::string token) {
    return await(this->engine.devices().add(device(user, std::move(token))));
  }
  std::vector<delivery::Job> pushes() {
    return await(this->engine.jobs().take({"push"}, 100, std::chrono::seconds{60}));
  }

  UserId anna, bob;
};
TYPED_TEST_SUITE_P(DeviceStoreContract);

TYPED_TEST_P(DeviceStoreContract, ADeviceIsKeptWithItsAddress) {
  auto& devices = this->engine.devices();
  const Device added = this->add(this->anna, "https://push.example/1");
  this->engine.reopen();
  const auto kept = await(this->engine.devices().of(this->anna));
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].id, added.id);
  EXPECT_EQ(kept[0].address.token, "https://push.example/1");
  EXPECT_EQ(kept[0].address.p256dh, std::string("\x04\0key", 5));
  EXPECT_EQ(kept[0].address.auth, std::string("\0auth", 5));
  const auto listed = await(devices.list(this->anna, SessionId{1}));
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].name, "Phone");
  EXPECT_FALSE(listed[0].current);
  EXPECT_FALSE(listed[0].last_push_at);
  EXPECT_TRUE(await(devices.list(this->bob, SessionId{1})).empty());
}

TYPED_TEST_P(DeviceStoreContract, ATokenHasOneOwnerTheLastOne) {
  auto& devices = this->engine.devices();
  const Device first = this->add(this->anna, "https://push.example/1");
  const Device again = this->add(this->bob, "https://push.example/1");
  EXPECT_EQ(again.id, first.id);
  EXPECT_TRUE(await(devices.of(this->anna)).empty());
  EXPECT_EQ(await(devices.of(this->bob)).size(), 1u);
}

TYPED_TEST_P(DeviceStoreContract, AUserHasTwentyAndTheOldestGo) {
  auto& devices = this->engine.devices();
  for (int i = 0; i < 22; ++i) {
    this->engine.clock().advance(std::chrono::seconds{1});
    this->add(this->anna, "https://push.example/" + std::to_string(i));
  }
  const auto kept = await(devices.of(this->anna));
  ASSERT_EQ(kept.size(), 20u);
  EXPECT_EQ(kept[0].address.token, "https://push.example/2");
}

TYPED_TEST_P(DeviceStoreContract, OnlyItsOwnerRemovesADevice) {
  auto& devices = this->engine.devices();
  const Device added = this->add(this->anna, "https://push.example/1");
  EXPECT_TRUE(refused(await(devices.remove(this->bob, added.id)), Errc::device_not_found));
  EXPECT_TRUE(await(devices.remove(this->anna, added.id)).has_value());
  EXPECT_TRUE(refused(await(devices.remove(this->anna, added.id)), Errc::device_not_found));
  EXPECT_FALSE(await(devices.find(added.id)));
}

TYPED_TEST_P(DeviceStoreContract, WhatBecameOfPushesIsKeptNewestFirstAndADeadDeviceGoes) {
  auto& devices = this->engine.devices();
  const Device added = this->add(this->anna, "https://push.example/1");
  for (int i = 0; i < 105; ++i)
    await(devices.record({.user_id = this->anna, .device_id = added.id, .chat_id = ChatId{5}}));
  EXPECT_TRUE(await(devices.list(this->anna, SessionId{})).at(0).last_push_at);
  await(devices.record({.user_id = this->anna,
                        .device_id = added.id,
                        .reason = PushReason::test,
                        .outcome = PushOutcome::gone,
                        .why = "410"}));
  EXPECT_TRUE(await(devices.of(this->anna)).empty());
  const auto log = await(devices.records(this->anna));
  ASSERT_EQ(log.size(), 100u);
  EXPECT_EQ(log[0].outcome, PushOutcome::gone);
  EXPECT_EQ(log[0].why, "410");
  EXPECT_FALSE(log[0].chat_id);
  EXPECT_EQ(log[1].chat_id, ChatId{5});
  EXPECT_TRUE(await(devices.records(this->bob)).empty());
}

TYPED_TEST_P(DeviceStoreContract, SettingsBeginQuietAboutContent) {
  auto& devices = this->engine.devices();
  NotificationSettings settings = await(devices.settings(this->anna));
  EXPECT_FALSE(settings.preview);
  EXPECT_TRUE(settings.email_digest);
  EXPECT_FALSE(settings.quiet_until);
  settings.preview = true;
  settings.quiet_until = this->engine.clock().now();
  await(devices.set_settings(this->anna, settings));
  this->engine.reopen();
  const NotificationSettings kept = await(this->engine.devices().settings(this->anna));
  EXPECT_TRUE(kept.preview);
  EXPECT_EQ(kept.quiet_until, settings.quiet_until);
}

TYPED_TEST_P(DeviceStoreContract, WhoIsSilentForLongIsPruned) {
  auto& devices = this->engine.devices();
  this->add(this->anna, "https://push.example/1");
  const Device used = this->add(this->anna, "https://push.example/2");
  this->engine.clock().advance(std::chrono::hours{24});
  await(devices.record({.user_id = this->anna, .device_id = used.id}));
  EXPECT_EQ(await(devices.prune(this->engine.clock().now() - std::chrono::hours{1})), 1);
  ASSERT_EQ(await(devices.of(this->anna)).size(), 1u);
  EXPECT_EQ(await(devices.of(this->anna))[0].id, used.id);
}

TYPED_TEST_P(DeviceStoreContract, WhoDoesNotAcknowledgeIsLeftOnePush) {
  this->add(this->bob, "https://push.example/1");
  const ChatId chat = this->direct(this->anna, this->bob);
  this->send(this->anna, chat, "a");
  const Seq last = this->send(this->anna, chat, "b").seq;
  EXPECT_EQ(await(this->engine.away().notify({chat, last})), 1);
  EXPECT_EQ(await(this->engine.away().notify({chat, last})), 0);  // told once
  const auto jobs = this->pushes();
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_NE(jobs[0].payload.find(std::to_string(this->bob.value())), std::string::npos);
  EXPECT_NE(jobs[0].payload.find("\"seq\":" + std::to_string(last)), std::string::npos);

  const auto context = await(this->engine.devices().context(this->bob, chat, last));
  EXPECT_TRUE(context.wanted);
}

TYPED_TEST_P(DeviceStoreContract, WhoIsBusyIsNotWokenAndLosesNothing) {
  this->add(this->bob, "https://push.example/1");
  const ChatId chat = this->direct(this->anna, this->bob);
  const auto now = [this] { return this->engine.clock().now(); };
  await(this->engine.busy_times().set_busy_until(this->bob, now() + std::chrono::hours{1}));
  const Seq first = this->send(this->anna, chat, "a").seq;
  const auto context = [this, chat](Seq seq) {
    return await(this->engine.devices().context(this->bob, chat, seq));
  };
  EXPECT_FALSE(context(first).wanted);
  const Chat seen = await(this->engine.chats().get(this->bob, chat)).value();
  EXPECT_EQ(seen.unread_count, 1) << "it is unread all the same";
  this->engine.clock().advance(std::chrono::hours{1});
  EXPECT_TRUE(context(first).wanted) << "the time has come";
  await(this->engine.busy_times().set_busy_until(this->bob, delivery::BusyTimes::kNoEnd));
  EXPECT_FALSE(context(first).wanted);
  await(this->engine.busy_times().set_busy_until(this->bob, {}));
  EXPECT_TRUE(context(first).wanted);
}

TYPED_TEST_P(DeviceStoreContract, WhoHasGotItOrHasNoDeviceIsLeftInPeace) {
  const ChatId chat = this->direct(this->anna, this->bob);
  const Seq first = this->send(this->anna, chat, "a").seq;
  EXPECT_EQ(await(this->engine.away().notify({chat, first})), 0);  // no device
  this->add(this->bob, "https://push.example/1");
  const Seq second = this->send(this->anna, chat, "b").seq;
  this->deliver(this->bob, chat, second);
  EXPECT_EQ(await(this->engine.away().notify({chat, second})), 0);
  EXPECT_TRUE(this->pushes().empty());
}

TYPED_TEST_P(DeviceStoreContract, TheSweepYieldsWhatWasSentOnce) {
  const ChatId chat = this->direct(this->anna, this->bob);
  this->send(this->anna, chat, "a");
  const Seq last = this->send(this->anna, chat, "b").seq;
  auto& away = this->engine.away();
  EXPECT_TRUE(await(away.sweep(this->engine.clock().now() - std::chrono::seconds{30}, 10)).empty());
  this->engine.clock().advance(std::chrono::seconds{31});
  const auto bursts = await(away.sweep(this->engine.clock().now() - std::chrono::seconds{30}, 10));
  ASSERT_EQ(bursts.size(), 1u);
  EXPECT_EQ(bursts[0].chat_id, chat);
  EXPECT_EQ(bursts[0].up_to, last);
  this->engine.reopen();
  EXPECT_TRUE(
      await(this->engine.away().sweep(this->engine.clock().now() - std::chrono::seconds{30}, 10))
          .empty());
}

REGISTER_TYPED_TEST_SUITE_P(DeviceStoreContract, ADeviceIsKeptWithItsAddress,
                            ATokenHasOneOwnerTheLastOne, AUserHasTwentyAndTheOldestGo,
                            OnlyItsOwnerRemovesADevice,
                            WhatBecameOfPushesIsKeptNewestFirstAndADeadDeviceGoes,
                            SettingsBeginQuietAboutContent, WhoIsSilentForLongIsPruned,
                            WhoDoesNotAcknowledgeIsLeftOnePush, WhoIsBusyIsNotWokenAndLosesNothing,
                            WhoHasGotItOrHasNoDeviceIsLeftInPeace, TheSweepYieldsWhatWasSentOnce);

}  // namespace parley::storage::contract
