#include "chat/service.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/world_for_test.h"

namespace parley::chat {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using SendMessageTest = ChatTest;

TEST_F(SendMessageTest, TellsEveryoneInTheChatAndNobodyElse) {
  const auto sent = send(alice, group, "hello", "c1", 1);
  ASSERT_TRUE(sent);
  EXPECT_TRUE(sent->first_time);
  for (const auto* heard : {&bobs, &carols}) {
    ASSERT_THAT(heard->all<Message>(), SizeIs(1));
    EXPECT_EQ(heard->all<Message>()[0].id, sent->message.id);
    EXPECT_EQ(heard->all<Message>()[0].content, "hello");
  }
  EXPECT_THAT(daves.heard, IsEmpty());
}

TEST_F(SendMessageTest, TellsTheSendersOtherDevicesButNotTheOneThatGetsTheAnswer) {
  delivery::FakeReceiver phone{router, hub, alice, SessionId{11}, 11};
  send(alice, direct, "hello", "c1", 1);
  EXPECT_THAT(alices.heard, IsEmpty());
  EXPECT_THAT(phone.all<Message>(), SizeIs(1));
}

TEST_F(SendMessageTest, ResendingYieldsTheFirstMessageAndIsAnnouncedOnce) {
  const auto first = send(alice, direct, "hello", "c1");
  const auto again = send(alice, direct, "hello", "c1");
  ASSERT_TRUE(first && again);
  EXPECT_FALSE(again->first_time);
  EXPECT_EQ(again->message.id, first->message.id);
  EXPECT_EQ(again->message.seq, first->message.seq);
  EXPECT_THAT(bobs.all<Message>(), SizeIs(1));
}

TEST_F(SendMessageTest, KeepsTheContentByteForByte) {
  const std::string content = "  \t é😀 \0 <b>\n ";
  EXPECT_EQ(send(alice, direct, content, "c1")->message.content, content);
  EXPECT_EQ(bobs.all<Message>().at(0).content, content);
}

TEST_F(SendMessageTest, RefusesEmptyAndTooLongMessages) {
  EXPECT_EQ(refusal(send(alice, direct, "", "c1")), Errc::empty_message);
  EXPECT_TRUE(send(alice, direct, std::string(64, 'x'), "c2"));
  const auto long_one = send(alice, direct, std::string(65, 'x'), "c3");
  EXPECT_EQ(refusal(long_one), Errc::message_too_long);
  EXPECT_EQ(refused_field(long_one), "content");
  EXPECT_THAT(bobs.heard, SizeIs(1));
}

TEST_F(SendMessageTest, StrangersAreRefusedLikeInAChatThatDoesNotExist) {
  const auto stranger = send(dave, direct, "hello", "c1");
  const auto nothing = send(dave, nowhere, "hello", "c1");
  EXPECT_EQ(refusal(stranger), Errc::chat_not_found);
  EXPECT_EQ(refusal(nothing), Errc::chat_not_found);
  EXPECT_EQ(stranger.error().detail, nothing.error().detail);
  EXPECT_THAT(alices.heard, IsEmpty());
}

TEST_F(SendMessageTest, TellsNobodyWhenNothingCouldBeKept) {
  store.is_full = true;
  EXPECT_THROW(send(alice, direct, "hello", "c1"), StorageUnavailable);
  EXPECT_THAT(bobs.heard, IsEmpty());
}

TEST_F(SendMessageTest, NumbersMessagesOfAChatWithoutGaps) {
  for (Seq seq = 1; seq <= 5; ++seq)
    EXPECT_EQ(send(alice, direct, "x", "c" + std::to_string(seq))->message.seq, seq);
  std::vector<Seq> heard;
  for (const Message& message : bobs.all<Message>()) heard.push_back(message.seq);
  EXPECT_THAT(heard, ElementsAre(1, 2, 3, 4, 5));
}

struct CreateChatTest : ChatTest {
  static CreateChat with(std::string username) {
    CreateChat command;
    command.username = std::move(username);
    return command;
  }
  static CreateChat named(std::string name, std::vector<std::string> members = {}) {
    CreateChat command;
    command.type = ChatType::group;
    command.name = std::move(name);
    command.members = std::move(members);
    return command;
  }
  Result<Created> create(UserId caller, CreateChat command) {
    return await(loop, service.create(by(caller, caller.value()), std::move(command)));
  }
};

TEST_F(CreateChatTest, OpensTheOneDirectChatOfTwoPeople) {
  const auto first = create(dave, with("alice"));
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->first_time);
  CreateChat by_id;
  by_id.user_id = dave;
  const auto again = create(alice, by_id);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->first_time);
  EXPECT_EQ(again->chat.id, first->chat.id);
}

TEST_F(CreateChatTest, FindsPeopleByNameInAnyCase) {
  EXPECT_EQ(create(alice, with("BoB"))->chat.id, direct);
  EXPECT_TRUE(create(alice, named("Team", {"Carol", "BOB"})));
}

TEST_F(CreateChatTest, WantsExactlyOnePersonForADirectChat) {
  CreateChat both = with("bob");
  both.user_id = bob;
  EXPECT_EQ(refused_field(create(alice, both)), "username");
  EXPECT_EQ(refused_field(create(alice, {})), "username");
  CreateChat name = with("bob");
  name.name = "Team";
  EXPECT_EQ(refused_field(create(alice, name)), "type");
}

TEST_F(CreateChatTest, RefusesPeopleWhoAreNotThere) {
  EXPECT_EQ(refusal(create(alice, with("nobody"))), Errc::user_not_found);
  CreateChat by_id;
  by_id.user_id = UserId{999};
  EXPECT_EQ(refusal(create(alice, by_id)), Errc::user_not_found);
  const auto group_with_nobody = create(alice, named("Team", {"bob", "nobody"}));
  EXPECT_EQ(refusal(group_with_nobody), Errc::user_not_found);
  EXPECT_EQ(group_with_nobody.error().detail, "nobody");
}

TEST_F(CreateChatTest, TellsTheMembersOfANewGroup) {
  const auto made = create(alice, named("Team", {"bob", "carol"}));
  ASSERT_TRUE(made);
  for (const auto* heard : {&bobs, &carols}) {
    ASSERT_THAT(heard->all<MemberAdded>(), SizeIs(1));
    const MemberAdded told = heard->all<MemberAdded>()[0];
    EXPECT_EQ(told.chat_id, made->chat.id);
    EXPECT_EQ(told.action, MembershipAction::created);
    EXPECT_EQ(told.actor_id, alice);
    EXPECT_THAT(told.user_ids, UnorderedElementsAre(alice, bob, carol));
  }
  EXPECT_THAT(alices.heard, IsEmpty());
  EXPECT_THAT(daves.heard, IsEmpty());
}

TEST_F(CreateChatTest, AGroupNeedsANameAndMembersNotOnePerson) {
  CreateChat nameless = named("");
  nameless.name.reset();
  EXPECT_EQ(refused_field(create(alice, nameless)), "name");
  CreateChat person = named("Team");
  person.username = "bob";
  EXPECT_EQ(refused_field(create(alice, person)), "type");
}

using TypingTest = ChatTest;

TEST_F(TypingTest, IsToldToTheOthersOnly) {
  ASSERT_TRUE(await(loop, service.set_typing(by(alice, 1), {direct, true})));
  ASSERT_THAT(bobs.all<UserTyping>(), SizeIs(1));
  EXPECT_EQ(bobs.all<UserTyping>()[0].user_id, alice);
  EXPECT_TRUE(bobs.all<UserTyping>()[0].typing);
  EXPECT_THAT(alices.heard, IsEmpty());
  EXPECT_THAT(carols.heard, IsEmpty());
}

TEST_F(TypingTest, StrangersCannotType) {
  EXPECT_EQ(refusal(await(loop, service.set_typing(by(dave), {direct, true}))),
            Errc::chat_not_found);
  EXPECT_THAT(bobs.heard, IsEmpty());
}

using ReadChatTest = ChatTest;

TEST_F(ReadChatTest, StrangersSeeNothing) {
  EXPECT_EQ(refusal(await(loop, service.get(by(dave), {direct}))), Errc::chat_not_found);
  EXPECT_EQ(refusal(await(loop, service.history(by(dave), {direct, {}, {}, {}, {}}))),
            Errc::chat_not_found);
  EXPECT_EQ(refusal(await(loop, service.participants(by(dave), {direct, {}, {}}))),
            Errc::chat_not_found);
  EXPECT_EQ(refusal(await(loop, service.info(by(dave), {direct, MessageId{1}}))),
            Errc::chat_not_found);
  EXPECT_EQ(refusal(await(loop, service.mark_read(by(dave), {direct, 1}))), Errc::chat_not_found);
}

TEST_F(ReadChatTest, HistoryGoesOneWayAtATime) {
  const auto ask = [&](std::optional<Seq> before, std::optional<Seq> after,
                       std::optional<Seq> around) {
    return await(loop, service.history(by(alice), {direct, before, after, around, {}}));
  };
  EXPECT_TRUE(ask({}, {}, {}));
  EXPECT_TRUE(ask(5, {}, {}));
  EXPECT_EQ(refused_field(ask(5, 1, {})), "before");
  EXPECT_EQ(refused_field(ask({}, 1, 3)), "before");
}

TEST_F(ReadChatTest, PagesHaveTheirUsualSizeUnlessAsked) {
  await(loop, service.list(by(alice), {}));
  EXPECT_EQ(store.asked_limit, 20);
  await(loop, service.list(by(alice), {.limit = 7, .cursor = {}}));
  EXPECT_EQ(store.asked_limit, 7);
  await(loop, service.history(by(alice), {direct, {}, {}, {}, {}}));
  EXPECT_EQ(store.asked_limit, 50);
  await(loop, service.sync(by(alice), {}));
  EXPECT_EQ(store.asked_limit, 100);
}

}  // namespace
}  // namespace parley::chat
