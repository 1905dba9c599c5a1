#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/contract/people.h"
#include "storage/sqlite/fixture_for_test.h"

// What the two of a direct chat want of each other counts at once, whether the writer has the chat
// in memory or reads it.

namespace parley::storage::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WishesTest : public Suite<SqliteFixture> {
 public:
  void SetUp() override {
    alice = user("alice");
    bob = user("bob");
    chat = direct(alice, bob);
    send(alice, chat, "warm");
  }
  void block(UserId user, UserId other) {
    ASSERT_TRUE(await(engine.contacts().block(user, other)).has_value());
  }
  void tell_reads(UserId user, bool tells) {
    user::PrivacyChange change;
    change.read_receipts = tells;
    await(engine.contacts().set_privacy(user, change)).value();
  }

  UserId alice, bob;
  ChatId chat;
};

TEST_F(WishesTest, ABlockedMessageIsRefusedAndLeavesNothing) {
  block(bob, alice);
  for (const bool cold : {false, true}) {
    if (cold) engine.reopen();
    EXPECT_TRUE(refused(try_send(alice, chat, "x"), Errc::blocked));
    EXPECT_TRUE(refused(try_send(bob, chat, "x"), Errc::blocked));
    EXPECT_TRUE(refused(await(engine.chats().addressees(alice, chat)), Errc::blocked));
    EXPECT_EQ(log(alice, chat).size(), 1u);
  }
  await(engine.contacts().unblock(bob, alice));
  EXPECT_TRUE(try_send(alice, chat, "x").has_value());
  EXPECT_THAT(await(engine.chats().addressees(alice, chat)).value(), ElementsAre(bob));
}

TEST_F(WishesTest, ABlockIsOfOneChatOnly) {
  const UserId carol = user("carol");
  const ChatId other = direct(alice, carol);
  const ChatId many = group(carol, {alice, bob});
  block(bob, alice);
  EXPECT_TRUE(try_send(alice, other, "x").has_value());
  EXPECT_TRUE(try_send(alice, many, "x").has_value());
  EXPECT_TRUE(refused(await(engine.chats().add(carol, ChatId{5}, {bob})), Errc::chat_not_found));
}

TEST_F(WishesTest, NobodyIsToldOfMarksWhileBlocked) {
  block(alice, bob);
  const auto moved = read(bob, chat, 1);
  EXPECT_EQ(moved.after.read, 1);
  EXPECT_THAT(moved.delivered_authors, IsEmpty());
  EXPECT_THAT(moved.read_authors, IsEmpty());
}

TEST_F(WishesTest, ReadingIsToldWhenBothTell) {
  Seq last = 1;
  for (const UserId silent : {alice, bob}) {
    tell_reads(silent, false);
    auto moved = read(bob, chat, last);
    EXPECT_THAT(moved.delivered_authors, ElementsAre(alice));
    EXPECT_THAT(moved.read_authors, IsEmpty());
    EXPECT_EQ(chat_of(alice, chat).min_read_seq, 0);
    EXPECT_EQ(chat_of(alice, chat).min_delivered_seq, last);
    tell_reads(silent, true);
    EXPECT_EQ(chat_of(alice, chat).min_read_seq, last);
    last = send(alice, chat, "more").seq;
  }
  engine.reopen();
  EXPECT_THAT(read(bob, chat, last).read_authors, ElementsAre(alice));
}

TEST_F(WishesTest, AnExceptionIsNotToldEither) {
  user::PrivacyChange change;
  change.except_user_ids = {alice};
  await(engine.contacts().set_privacy(bob, change)).value();
  EXPECT_THAT(read(bob, chat, 1).read_authors, IsEmpty());
  send(bob, chat, "back");
  EXPECT_THAT(read(alice, chat, 2).read_authors, IsEmpty()) << "who does not tell is not told";
}

TEST_F(WishesTest, GroupsAreOnlyForWhomOneLets) {
  const UserId carol = user("carol");
  user::PrivacyChange change;
  change.groups = Audience::contacts;
  await(engine.contacts().set_privacy(bob, change)).value();
  const ChatId own = group(alice, {carol});
  const auto added = await(engine.chats().add(alice, own, {carol, bob}));
  ASSERT_TRUE(refused(added, Errc::not_addable));
  EXPECT_EQ(added.error().detail, "bob");
  await(engine.contacts().add(bob, {.user_id = alice, .username = {}, .phone_number = {}}, {}))
      .value();
  EXPECT_TRUE(await(engine.chats().add(alice, own, {bob})).has_value());
}

}  // namespace
}  // namespace parley::storage::contract
