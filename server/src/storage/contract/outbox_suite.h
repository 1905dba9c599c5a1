#pragma once

#include <gtest/gtest.h>

#include "delivery/outbox.h"
#include "model/privacy.h"
#include "storage/contract/people.h"

// What every Outbox promises, and what the stores leave there, as tests.

namespace parley::storage::contract {

template <class E>
class OutboxContract : public Suite<E> {
 public:
  void publish(bool users, delivery::MessageEvents messages) {
    this->engine.publish({.users = users, .messages = messages});
  }
  std::vector<delivery::OutboxEvent> take(std::int64_t most = 100) {
    return await(this->engine.outbox().take(most));
  }
  std::vector<std::string> keys() {
    std::vector<std::string> keys;
    for (const auto& event : take()) keys.push_back(event.routing_key);
    return keys;
  }
  // Empties it.
  void clear() {
    std::vector<delivery::PublishedEventId> ids;
    for (const auto& event : take()) ids.push_back(event.id);
    await(this->engine.outbox().published(std::move(ids)));
  }
  static std::string text(auto id) { return "\"" + std::to_string(id.value()) + "\""; }

  using Keys = std::vector<std::string>;
};
TYPED_TEST_SUITE_P(OutboxContract);

TYPED_TEST_P(OutboxContract, WhoPublishesNothingKeepsNothing) {
  const UserId anna = this->user("anna"), bob = this->user("bob");
  const ChatId chat = this->direct(anna, bob);
  this->send(anna, chat, "hello");
  EXPECT_TRUE(this->take().empty());
}

TYPED_TEST_P(OutboxContract, EventsAreThereOldestFirstUntilTheyArePublished) {
  this->publish(true, delivery::MessageEvents::none);
  const UserId anna = this->user("anna"), bob = this->user("bob");
  this->engine.reopen();
  const auto first = this->take(1);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].exchange, delivery::EventExchange::user);
  EXPECT_EQ(first[0].routing_key, "user.created");
  EXPECT_EQ(first[0].schema, "parley.user.created");
  EXPECT_EQ(first[0].version, 1);
  EXPECT_EQ(first[0].time, this->engine.clock().now());
  EXPECT_EQ(first[0].body, R"({"userId":)" + this->text(anna) + "}");
  EXPECT_EQ(this->take().size(), 2U);
  await(this->engine.outbox().published({first[0].id, delivery::PublishedEventId{1}}));
  const auto rest = this->take();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].body, R"({"userId":)" + this->text(bob) + "}");
}

TYPED_TEST_P(OutboxContract, OfManyThoseThatArePublishedGo) {
  this->publish(true, delivery::MessageEvents::none);
  for (int i = 0; i < 40; ++i) this->user("user" + std::to_string(i));
  const auto all = this->take();
  ASSERT_EQ(all.size(), 40U);
  std::vector<delivery::PublishedEventId> ids;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i % 8 != 0) ids.push_back(all[i].id);
  await(this->engine.outbox().published(ids));
  const auto rest = this->take();
  ASSERT_EQ(rest.size(), 5U);
  for (std::size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(rest[i].id, all[i * 8].id);
  await(this->engine.outbox().published({}));
  EXPECT_EQ(this->take().size(), 5U);
}

TYPED_TEST_P(OutboxContract, AnAccountIsToldOfFromItsBeginningToItsEnd) {
  this->publish(true, delivery::MessageEvents::none);
  const UserId anna = this->user("anna");
  this->clear();
  user::ProfileChange change;
  change.display_name = "Anna B.";
  change.about = "";
  ASSERT_TRUE(await(this->engine.users().update(anna, change)));
  const auto updated = this->take();
  ASSERT_EQ(updated.size(), 1U);
  EXPECT_EQ(updated[0].routing_key, "user.updated");
  EXPECT_EQ(updated[0].body,
            R"({"userId":)" + this->text(anna) + R"(,"fields":["displayName","about"]})");
  this->clear();
  ASSERT_TRUE(await(this->engine.users().update(anna, {})));
  EXPECT_FALSE(await(this->engine.users().update(UserId{12'345}, change)));
  EXPECT_TRUE(this->take().empty());
  ASSERT_TRUE(await(this->engine.users().remove(anna)));
  EXPECT_EQ(this->keys(), (typename TestFixture::Keys{"user.deleted"}));
  EXPECT_FALSE(await(this->engine.users().remove(anna)));
  EXPECT_EQ(this->take().size(), 1U);
}

TYPED_TEST_P(OutboxContract, WhatIsRefusedIsNotTold) {
  this->publish(true, delivery::MessageEvents::all);
  const UserId anna = this->user("anna"), bob = this->user("bob"), eve = this->user("eve");
  const ChatId chat = this->direct(anna, bob);
  this->clear();
  user::NewUser again;
  again.username = "anna";
  EXPECT_FALSE(await(this->engine.users().create(again)));
  EXPECT_FALSE(await(this->engine.messages().append(
      {.chat_id = chat, .sender_id = eve, .content = "hello", .client_message_id = "e1"})));
  EXPECT_TRUE(this->take().empty());
}

TYPED_TEST_P(OutboxContract, EveryMessageAndMarkIsToldOnce) {
  this->publish(false, delivery::MessageEvents::all);
  const UserId anna = this->user("anna"), bob = this->user("bob");
  const ChatId chat = this->direct(anna, bob);
  const auto append = [&] {
    return await(this->engine.messages().append(
        {.chat_id = chat, .sender_id = anna, .content = "secret", .client_message_id = "a1"}));
  };
  const auto accepted = append();
  ASSERT_TRUE(accepted);
  ASSERT_TRUE(append());  // the same again
  auto events = this->take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].exchange, delivery::EventExchange::message);
  EXPECT_EQ(events[0].routing_key, "message.sent");
  EXPECT_EQ(events[0].body.find("secret"), std::string::npos);
  EXPECT_NE(events[0].body.find(R"("messageId":)" + this->text(accepted->message.id)),
            std::string::npos)
      << events[0].body;
  this->clear();

  const auto mark = [&](Receipt receipt) {
    ASSERT_TRUE(
        await(this->engine.messages().mark({.chat_id = chat, .user_id = bob, .receipt = receipt})));
  };
  const Seq seq = accepted->message.seq;
  mark({.delivered = seq, .read = 0});
  mark({.delivered = seq, .read = 0});
  events = this->take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].routing_key, "message.delivered");
  EXPECT_EQ(events[0].body, R"({"chatId":)" + this->text(chat) + R"(,"userId":)" + this->text(bob) +
                                R"(,"seq":)" + std::to_string(seq) + "}");
  this->clear();
  mark({.delivered = seq, .read = seq});
  EXPECT_EQ(this->keys(), (typename TestFixture::Keys{"message.read"}));
}

TYPED_TEST_P(OutboxContract, InTheModeAwayWhatNobodyGotIsToldWhenItIsNoticed) {
  this->publish(false, delivery::MessageEvents::away);
  const UserId anna = this->user("anna"), bob = this->user("bob");
  const ChatId chat = this->direct(anna, bob);
  const Message got = this->send(anna, chat, "one");
  ASSERT_TRUE(await(this->engine.messages().mark(
      {.chat_id = chat, .user_id = bob, .receipt = {.delivered = got.seq, .read = 0}})));
  const Message missed = this->send(anna, chat, "two");
  EXPECT_TRUE(this->take().empty());
  for (int i = 0; i < 2; ++i)
    await(this->engine.away().notify({.chat_id = chat, .up_to = missed.seq}));
  const auto events = this->take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].routing_key, "message.sent");
  EXPECT_NE(events[0].body.find(R"("messageId":)" + this->text(missed.id)), std::string::npos);
  EXPECT_NE(events[0].body.find(R"("awayUserIds":[)" + this->text(bob) + "]"), std::string::npos)
      << events[0].body;
}

// Whoever lets nobody know what they have read is not told of to other systems either.
TYPED_TEST_P(OutboxContract, WhatIsReadIsNotToldOfWhoHidesIt) {
  this->publish(false, delivery::MessageEvents::all);
  const UserId anna = this->user("anna"), bob = this->user("bob"), eve = this->user("eve");
  const ChatId direct = this->direct(anna, bob), group = this->group(anna, {bob, eve});
  const auto hide = [&](UserId user, bool hides) {
    user::PrivacyChange change;
    change.read_receipts = !hides;
    ASSERT_TRUE(await(this->engine.contacts().set_privacy(user, change)));
  };
  const auto keys_of_reading = [&](UserId who, ChatId chat) {
    const Seq seq = this->send(anna, chat, "hello").seq;
    this->clear();
    auto moved = this->try_mark(who, chat, {.delivered = seq, .read = seq});
    EXPECT_TRUE(moved);
    return this->keys();
  };
  const typename TestFixture::Keys both{"message.delivered", "message.read"};
  const typename TestFixture::Keys delivered{"message.delivered"};
  EXPECT_EQ(keys_of_reading(bob, direct), both);
  EXPECT_EQ(keys_of_reading(bob, group), both);
  hide(bob, true);
  EXPECT_EQ(keys_of_reading(bob, direct), delivered);
  EXPECT_EQ(keys_of_reading(bob, group), delivered);
  EXPECT_EQ(keys_of_reading(eve, group), both);
  hide(bob, false);
  EXPECT_EQ(keys_of_reading(bob, direct), both);
  EXPECT_EQ(keys_of_reading(bob, group), both);

  // Who hides it is not told either, nor who is left out.
  hide(anna, true);
  EXPECT_EQ(keys_of_reading(bob, direct), delivered);
  EXPECT_EQ(keys_of_reading(bob, group), both);
  hide(anna, false);
  user::PrivacyChange but_anna;
  but_anna.except_user_ids = {anna};
  ASSERT_TRUE(await(this->engine.contacts().set_privacy(bob, but_anna)));
  EXPECT_EQ(keys_of_reading(bob, direct), delivered);
}

// In a group people are told whatever the switch says: they are, other systems are not.
TYPED_TEST_P(OutboxContract, AuthorsInAGroupAreToldAllTheSame) {
  this->publish(false, delivery::MessageEvents::all);
  const UserId anna = this->user("anna"), bob = this->user("bob");
  const ChatId group = this->group(anna, {bob});
  user::PrivacyChange change;
  change.read_receipts = false;
  ASSERT_TRUE(await(this->engine.contacts().set_privacy(bob, change)));
  const Seq seq = this->send(anna, group, "hello").seq;
  EXPECT_EQ(this->read(bob, group, seq).read_authors, std::vector{anna});
}

TYPED_TEST_P(OutboxContract, AnEventHasTheTraceOfItsRequest) {
  this->publish(true, delivery::MessageEvents::all);
  const Trace trace{.high = 0x0102, .low = 0x0304, .parent = 0x0506, .flags = 1};
  const std::string text = traceparent(trace);
  const UserId anna = this->user("anna"), bob = this->user("bob");
  const ChatId chat = this->direct(anna, bob);
  for (const auto& event : this->take()) EXPECT_EQ(event.traceparent, "");
  const auto expect = [&](typename TestFixture::Keys keys) {
    const auto events = this->take();
    ASSERT_EQ(events.size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      EXPECT_EQ(events[i].routing_key, keys[i]);
      EXPECT_EQ(events[i].traceparent, text) << keys[i];
    }
    this->clear();
  };
  this->clear();
  const auto sent = await(this->engine.messages().append({.chat_id = chat,
                                                          .sender_id = anna,
                                                          .content = "hello",
                                                          .client_message_id = "a1",
                                                          .trace = trace}));
  ASSERT_TRUE(sent);
  expect({"message.sent"});
  const Seq seq = sent->message.seq;
  ASSERT_TRUE(await(this->engine.messages().mark({.chat_id = chat,
                                                  .user_id = bob,
                                                  .receipt = {.delivered = seq, .read = seq},
                                                  .trace = trace})));
  expect({"message.delivered", "message.read"});

  user::Tidings tidings;
  tidings.trace = trace;
  user::NewUser newcomer;
  newcomer.username = "carol";
  const auto carol = await(this->engine.users().create(newcomer, &tidings));
  ASSERT_TRUE(carol);
  expect({"user.created"});
  user::ProfileChange change;
  change.about = "climbs";
  ASSERT_TRUE(await(this->engine.users().update(carol->id, change, &tidings)));
  ASSERT_TRUE(await(this->engine.users().set_avatar(carol->id, "bytes", &tidings)));
  ASSERT_TRUE(await(this->engine.users().set_email(carol->id, "c@example.org", &tidings)));
  ASSERT_TRUE(await(this->engine.users().set_phone(carol->id, "+4915112345678", &tidings)));
  expect({"user.updated", "user.updated", "user.updated", "user.updated"});
  ASSERT_TRUE(await(this->engine.users().remove(carol->id, &tidings)));
  expect({"user.deleted"});

  this->publish(false, delivery::MessageEvents::away);
  const Message missed = this->send(anna, chat, "two");
  await(this->engine.away().notify(
      {.chat_id = chat, .up_to = missed.seq, .traces = {{missed.seq, trace}}}));
  expect({"message.sent"});
}

TYPED_TEST_P(OutboxContract, BeyondTheLimitTheOldestGo) {
  this->publish(true, delivery::MessageEvents::none);
  for (int i = 0; i < 12; ++i) this->user("user" + std::to_string(i));
  const auto all = this->take();
  ASSERT_EQ(all.size(), 12U);
  const auto bound = [&](std::int64_t most) {
    return await(this->engine.outbox().keep_newest(most));
  };
  EXPECT_EQ(bound(12).dropped, 0);
  EXPECT_EQ(bound(12).waiting, 12);
  const auto bounded = bound(5);
  EXPECT_EQ(bounded.dropped, 7);
  EXPECT_EQ(bounded.waiting, 5);
  const auto rest = this->take();
  ASSERT_EQ(rest.size(), 5U);
  for (std::size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(rest[i].id, all[7 + i].id);
  // What was dropped while it was being published is published for nothing.
  await(this->engine.outbox().published({all[0].id, rest[0].id}));
  EXPECT_EQ(bound(5).waiting, 4);
  EXPECT_TRUE(this->user("another"));
}

TYPED_TEST_P(OutboxContract, WhoComesAndGoesIsToldOnce) {
  this->publish(false, delivery::MessageEvents::none);
  const UserId anna = this->user("anna"), bob = this->user("bob");
  delivery::StatusLog& status = this->engine.status();
  const Timestamp seen = this->engine.clock().now();
  await(status.tell({{.user = anna, .state = PresenceState::online},
                     {.user = bob, .state = PresenceState::offline}}));
  await(status.tell({{.user = anna, .state = PresenceState::online},
                     {.user = UserId{12'345}, .state = PresenceState::online}}));
  this->engine.reopen();
  EXPECT_EQ(await(this->engine.status().told_online(UserId{})), std::vector{anna});
  EXPECT_TRUE(await(this->engine.status().told_online(anna)).empty());
  auto events = this->take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].exchange, delivery::EventExchange::user);
  EXPECT_EQ(events[0].routing_key, "user.status.changed");
  EXPECT_EQ(events[0].body,
            R"({"userId":)" + this->text(anna) + R"(,"online":true,"state":"online"})");
  this->clear();
  for (int i = 0; i < 2; ++i)
    await(this->engine.status().tell(
        {{.user = anna, .state = PresenceState::offline, .last_seen_at = seen}}));
  events = this->take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].body.find(R"("online":false,"state":"offline","lastSeenAt":"2026-11-21T)"),
            std::string::npos)
      << events[0].body;
}

TYPED_TEST_P(OutboxContract, AwayAndBusyAreToldWhenTheyAreNews) {
  this->publish(false, delivery::MessageEvents::none);
  const UserId anna = this->user("anna");
  const auto tell = [&](PresenceState state) {
    await(this->engine.status().tell({{.user = anna, .state = state}}));
  };
  const auto set_busy = [&](std::chrono::hours hours) {
    const Timestamp now = this->engine.clock().now();
    await(this->engine.busy_times().set_busy_until(anna, now + hours));
  };
  tell(PresenceState::online);
  for (int i = 0; i < 2; ++i) tell(PresenceState::away);
  set_busy(std::chrono::hours{1});
  for (const auto state : {PresenceState::away, PresenceState::online}) tell(state);
  set_busy({});
  tell(PresenceState::online);
  tell(PresenceState::offline);
  std::string told;
  for (const auto& event : this->take()) {
    const auto at = event.body.find(R"("state":")") + 9;
    told += event.body.substr(at, event.body.find('"', at) - at) + " ";
  }
  EXPECT_EQ(told, "online away busy online offline ");
  EXPECT_TRUE(await(this->engine.status().told_online(UserId{})).empty());
}

TYPED_TEST_P(OutboxContract, NothingIsToldOfWhoHidesThatTheyAreThere) {
  const UserId anna = this->user("anna"), bob = this->user("bob"), eve = this->user("eve");
  this->engine.publish({.users = false, .status = true});
  const auto set = [&](UserId user, auto member, Audience audience) {
    user::PrivacyChange change;
    change.*member = audience;
    ASSERT_TRUE(await(this->engine.contacts().set_privacy(user, change)));
  };
  set(anna, &user::PrivacyChange::online, Audience::nobody);
  set(bob, &user::PrivacyChange::last_seen, Audience::nobody);
  set(eve, &user::PrivacyChange::last_seen, Audience::contacts);
  await(this->engine.status().tell({{.user = anna, .state = PresenceState::online},
                                    {.user = bob, .state = PresenceState::online},
                                    {.user = eve, .state = PresenceState::online}}));
  auto events = this->take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].body.find(this->text(eve)), std::string::npos);
  this->clear();
  // Whoever hides it from now on is gone, for others, and nobody is told when.
  set(eve, &user::PrivacyChange::online, Audience::nobody);
  events = this->take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].body,
            R"({"userId":)" + this->text(eve) + R"(,"online":false,"state":"offline"})");
  this->clear();
  await(this->engine.status().tell({{.user = eve, .state = PresenceState::offline}}));
  EXPECT_TRUE(this->take().empty());
  // A deleted account is nobody who could be online.
  set(eve, &user::PrivacyChange::online, Audience::everybody);
  await(this->engine.status().tell({{.user = eve, .state = PresenceState::online}}));
  ASSERT_TRUE(await(this->engine.users().remove(eve)));
  EXPECT_TRUE(await(this->engine.status().told_online(UserId{})).empty());
}

REGISTER_TYPED_TEST_SUITE_P(
    OutboxContract, WhatIsReadIsNotToldOfWhoHidesIt, AuthorsInAGroupAreToldAllTheSame,
    AnEventHasTheTraceOfItsRequest, BeyondTheLimitTheOldestGo, WhoComesAndGoesIsToldOnce,
    AwayAndBusyAreToldWhenTheyAreNews, NothingIsToldOfWhoHidesThatTheyAreThere,
    WhoPublishesNothingKeepsNothing, EventsAreThereOldestFirstUntilTheyArePublished,
    OfManyThoseThatArePublishedGo, AnAccountIsToldOfFromItsBeginningToItsEnd,
    WhatIsRefusedIsNotTold, EveryMessageAndMarkIsToldOnce,
    InTheModeAwayWhatNobodyGotIsToldWhenItIsNoticed);

}  // namespace parley::storage::contract
