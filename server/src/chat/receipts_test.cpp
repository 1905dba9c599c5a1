#include "chat/receipts.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/world_for_test.h"

namespace parley::chat {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

struct ReceiptsTest : ChatTest {
  // Messages 1..n of the chat.
  void fill(ChatId chat, UserId author, int n) {
    for (int i = 0; i < n; ++i)
      ASSERT_TRUE(
          send(author, chat, "x",
               std::to_string(author.value()) + "-" + std::to_string(store.chats[chat].last())));
    for (auto* receiver : {&alices, &bobs, &carols, &daves}) receiver->heard.clear();
  }
  void deliver(UserId user, ChatId chat, Seq seq, ConnectionId connection = 0) {
    ASSERT_TRUE(await(loop, service.mark_delivered(by(user, connection), {chat, seq})));
  }
  void read(UserId user, ChatId chat, Seq seq, ConnectionId connection = 0) {
    ASSERT_TRUE(await(loop, service.mark_read(by(user, connection), {chat, seq})));
  }
};

TEST_F(ReceiptsTest, TheAuthorSeesTicksMoveAtOnceInADirectChat) {
  fill(direct, alice, 3);
  deliver(bob, direct, 2);
  ASSERT_THAT(alices.all<MessageDelivered>(), SizeIs(1));
  EXPECT_EQ(alices.all<MessageDelivered>()[0].seq, 2);
  EXPECT_EQ(alices.all<MessageDelivered>()[0].user_id, bob);
  read(bob, direct, 2);
  ASSERT_THAT(alices.all<MessageRead>(), SizeIs(1));
  EXPECT_EQ(alices.all<MessageRead>()[0].seq, 2);
  EXPECT_THAT(alices.all<MessageDelivered>(), SizeIs(1));
}

TEST_F(ReceiptsTest, ReadingWhatHadNotBeenDeliveredIsToldOnce) {
  fill(direct, alice, 3);
  read(bob, direct, 3);
  EXPECT_THAT(alices.heard, SizeIs(1));
  EXPECT_THAT(alices.all<MessageRead>(), SizeIs(1));
}

TEST_F(ReceiptsTest, LateAndRepeatedMarksTellNobody) {
  fill(direct, alice, 3);
  read(bob, direct, 3);
  alices.heard.clear();
  read(bob, direct, 3);
  read(bob, direct, 1);
  deliver(bob, direct, 2);
  deliver(bob, direct, 0);
  EXPECT_THAT(alices.heard, IsEmpty());
}

TEST_F(ReceiptsTest, MarksBeyondTheEndCountAsTheEnd) {
  fill(direct, alice, 3);
  read(bob, direct, 1'000'000);
  EXPECT_EQ(alices.all<MessageRead>().at(0).seq, 3);
  EXPECT_EQ(store.chats[direct].receipts[bob], (Receipt{3, 3}));
}

TEST_F(ReceiptsTest, OnesOtherDevicesHearAndTheAskingOneDoesNot) {
  fill(direct, alice, 1);
  delivery::FakeReceiver phone{router, hub, bob, SessionId{22}, 22};
  read(bob, direct, 1, 2);
  EXPECT_THAT(phone.all<MessageRead>(), SizeIs(1));
  EXPECT_THAT(bobs.heard, IsEmpty());
}

TEST_F(ReceiptsTest, OnlyAuthorsOfWhatIsNewlyCoveredHear) {
  fill(group, alice, 2);
  fill(group, carol, 2);
  read(bob, group, 2);
  ASSERT_TRUE(run_until([&] { return !alices.heard.empty(); }));
  EXPECT_THAT(carols.heard, IsEmpty());

  alices.heard.clear();
  read(bob, group, 4);
  ASSERT_TRUE(run_until([&] { return !carols.heard.empty(); }));
  EXPECT_THAT(alices.heard, IsEmpty());
}

TEST_F(ReceiptsTest, MovesInAGroupBecomeOneEvent) {
  fill(group, alice, 10);
  for (Seq seq = 1; seq <= 10; ++seq) deliver(bob, group, seq);
  for (Seq seq = 1; seq <= 7; ++seq) read(bob, group, seq);
  EXPECT_THAT(alices.heard, IsEmpty());  // not at once
  ASSERT_TRUE(run_until([&] { return alices.heard.size() >= 2; }));
  run_for(3 * kGroupDelay);
  ASSERT_THAT(alices.heard, SizeIs(2));
  EXPECT_EQ(alices.all<MessageDelivered>().at(0).seq, 10);
  EXPECT_EQ(alices.all<MessageRead>().at(0).seq, 7);
}

TEST_F(ReceiptsTest, EveryMoverOfAGroupHasAnEventOfTheirOwn) {
  fill(group, alice, 3);
  read(bob, group, 3);
  read(carol, group, 2);
  ASSERT_TRUE(run_until([&] { return alices.heard.size() >= 2; }));
  std::map<UserId, Seq> told;
  for (const MessageRead& event : alices.all<MessageRead>()) told[event.user_id] = event.seq;
  EXPECT_EQ(told, (std::map<UserId, Seq>{{bob, 3}, {carol, 2}}));
}

TEST_F(ReceiptsTest, LaterMovesAreToldToo) {
  fill(group, alice, 3);
  read(bob, group, 1);
  ASSERT_TRUE(run_until([&] { return alices.heard.size() == 1; }));
  read(bob, group, 3);
  ASSERT_TRUE(run_until([&] { return alices.heard.size() == 2; }));
  EXPECT_EQ(alices.all<MessageRead>().at(1).seq, 3);
}

TEST_F(ReceiptsTest, TwoDevicesOfOneMoverAreBothToldWhatTheyDidTogether) {
  fill(group, alice, 3);
  delivery::FakeReceiver phone{router, hub, bob, SessionId{22}, 22};
  read(bob, group, 1, 2);
  read(bob, group, 3, 22);
  ASSERT_TRUE(run_until([&] { return !phone.heard.empty(); }));
  EXPECT_EQ(bobs.all<MessageRead>().at(0).seq, 3);
  EXPECT_EQ(phone.all<MessageRead>().at(0).seq, 3);
}

TEST_F(ReceiptsTest, SendingIsReadingAndTellsNobodyElse) {
  fill(direct, alice, 2);
  ASSERT_TRUE(send(bob, direct, "answer", "b1"));
  EXPECT_EQ(store.chats[direct].receipts[bob], (Receipt{3, 3}));
}

}  // namespace
}  // namespace parley::chat
