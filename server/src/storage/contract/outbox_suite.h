#pragma once

#include <gtest/gtest.h>

#include "delivery/outbox.h"
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

REGISTER_TYPED_TEST_SUITE_P(OutboxContract, WhoPublishesNothingKeepsNothing,
                            EventsAreThereOldestFirstUntilTheyArePublished,
                            OfManyThoseThatArePublishedGo,
                            AnAccountIsToldOfFromItsBeginningToItsEnd, WhatIsRefusedIsNotTold,
                            EveryMessageAndMarkIsToldOnce,
                            InTheModeAwayWhatNobodyGotIsToldWhenItIsNoticed);

}  // namespace parley::storage::contract
