#pragma once

#include <gtest/gtest.h>

#include "storage/contract/people.h"
#include "storage/sql/transaction.h"

// What every DigestStore promises, as tests, with what LastSeen and AwayStore tell it.

namespace parley::storage::contract {

template <class E>
class DigestStoreContract : public Suite<E> {
 public:
  using Absence = notification::Absence;
  using Decision = notification::AbsenceDecision;

  void SetUp() override {
    anna = this->user("anna");
    bob = with_address("bob", "bob@example.org");
    chat = this->direct(anna, bob);
  }
  UserId with_address(const std::string& name, const std::string& address) {
    const UserId user = this->user(name);
    EXPECT_TRUE(await(this->engine.users().set_email(user, address)));
    EXPECT_TRUE(await(this->engine.users().verify_email(user, address)));
    return user;
  }
  Timestamp now() { return this->engine.clock().now(); }
  void leave(UserId user) { await(this->engine.last_seen().set_last_seen(user, now())); }
  void pass(std::chrono::seconds time) { this->engine.clock().advance(time); }
  // Sends, and sees who does not acknowledge.
  void say(UserId sender, ChatId where) {
    const Seq seq = this->send(sender, where, "text").seq;
    await(this->engine.away().notify({where, seq}));
  }
  std::vector<Absence> away(std::int64_t most = 100) {
    return await(this->engine.digests().away_since(now(), most));
  }
  Absence only_absence() {
    auto absences = away();
    EXPECT_EQ(absences.size(), 1u);
    return absences.empty() ? Absence{} : absences.front();
  }
  Decision mail_to(const Absence& absence) {
    return {.user_id = absence.user_id,
            .since = absence.since,
            .email = absence.email,
            .mail = delivery::NewJob{.kind = "mail", .payload = "{}", .key = "digest"}};
  }
  std::int64_t settle(Decision decision) {
    return await(this->engine.digests().settle({std::move(decision)}));
  }
  // As the row of somebody says who has.
  void mute(UserId user, ChatId where) {
    await(this->engine.database->write([&](Transaction& transaction) {
      transaction.db().run(
          "UPDATE participants SET muted_until = ?3 WHERE chat_id = ?1 AND user_id = ?2", where,
          user, transaction.clock().now() + std::chrono::hours{1000});
      return true;
    }));
  }
  std::size_t mails() {
    return await(this->engine.jobs().take({"mail"}, 100, std::chrono::seconds{1})).size();
  }

  UserId anna, bob;
  ChatId chat;
};
TYPED_TEST_SUITE_P(DigestStoreContract);

TYPED_TEST_P(DigestStoreContract, WhoeverLeavesIsAway) {
  this->leave(this->bob);
  this->pass(std::chrono::hours{1});
  this->engine.reopen();
  const auto absence = this->only_absence();
  EXPECT_EQ(absence.user_id, this->bob);
  EXPECT_EQ(absence.since, this->now() - std::chrono::hours{1});
  EXPECT_EQ(absence.last_active, absence.since);
  EXPECT_EQ(absence.email, "bob@example.org");
  EXPECT_EQ(absence.display_name, "The bob");
  EXPECT_TRUE(absence.settings.email_digest);
  EXPECT_FALSE(absence.settings.preview);
  EXPECT_FALSE(absence.digest_at);
  EXPECT_TRUE(
      await(this->engine.digests().away_since(absence.since - std::chrono::milliseconds{1}, 10))
          .empty());
  // Leaving again begins another absence.
  this->leave(this->bob);
  EXPECT_EQ(this->only_absence().since, this->now());
}

TYPED_TEST_P(DigestStoreContract, WhoeverDoesNotAcknowledgeIsAway) {
  this->say(this->anna, this->chat);
  const auto absence = this->only_absence();
  EXPECT_EQ(absence.user_id, this->bob);
  EXPECT_EQ(absence.since, this->now());
  // More messages do not begin it anew.
  this->pass(std::chrono::hours{1});
  this->say(this->anna, this->chat);
  EXPECT_EQ(this->only_absence().since, absence.since);
}

TYPED_TEST_P(DigestStoreContract, WithoutAVerifiedAddressNobodyIsNoted) {
  const UserId carol = this->user("carol");
  EXPECT_TRUE(await(this->engine.users().set_email(carol, "carol@example.org")));
  this->leave(carol);
  this->leave(this->anna);
  this->say(this->bob, this->direct(this->bob, carol));
  EXPECT_TRUE(this->away().empty());
}

TYPED_TEST_P(DigestStoreContract, WhoeverHasMutedTheChatIsNotAwayForIt) {
  this->mute(this->bob, this->chat);
  this->say(this->anna, this->chat);
  EXPECT_TRUE(this->away().empty());
  EXPECT_EQ(await(this->engine.digests().waiting(this->bob)).messages, 0);
}

TYPED_TEST_P(DigestStoreContract, WhatWaitsIsCountedByChat) {
  const UserId carol = this->user("carol");
  const ChatId climbers = this->group(this->anna, {this->bob, carol});
  const ChatId other = this->direct(this->bob, carol);
  for (int i = 0; i < 3; ++i) this->send(carol, climbers, "text");
  this->send(this->bob, this->chat, "my own does not count");
  const Seq read = this->send(this->anna, this->chat, "read").seq;
  this->read(this->bob, this->chat, read);
  this->send(this->anna, this->chat, "unread");
  const Seq got = this->send(carol, other, "got and not read").seq;
  this->deliver(this->bob, other, got);
  for (int round = 0; round < 2; ++round) {
    const auto waiting = await(this->engine.digests().waiting(this->bob));
    EXPECT_EQ(waiting.messages, 5);
    EXPECT_EQ(waiting.chats, 3);
    ASSERT_EQ(waiting.most.size(), 3u);
    EXPECT_EQ(waiting.most[0].name, "Climbers");
    EXPECT_EQ(waiting.most[0].messages, 3);
    EXPECT_EQ(waiting.most[1].name, "The carol");
    EXPECT_EQ(waiting.most[2].name, "The anna");
    this->engine.reopen();
  }
  EXPECT_EQ(await(this->engine.digests().waiting(UserId{4711})).messages, 0);
}

TYPED_TEST_P(DigestStoreContract, AMailIsLeftOnceAndRemembered) {
  this->leave(this->bob);
  this->pass(std::chrono::hours{1});
  const auto absence = this->only_absence();
  EXPECT_EQ(this->settle(this->mail_to(absence)), 1);
  EXPECT_EQ(this->settle(this->mail_to(absence)), 0);  // as another leader would
  EXPECT_EQ(this->mails(), 1u);
  EXPECT_TRUE(this->away().empty());
  this->engine.reopen();
  this->say(this->anna, this->chat);
  const auto again = this->only_absence();
  EXPECT_EQ(again.digest_at, this->now());
  EXPECT_EQ(again.last_active, this->now() - std::chrono::hours{1});
  EXPECT_TRUE(again.settings.email_digest);
}

TYPED_TEST_P(DigestStoreContract, WhoeverWasBackMeanwhileIsNotMailed) {
  this->leave(this->bob);
  this->pass(std::chrono::hours{1});
  const auto absence = this->only_absence();
  this->leave(this->bob);
  EXPECT_EQ(this->settle(this->mail_to(absence)), 0);
  EXPECT_EQ(this->mails(), 0u);
  EXPECT_EQ(this->only_absence().since, this->now());
}

TYPED_TEST_P(DigestStoreContract, WhoeverTurnedItOffMeanwhileIsNotMailed) {
  this->leave(this->bob);
  const auto absence = this->only_absence();
  NotificationSettings settings;
  settings.email_digest = false;
  settings.preview = true;
  await(this->engine.devices().set_settings(this->bob, settings));
  EXPECT_EQ(this->settle(this->mail_to(absence)), 0);
  EXPECT_EQ(this->mails(), 0u);
  this->leave(this->bob);
  const auto later = this->only_absence();
  EXPECT_FALSE(later.settings.email_digest);
  EXPECT_TRUE(later.settings.preview);
}

TYPED_TEST_P(DigestStoreContract, WhoseAddressHasChangedIsNotMailedAtTheOldOne) {
  this->leave(this->bob);
  const auto absence = this->only_absence();
  ASSERT_TRUE(await(this->engine.users().set_email(this->bob, "robert@example.org")));
  EXPECT_EQ(this->settle(this->mail_to(absence)), 0);
  this->leave(this->bob);
  EXPECT_TRUE(this->away().empty());  // the new one is not verified
}

TYPED_TEST_P(DigestStoreContract, AnAbsenceCanCountFromLater) {
  this->leave(this->bob);
  const auto absence = this->only_absence();
  EXPECT_EQ(this->settle({.user_id = this->bob,
                          .since = absence.since,
                          .later = absence.since + std::chrono::hours{2}}),
            0);
  EXPECT_TRUE(this->away().empty());
  this->pass(std::chrono::hours{2});
  EXPECT_EQ(this->only_absence().since, this->now());
}

TYPED_TEST_P(DigestStoreContract, TheLongestAbsencesComeFirst) {
  const UserId carol = this->with_address("carol", "carol@example.org");
  const UserId dave = this->with_address("dave", "dave@example.org");
  for (const UserId user : {dave, this->bob, carol}) {
    this->pass(std::chrono::seconds{1});
    this->leave(user);
  }
  const auto first = this->away(2);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].user_id, dave);
  EXPECT_EQ(first[1].user_id, this->bob);
}

TYPED_TEST_P(DigestStoreContract, TurningThemOffIsKeptAndLeavesTheRestAsItIs) {
  NotificationSettings settings;
  settings.preview = true;
  settings.quiet_until = this->now();
  await(this->engine.devices().set_settings(this->bob, settings));
  this->leave(this->bob);
  auto& digests = this->engine.digests();
  await(digests.turn_off(this->bob));
  await(digests.turn_off(this->anna));
  await(digests.turn_off(UserId{4711}));  // gone meanwhile
  EXPECT_TRUE(this->away().empty());
  this->engine.reopen();
  const auto bobs = await(this->engine.devices().settings(this->bob));
  EXPECT_FALSE(bobs.email_digest);
  EXPECT_TRUE(bobs.preview);
  EXPECT_EQ(bobs.quiet_until, settings.quiet_until);
  EXPECT_FALSE(await(this->engine.devices().settings(this->anna)).email_digest);
  EXPECT_TRUE(await(this->engine.devices().settings(UserId{4711})).email_digest);
}

REGISTER_TYPED_TEST_SUITE_P(DigestStoreContract, WhoeverLeavesIsAway,
                            WhoeverDoesNotAcknowledgeIsAway, WithoutAVerifiedAddressNobodyIsNoted,
                            WhoeverHasMutedTheChatIsNotAwayForIt, WhatWaitsIsCountedByChat,
                            AMailIsLeftOnceAndRemembered, WhoeverWasBackMeanwhileIsNotMailed,
                            WhoeverTurnedItOffMeanwhileIsNotMailed,
                            WhoseAddressHasChangedIsNotMailedAtTheOldOne,
                            AnAbsenceCanCountFromLater, TheLongestAbsencesComeFirst,
                            TurningThemOffIsKeptAndLeavesTheRestAsItIs);

}  // namespace parley::storage::contract
