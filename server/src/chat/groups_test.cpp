#include "chat/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/world_for_test.h"

namespace parley::chat {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using GroupsTest = ChatTest;

TEST_F(GroupsTest, NewcomersAndMembersHearWhoWasAdded) {
  const auto added = await(loop, groups.add(by(alice, 1), {group, {"Dave"}}));
  ASSERT_TRUE(added);
  EXPECT_THAT(added->added, ElementsAre(dave));
  EXPECT_EQ(added->seq, 1);
  for (const auto* heard : {&bobs, &carols, &daves}) {
    ASSERT_THAT(heard->all<MemberAdded>(), SizeIs(1));
    EXPECT_THAT(heard->all<MemberAdded>()[0].user_ids, ElementsAre(dave));
    EXPECT_EQ(heard->all<MemberAdded>()[0].action, MembershipAction::added);
  }
  EXPECT_THAT(alices.heard, IsEmpty());
}

TEST_F(GroupsTest, AddingOnlyPeopleWhoAreInItIsAnnouncedToNobody) {
  const auto added = await(loop, groups.add(by(alice), {group, {"bob"}}));
  ASSERT_TRUE(added);
  EXPECT_THAT(added->added, IsEmpty());
  EXPECT_THAT(bobs.heard, IsEmpty());
}

TEST_F(GroupsTest, WhoeverIsRemovedIsTold) {
  ASSERT_TRUE(await(loop, groups.remove(by(alice, 1), {group, bob})));
  for (const auto* heard : {&bobs, &carols}) {
    ASSERT_THAT(heard->all<MemberRemoved>(), SizeIs(1));
    EXPECT_EQ(heard->all<MemberRemoved>()[0].action, MembershipAction::removed);
    EXPECT_EQ(heard->all<MemberRemoved>()[0].actor_id, alice);
  }
  EXPECT_EQ(refusal(send(bob, group, "still here?", "c1")), Errc::chat_not_found);
}

TEST_F(GroupsTest, EverybodyMayLeave) {
  ASSERT_TRUE(await(loop, groups.leave(by(carol), {group})));
  ASSERT_THAT(alices.all<MemberRemoved>(), SizeIs(1));
  EXPECT_EQ(alices.all<MemberRemoved>()[0].action, MembershipAction::left);
  EXPECT_THAT(alices.all<MemberRemoved>()[0].user_ids, ElementsAre(carol));
}

TEST_F(GroupsTest, OnlyAdminsChangeAnything) {
  EXPECT_EQ(refusal(await(loop, groups.add(by(bob), {group, {"dave"}}))), Errc::forbidden);
  EXPECT_EQ(refusal(await(loop, groups.remove(by(bob), {group, carol}))), Errc::forbidden);
  EXPECT_EQ(refusal(await(loop, groups.set_role(by(bob), {group, bob, ParticipantRole::admin}))),
            Errc::forbidden);
  EXPECT_EQ(refusal(await(loop, groups.update(by(bob), {group, "Mine", {}}))), Errc::forbidden);
  EXPECT_THAT(alices.heard, IsEmpty());
  EXPECT_THAT(carols.heard, IsEmpty());
}

TEST_F(GroupsTest, StrangersAreRefusedLikeInAChatThatDoesNotExist) {
  for (const ChatId chat : {group, nowhere}) {
    EXPECT_EQ(refusal(await(loop, groups.add(by(dave), {chat, {"dave"}}))), Errc::chat_not_found);
    EXPECT_EQ(refusal(await(loop, groups.leave(by(dave), {chat}))), Errc::chat_not_found);
    EXPECT_EQ(refusal(await(loop, groups.update(by(dave), {chat, "Mine", {}}))),
              Errc::chat_not_found);
  }
  EXPECT_THAT(alices.heard, IsEmpty());
}

TEST_F(GroupsTest, RolesAreToldAsAChangeOfTheChat) {
  ASSERT_TRUE(await(loop, groups.set_role(by(alice), {group, bob, ParticipantRole::admin})));
  ASSERT_THAT(carols.all<ChatUpdated>(), SizeIs(1));
  const ChatUpdated told = carols.all<ChatUpdated>()[0];
  EXPECT_EQ(told.role, ParticipantRole::admin);
  EXPECT_THAT(*told.user_ids, ElementsAre(bob));
  EXPECT_EQ(told.name, std::nullopt);
}

TEST_F(GroupsTest, PermissionsAreToldAsAChangeOfTheChat) {
  SetPermissions silence{.chat_id = group, .user_id = bob, .send = false};
  ASSERT_TRUE(await(loop, groups.set_permissions(by(alice), silence)));
  ASSERT_THAT(carols.all<ChatUpdated>(), SizeIs(1));
  const ChatUpdated told = carols.all<ChatUpdated>()[0];
  ASSERT_TRUE(told.permissions);
  EXPECT_FALSE(told.permissions->send);
  EXPECT_THAT(*told.user_ids, ElementsAre(bob));
  EXPECT_EQ(told.role, std::nullopt);
}

TEST_F(GroupsTest, PermissionsAreChangedByAdminsWhoSayWhich) {
  SetPermissions command{.chat_id = group, .user_id = bob};
  EXPECT_EQ(refused_field(await(loop, groups.set_permissions(by(alice), command))), "send");
  command.send = false;
  EXPECT_EQ(refusal(await(loop, groups.set_permissions(by(carol), command))), Errc::forbidden);
  EXPECT_THAT(bobs.heard, IsEmpty());
}

TEST_F(GroupsTest, NobodyIsMadeToLeaveByARole) {
  EXPECT_EQ(
      refused_field(await(loop, groups.set_role(by(alice), {group, bob, ParticipantRole::left}))),
      "role");
  EXPECT_THAT(bobs.heard, IsEmpty());
}

TEST_F(GroupsTest, SettingsAreToldWithoutWhatStayed) {
  const auto chat = await(loop, groups.update(by(alice), {group, "New name", {}}));
  ASSERT_TRUE(chat);
  EXPECT_EQ(chat->id, group);
  ASSERT_THAT(bobs.all<ChatUpdated>(), SizeIs(1));
  EXPECT_EQ(bobs.all<ChatUpdated>()[0].name, "New name");
  EXPECT_EQ(bobs.all<ChatUpdated>()[0].description, std::nullopt);
  EXPECT_EQ(refused_field(await(loop, groups.update(by(alice), {group, {}, {}}))), "name");
}

TEST_F(GroupsTest, EventsCarryThePlaceInTheLog) {
  ASSERT_TRUE(send(alice, group, "one", "c1"));
  ASSERT_TRUE(await(loop, groups.add(by(alice), {group, {"dave"}})));
  EXPECT_EQ(bobs.all<Message>().at(0).seq, 1);
  EXPECT_EQ(bobs.all<MemberAdded>().at(0).seq, 2);
  EXPECT_TRUE(bobs.all<MemberAdded>().at(0).id);
}

}  // namespace
}  // namespace parley::chat
