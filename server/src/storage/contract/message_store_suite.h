#pragma once

#include <set>

#include "storage/contract/people.h"

// What every MessageStore promises about accepting and marking, as tests.

namespace parley::storage::contract {

template <class E>
class MessageStoreContract : public Suite<E> {};
TYPED_TEST_SUITE_P(MessageStoreContract);

TYPED_TEST_P(MessageStoreContract, AnAcceptedDraftComesBackAsItWasSent) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->direct(alice, bob);
  const std::string content{"gr\xc3\xbc\xc3\x9f dich \0 \xf0\x9f\x8c\x8d\r\n ", 22};

  const auto accepted = this->try_send(alice, chat, content, "c1").value();
  EXPECT_TRUE(accepted.first_time);
  EXPECT_EQ(accepted.message.seq, 1);
  EXPECT_EQ(accepted.message.created_at, this->engine.clock().now());
  EXPECT_EQ(accepted.recipients, (std::vector{std::min(alice, bob), std::max(alice, bob)}));

  const auto page = this->history(bob, newest(chat));
  ASSERT_EQ(page.messages.size(), 1u);
  const Message& kept = page.messages[0];
  EXPECT_EQ(kept.id, accepted.message.id);
  EXPECT_EQ(kept.chat_id, chat);
  EXPECT_EQ(kept.seq, 1);
  EXPECT_EQ(kept.kind, EntryKind::message);
  EXPECT_EQ(kept.sender_id, alice);
  EXPECT_EQ(kept.created_at, accepted.message.created_at);
  EXPECT_EQ(kept.client_message_id, "c1");
  EXPECT_EQ(kept.type, MessageType::text);
  EXPECT_EQ(kept.content, content);
}

TYPED_TEST_P(MessageStoreContract, ResendingADraftYieldsTheFirstMessage) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->direct(alice, bob);
  const auto first = this->try_send(alice, chat, "hello", "c1").value();
  this->send(bob, chat, "hi");
  const auto again = this->try_send(alice, chat, "other words", "c1").value();

  EXPECT_FALSE(again.first_time);
  EXPECT_EQ(again.message.id, first.message.id);
  EXPECT_EQ(again.message.seq, first.message.seq);
  EXPECT_EQ(again.message.content, "hello");
  EXPECT_EQ(again.message.created_at, first.message.created_at);
  EXPECT_EQ(again.recipients, first.recipients);
  EXPECT_EQ(this->log(bob, chat).size(), 2u);
}

TYPED_TEST_P(MessageStoreContract, ADraftIsRecognisedAWeekLaterAndAfterARestart) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->direct(alice, bob);
  const Message first = this->send(alice, chat, "hello", "c1");
  this->engine.reopen();
  this->engine.clock().advance(std::chrono::days{7});
  this->engine.reopen();
  const auto again = this->try_send(alice, chat, "hello", "c1").value();
  EXPECT_FALSE(again.first_time);
  EXPECT_EQ(again.message.id, first.id);
  EXPECT_EQ(this->chat_of(bob, chat).last_seq, 1);
}

TYPED_TEST_P(MessageStoreContract, AClientMessageIdBelongsToOneSenderInOneChat) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol");
  const ChatId one = this->direct(alice, bob), other = this->direct(alice, carol);
  EXPECT_TRUE(this->try_send(alice, one, "a", "same")->first_time);
  EXPECT_TRUE(this->try_send(bob, one, "b", "same")->first_time);
  EXPECT_TRUE(this->try_send(alice, other, "c", "same")->first_time);
  EXPECT_FALSE(this->try_send(alice, one, "a", "same")->first_time);
}

TYPED_TEST_P(MessageStoreContract, SeqsGoOnAfterARestart) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->direct(alice, bob);
  const Message earlier = this->send(alice, chat, "one");
  this->engine.reopen();
  const Message later = this->send(bob, chat, "two");
  EXPECT_EQ(later.seq, 2);
  EXPECT_GT(later.id, earlier.id);
  EXPECT_EQ(contents(this->log(alice, chat)), (std::vector<std::string>{"one", "two"}));
}

TYPED_TEST_P(MessageStoreContract, AStrangerIsRefusedAndNothingIsStored) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), eve = this->user("eve");
  const ChatId chat = this->direct(alice, bob);
  const Message sent = this->send(alice, chat, "secret");
  const ChatId nowhere{12345};

  for (const ChatId target : {chat, nowhere}) {
    EXPECT_TRUE(refused(this->try_send(eve, target, "let me in"), Errc::chat_not_found));
    EXPECT_TRUE(
        refused(this->try_mark(eve, target, {.delivered = 1, .read = 1}), Errc::chat_not_found));
    EXPECT_TRUE(refused(this->try_history(eve, newest(target)), Errc::chat_not_found));
    EXPECT_TRUE(
        refused(await(this->engine.messages().info(eve, target, sent.id)), Errc::chat_not_found));
  }
  EXPECT_EQ(this->log(bob, chat).size(), 1u);
  EXPECT_TRUE(await(this->engine.messages().sync(eve, {}, 50)).value().chats.empty());
}

TYPED_TEST_P(MessageStoreContract, AStrangersOldDraftIsNotToldToThem) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->group(alice, {bob});
  this->send(bob, chat, "mine", "c1");
  ASSERT_TRUE(await(this->engine.chats().remove(alice, chat, bob)).has_value());
  EXPECT_TRUE(refused(this->try_send(bob, chat, "mine", "c1"), Errc::chat_not_found));
}

TYPED_TEST_P(MessageStoreContract, SendingMovesTheSendersWatermarksOnly) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->direct(alice, bob);
  this->send(alice, chat, "one");
  this->send(alice, chat, "two");
  const Chat hers = this->chat_of(alice, chat), his = this->chat_of(bob, chat);
  EXPECT_EQ(hers.read_seq, 2);
  EXPECT_EQ(hers.delivered_seq, 2);
  EXPECT_EQ(hers.unread_count, 0);
  EXPECT_EQ(hers.min_delivered_seq, 0);
  EXPECT_EQ(his.read_seq, 0);
  EXPECT_EQ(his.unread_count, 2);
  EXPECT_EQ(his.min_read_seq, 2);
}

TYPED_TEST_P(MessageStoreContract, AMarkSaysWhatItMovedAndWhoSeesATick) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->direct(alice, bob);
  this->send(alice, chat, "one");
  this->send(alice, chat, "two");

  const auto delivered = this->deliver(bob, chat, 2);
  EXPECT_EQ(delivered.before, (Receipt{.delivered = 0, .read = 0}));
  EXPECT_EQ(delivered.after, (Receipt{.delivered = 2, .read = 0}));
  EXPECT_EQ(delivered.type, ChatType::direct);
  EXPECT_EQ(delivered.at, this->engine.clock().now());
  EXPECT_EQ(delivered.delivered_authors, std::vector{alice});
  EXPECT_TRUE(delivered.read_authors.empty());

  const auto read = this->read(bob, chat, 99);  // beyond the last counts as the last
  EXPECT_EQ(read.after, (Receipt{.delivered = 2, .read = 2}));
  EXPECT_TRUE(read.delivered_authors.empty());
  EXPECT_EQ(read.read_authors, std::vector{alice});

  const auto late = this->deliver(bob, chat, 1);
  EXPECT_EQ(late.before, late.after);
  EXPECT_TRUE(late.delivered_authors.empty());
}

TYPED_TEST_P(MessageStoreContract, InAGroupEveryAuthorOfWhatIsNewlyCoveredSeesATickOnce) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol");
  const ChatId chat = this->group(alice, {bob, carol});
  this->send(alice, chat, "2");
  this->send(bob, chat, "3");
  this->send(alice, chat, "4");
  auto first = this->deliver(carol, chat, 4).delivered_authors;
  std::ranges::sort(first);
  EXPECT_EQ(first, (std::vector{std::min(alice, bob), std::max(alice, bob)}));
  this->send(bob, chat, "5");
  const auto second = this->read(carol, chat, 5);
  EXPECT_EQ(second.delivered_authors, std::vector{bob});
  EXPECT_EQ(second.read_authors.size(), 2u);
  EXPECT_EQ(this->deliver(alice, chat, 5).delivered_authors, std::vector{bob});
}

TYPED_TEST_P(MessageStoreContract, AuthorsAreFoundFarBackAndAfterARestart) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol");
  const ChatId chat = this->group(alice, {bob, carol});
  this->send(bob, chat, "early");
  for (int i = 0; i < 150; ++i) this->send(alice, chat, std::to_string(i));
  this->engine.reopen();
  auto authors = this->read(carol, chat, 152).read_authors;
  std::ranges::sort(authors);
  EXPECT_EQ(authors, (std::vector{std::min(alice, bob), std::max(alice, bob)}));
}

TYPED_TEST_P(MessageStoreContract, MarksAreOnDisk) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->direct(alice, bob);
  for (int i = 0; i < 5; ++i) this->send(alice, chat, "x");
  this->deliver(bob, chat, 4);
  this->read(bob, chat, 3);
  this->engine.reopen();
  EXPECT_EQ(this->chat_of(bob, chat).delivered_seq, 4);
  EXPECT_EQ(this->chat_of(bob, chat).read_seq, 3);
  EXPECT_EQ(this->chat_of(bob, chat).unread_count, 2);
  EXPECT_EQ(this->chat_of(alice, chat).min_read_seq, 3);
  EXPECT_EQ(this->chat_of(alice, chat).read_seq, 5);
}

TYPED_TEST_P(MessageStoreContract, InfoTellsWhoHasGotAMessage) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol");
  const ChatId chat = this->group(alice, {bob, carol});
  const Message message = this->send(alice, chat, "hello");
  this->deliver(bob, chat, message.seq);
  this->read(carol, chat, message.seq);
  const auto info = await(this->engine.messages().info(bob, chat, message.id)).value();
  EXPECT_EQ(info.message_id, message.id);
  EXPECT_EQ(info.seq, message.seq);
  EXPECT_EQ(info.delivered_to, (std::vector{std::min(bob, carol), std::max(bob, carol)}));
  EXPECT_EQ(info.read_by, std::vector{carol});
}

TYPED_TEST_P(MessageStoreContract, InfoKnowsOnlyMessagesOfItsChat) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->group(alice, {bob}), other = this->direct(alice, bob);
  const Message elsewhere = this->send(alice, other, "hello");
  const MessageId creation = this->log(alice, chat).front().id;
  for (const MessageId id : {elsewhere.id, creation, MessageId{7}})
    EXPECT_TRUE(
        refused(await(this->engine.messages().info(bob, chat, id)), Errc::message_not_found));
}

TYPED_TEST_P(MessageStoreContract, WhoJoinsLaterHasNotGotWhatWasSaidBefore) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol");
  const ChatId chat = this->group(alice, {bob});
  const Message early = this->send(alice, chat, "early");
  ASSERT_TRUE(await(this->engine.chats().add(alice, chat, {carol})).has_value());
  EXPECT_EQ(this->chat_of(carol, chat).unread_count, 0);
  this->send(alice, chat, "late");
  EXPECT_EQ(this->chat_of(carol, chat).unread_count, 1);
  this->read(carol, chat, 4);
  EXPECT_TRUE(await(this->engine.messages().info(alice, chat, early.id)).value().read_by.empty());
}

REGISTER_TYPED_TEST_SUITE_P(
    MessageStoreContract, AnAcceptedDraftComesBackAsItWasSent, ResendingADraftYieldsTheFirstMessage,
    ADraftIsRecognisedAWeekLaterAndAfterARestart, AClientMessageIdBelongsToOneSenderInOneChat,
    SeqsGoOnAfterARestart, AStrangerIsRefusedAndNothingIsStored, AStrangersOldDraftIsNotToldToThem,
    SendingMovesTheSendersWatermarksOnly, AMarkSaysWhatItMovedAndWhoSeesATick,
    InAGroupEveryAuthorOfWhatIsNewlyCoveredSeesATickOnce, AuthorsAreFoundFarBackAndAfterARestart,
    MarksAreOnDisk, InfoTellsWhoHasGotAMessage, InfoKnowsOnlyMessagesOfItsChat,
    WhoJoinsLaterHasNotGotWhatWasSaidBefore);

}  // namespace parley::storage::contract
