#pragma once

#include <algorithm>
#include <map>

#include "storage/contract/people.h"

// What every ChatStore promises about groups, as tests.

namespace parley::storage::contract {

template <class E>
class GroupContract : public Suite<E> {
 public:
  void SetUp() override {
    alice = this->user("alice");
    bob = this->user("bob");
    carol = this->user("carol");
    dan = this->user("dan");
  }

  chat::ChatStore& chats() { return this->engine.chats(); }

  std::map<UserId, ParticipantRole> roles(UserId reader, ChatId chat) {
    std::map<UserId, ParticipantRole> all;
    for (const Participant& one :
         await(chats().participants(reader, chat, {}, 100)).value().participants)
      all[one.user_id] = one.role;
    return all;
  }

  void expect_entry(const Message& entry, UserId sender, MembershipAction action,
                    std::vector<UserId> users) {
    EXPECT_EQ(entry.kind, EntryKind::membership);
    EXPECT_EQ(entry.sender_id, sender);
    ASSERT_TRUE(entry.membership);
    EXPECT_EQ(entry.membership->action, action);
    auto named = entry.membership->user_ids;
    std::ranges::sort(named);
    std::ranges::sort(users);
    EXPECT_EQ(named, users);
  }

  // The newest entry as it is kept.
  Message newest_entry(UserId reader, ChatId chat) { return this->log(reader, chat).back(); }

  UserId alice, bob, carol, dan;
};
TYPED_TEST_SUITE_P(GroupContract);

TYPED_TEST_P(GroupContract, ALogBeginsWithEveryoneInIt) {
  const auto made =
      await(this->chats().create_group({.creator = this->alice,
                                        .name = "Climbers",
                                        .description = "On Sundays",
                                        .members = {this->bob, this->alice, this->bob}}))
          .value();
  EXPECT_EQ(made.entry.seq, 1);
  EXPECT_EQ(made.recipients.size(), 2u);
  this->expect_entry(made.entry, this->alice, MembershipAction::created, {this->alice, this->bob});
  const Message kept = this->newest_entry(this->bob, made.entry.chat_id);
  EXPECT_EQ(kept.id, made.entry.id);
  this->expect_entry(kept, this->alice, MembershipAction::created, {this->alice, this->bob});

  const Chat seen = this->chat_of(this->bob, made.entry.chat_id);
  EXPECT_EQ(seen.type, ChatType::group);
  EXPECT_EQ(seen.name, "Climbers");
  EXPECT_EQ(seen.description, "On Sundays");
  EXPECT_EQ(seen.participant_count, 2);
  EXPECT_EQ(seen.unread_count, 0);
  EXPECT_FALSE(seen.peer);
  EXPECT_FALSE(seen.last_message);
  EXPECT_EQ(this->roles(this->bob, seen.id),
            (std::map<UserId, ParticipantRole>{{this->alice, ParticipantRole::admin},
                                               {this->bob, ParticipantRole::member}}));
}

TYPED_TEST_P(GroupContract, AnUnknownMemberRefusesTheGroupAndNothingIsStored) {
  EXPECT_TRUE(refused(await(this->chats().create_group({.creator = this->alice,
                                                        .name = "X",
                                                        .description = "",
                                                        .members = {this->bob, UserId{5}}})),
                      Errc::user_not_found));
  EXPECT_TRUE(await(this->chats().list(this->bob, {}, 10)).value().chats.empty());
  const ChatId chat = this->group(this->alice, {this->bob});
  EXPECT_TRUE(refused(await(this->chats().add(this->alice, chat, {this->carol, UserId{5}})),
                      Errc::user_not_found));
  EXPECT_EQ(this->chat_of(this->alice, chat).participant_count, 2);
  EXPECT_EQ(this->chat_of(this->alice, chat).last_seq, 1);
}

TYPED_TEST_P(GroupContract, AGroupHasSoManyParticipantsAndNoMore) {
  std::vector<UserId> crowd;
  for (std::size_t i = 1; i < this->engine.max_group(); ++i)
    crowd.push_back(this->user("member" + std::to_string(i)));
  const ChatId chat = this->group(this->alice, crowd);
  EXPECT_TRUE(
      refused(await(this->chats().add(this->alice, chat, {this->bob})), Errc::participant_limit));
  // Who is in it already does not count twice.
  EXPECT_TRUE(await(this->chats().add(this->alice, chat, {crowd[0]})).has_value());
  ASSERT_TRUE(await(this->chats().remove(this->alice, chat, crowd[0])).has_value());
  EXPECT_TRUE(await(this->chats().add(this->alice, chat, {this->bob})).has_value());
  crowd.push_back(this->carol);
  EXPECT_TRUE(
      refused(await(this->chats().create_group(
                  {.creator = this->alice, .name = "X", .description = "", .members = crowd})),
              Errc::participant_limit));
}

TYPED_TEST_P(GroupContract, AddingPassesOverWhoIsInItAlready) {
  const ChatId chat = this->group(this->alice, {this->bob});
  const auto change = await(this->chats().add(this->alice, chat, {this->bob, this->carol})).value();
  EXPECT_EQ(change.entry.seq, 2);
  this->expect_entry(change.entry, this->alice, MembershipAction::added, {this->carol});
  EXPECT_EQ(change.recipients.size(), 3u);
  const auto nothing =
      await(this->chats().add(this->alice, chat, {this->bob, this->carol})).value();
  EXPECT_FALSE(nothing.entry.id);
  EXPECT_EQ(nothing.entry.seq, 2);
  EXPECT_EQ(this->chat_of(this->carol, chat).last_seq, 2);
}

TYPED_TEST_P(GroupContract, WhoIsRemovedHearsOfItAndReadsNothingMore) {
  const ChatId chat = this->group(this->alice, {this->bob, this->carol});
  const Message said = this->send(this->alice, chat, "while Bob was here");
  const auto change = await(this->chats().remove(this->alice, chat, this->bob)).value();
  this->expect_entry(change.entry, this->alice, MembershipAction::removed, {this->bob});
  EXPECT_EQ(std::ranges::count(change.recipients, this->bob), 1);
  this->send(this->alice, chat, "Bob is gone");

  EXPECT_TRUE(refused(this->try_history(this->bob, newest(chat)), Errc::chat_not_found));
  EXPECT_TRUE(refused(this->try_send(this->bob, chat, "hello?"), Errc::chat_not_found));
  EXPECT_TRUE(
      refused(this->try_mark(this->bob, chat, {.delivered = 9, .read = 9}), Errc::chat_not_found));
  EXPECT_TRUE(
      refused(await(this->engine.messages().info(this->bob, chat, said.id)), Errc::chat_not_found));
  EXPECT_TRUE(refused(await(this->chats().get(this->bob, chat)), Errc::chat_not_found));
  EXPECT_TRUE(await(this->chats().list(this->bob, {}, 10)).value().chats.empty());
  EXPECT_EQ(this->chat_of(this->alice, chat).participant_count, 2);
  this->engine.reopen();
  EXPECT_TRUE(refused(this->try_send(this->bob, chat, "hello?"), Errc::chat_not_found));
}

TYPED_TEST_P(GroupContract, WhoComesBackHasTheWatermarksTheyHad) {
  const ChatId chat = this->group(this->alice, {this->bob});
  for (int i = 0; i < 4; ++i) this->send(this->alice, chat, "x");
  this->deliver(this->bob, chat, 4);
  this->read(this->bob, chat, 3);
  ASSERT_TRUE(await(this->chats().remove(this->alice, chat, this->bob)).has_value());
  this->send(this->alice, chat, "meanwhile");
  ASSERT_TRUE(await(this->chats().add(this->alice, chat, {this->bob})).has_value());

  for (int restarts = 0; restarts < 2; ++restarts, this->engine.reopen()) {
    const Chat seen = this->chat_of(this->bob, chat);
    EXPECT_EQ(seen.role, ParticipantRole::member);
    EXPECT_EQ(seen.delivered_seq, 4);
    EXPECT_EQ(seen.read_seq, 3);
    EXPECT_EQ(seen.unread_count, 3);
  }
  EXPECT_EQ(this->read(this->bob, chat, 5).before.read, 3);
}

TYPED_TEST_P(GroupContract, OnlyAdminsChangeAGroup) {
  const ChatId chat = this->group(this->alice, {this->bob, this->carol});
  Settings settings;
  settings.name = "Mine";
  EXPECT_TRUE(refused(await(this->chats().add(this->bob, chat, {this->dan})), Errc::forbidden));
  EXPECT_TRUE(refused(await(this->chats().remove(this->bob, chat, this->carol)), Errc::forbidden));
  EXPECT_TRUE(
      refused(await(this->chats().set_role(this->bob, chat, this->bob, ParticipantRole::admin)),
              Errc::forbidden));
  EXPECT_TRUE(refused(await(this->chats().update(this->bob, chat, settings)), Errc::forbidden));
  EXPECT_EQ(this->chat_of(this->alice, chat).last_seq, 1);
  EXPECT_EQ(this->chat_of(this->alice, chat).name, "Climbers");
}

TYPED_TEST_P(GroupContract, EverybodyMayLeave) {
  const ChatId chat = this->group(this->alice, {this->bob});
  const auto change = await(this->chats().remove(this->bob, chat, this->bob)).value();
  this->expect_entry(change.entry, this->bob, MembershipAction::left, {this->bob});
  EXPECT_EQ(this->chat_of(this->alice, chat).participant_count, 1);
}

TYPED_TEST_P(GroupContract, WhoIsNotInTheGroupCannotBeRemovedOrPromoted) {
  const ChatId chat = this->group(this->alice, {this->bob});
  EXPECT_TRUE(
      refused(await(this->chats().remove(this->alice, chat, this->dan)), Errc::user_not_found));
  EXPECT_TRUE(
      refused(await(this->chats().set_role(this->alice, chat, this->dan, ParticipantRole::admin)),
              Errc::user_not_found));
}

TYPED_TEST_P(GroupContract, TheLongestStandingFollowsTheLastAdmin) {
  const ChatId chat = this->group(this->alice, {});
  for (const UserId user : {this->carol, this->bob, this->dan}) {
    this->engine.clock().advance(std::chrono::seconds{1});
    ASSERT_TRUE(await(this->chats().add(this->alice, chat, {user})).has_value());
  }
  ASSERT_TRUE(await(this->chats().remove(this->alice, chat, this->alice)).has_value());
  EXPECT_EQ(this->roles(this->bob, chat)[this->carol], ParticipantRole::admin);
  EXPECT_EQ(this->roles(this->bob, chat)[this->dan], ParticipantRole::member);
  this->expect_entry(this->newest_entry(this->bob, chat), this->alice, MembershipAction::role,
                     {this->carol});
  this->engine.reopen();
  EXPECT_TRUE(await(this->chats().remove(this->carol, chat, this->dan)).has_value());
}

TYPED_TEST_P(GroupContract, AGroupMayBeLeftByAll) {
  const ChatId chat = this->group(this->alice, {});
  EXPECT_TRUE(await(this->chats().remove(this->alice, chat, this->alice)).has_value());
  EXPECT_TRUE(refused(await(this->chats().get(this->alice, chat)), Errc::chat_not_found));
}

TYPED_TEST_P(GroupContract, RolesAreGivenAndTakenButTheLastAdminStays) {
  const ChatId chat = this->group(this->alice, {this->bob});
  const auto given =
      await(this->chats().set_role(this->alice, chat, this->bob, ParticipantRole::admin)).value();
  this->expect_entry(given.entry, this->alice, MembershipAction::role, {this->bob});
  EXPECT_EQ(given.entry.membership->role, ParticipantRole::admin);
  EXPECT_FALSE(
      await(this->chats().set_role(this->bob, chat, this->bob, ParticipantRole::admin))->entry.id);
  EXPECT_TRUE(await(this->chats().set_role(this->bob, chat, this->alice, ParticipantRole::member))
                  .has_value());
  EXPECT_TRUE(
      refused(await(this->chats().set_role(this->bob, chat, this->bob, ParticipantRole::member)),
              Errc::forbidden));
  EXPECT_TRUE(
      refused(await(this->chats().set_role(this->alice, chat, this->alice, ParticipantRole::admin)),
              Errc::forbidden));
}

TYPED_TEST_P(GroupContract, WhatStaysAsItWasIsLeftOutOfTheEntry) {
  const ChatId chat = this->group(this->alice, {this->bob});
  Settings settings{.name = "Climbers", .description = "d3:n5: and \xf0\x9f\x8c\x8d"};
  const auto change = await(this->chats().update(this->alice, chat, settings)).value();
  EXPECT_EQ(change.entry.kind, EntryKind::settings);
  EXPECT_FALSE(change.entry.settings->name);
  EXPECT_EQ(this->newest_entry(this->bob, chat).settings->description, settings.description);
  EXPECT_FALSE(this->newest_entry(this->bob, chat).settings->name);
  EXPECT_EQ(this->chat_of(this->bob, chat).description, *settings.description);
  EXPECT_FALSE(await(this->chats().update(this->alice, chat, settings))->entry.id);
  EXPECT_EQ(this->chat_of(this->bob, chat).last_seq, 2);
}

TYPED_TEST_P(GroupContract, WhatAMemberMayDoIsTheirsAndKept) {
  const ChatId chat = this->group(this->alice, {this->bob, this->carol});
  const auto change = await(this->chats().set_permissions(this->alice, chat, this->bob,
                                                          {.send = false, .add_members = true}))
                          .value();
  this->expect_entry(change.entry, this->alice, MembershipAction::permissions, {this->bob});
  const Permissions expected{.send = false, .add_members = true, .change_info = false};
  EXPECT_EQ(change.entry.membership->permissions, expected);
  EXPECT_EQ(change.recipients.size(), 3u);
  const Settings settings{.name = "Mine", .description = {}};
  for (int restarts = 0; restarts < 2; ++restarts, this->engine.reopen()) {
    EXPECT_EQ(this->newest_entry(this->carol, chat).membership->permissions, expected);
    EXPECT_TRUE(refused(this->try_send(this->bob, chat, "hello?"), Errc::forbidden));
    EXPECT_TRUE(refused(await(this->chats().update(this->bob, chat, settings)), Errc::forbidden));
    EXPECT_EQ(this->chat_of(this->alice, chat).last_seq, 2);
  }
  for (const Participant& one :
       await(this->chats().participants(this->carol, chat, {}, 100)).value().participants)
    EXPECT_EQ(one.permissions, one.user_id == this->bob ? expected : Permissions{});
  EXPECT_TRUE(await(this->chats().add(this->bob, chat, {this->dan})).has_value());
  EXPECT_TRUE(refused(await(this->chats().remove(this->bob, chat, this->dan)), Errc::forbidden));
  ASSERT_TRUE(await(this->chats().set_permissions(this->alice, chat, this->bob,
                                                  {.send = true, .change_info = true}))
                  .has_value());
  EXPECT_TRUE(this->try_send(this->bob, chat, "hello").has_value());
  EXPECT_TRUE(await(this->chats().update(this->bob, chat, settings)).has_value());
}

TYPED_TEST_P(GroupContract, PermissionsAreGivenByAdminsWhoHaveThemAll) {
  const ChatId chat = this->group(this->alice, {this->bob, this->carol});
  const chat::PermissionChange silence{.send = false};
  EXPECT_TRUE(refused(await(this->chats().set_permissions(this->bob, chat, this->carol, silence)),
                      Errc::forbidden));
  EXPECT_TRUE(refused(await(this->chats().set_permissions(this->dan, chat, this->carol, silence)),
                      Errc::chat_not_found));
  EXPECT_TRUE(refused(await(this->chats().set_permissions(this->alice, chat, this->dan, silence)),
                      Errc::user_not_found));
  EXPECT_TRUE(refused(await(this->chats().set_permissions(
                          this->alice, this->direct(this->alice, this->bob), this->bob, silence)),
                      Errc::forbidden));
  EXPECT_FALSE(
      await(this->chats().set_permissions(this->alice, chat, this->bob, {.send = true}))->entry.id);
  EXPECT_EQ(this->chat_of(this->alice, chat).last_seq, 1);
  ASSERT_TRUE(
      await(this->chats().set_permissions(this->alice, chat, this->alice, silence)).has_value());
  EXPECT_TRUE(this->try_send(this->alice, chat, "I may").has_value());
}

TYPED_TEST_P(GroupContract, WhoWasSilencedStaysSoWhenTheyComeBack) {
  const ChatId chat = this->group(this->alice, {this->bob});
  const Message first = this->send(this->bob, chat, "one", "c1");
  ASSERT_TRUE(await(this->chats().set_permissions(this->alice, chat, this->bob, {.send = false}))
                  .has_value());
  // What had been accepted is told again, as ever.
  EXPECT_EQ(this->try_send(this->bob, chat, "one", "c1")->message.id, first.id);
  ASSERT_TRUE(await(this->chats().remove(this->bob, chat, this->bob)).has_value());
  ASSERT_TRUE(await(this->chats().add(this->alice, chat, {this->bob})).has_value());
  EXPECT_TRUE(refused(this->try_send(this->bob, chat, "two"), Errc::forbidden));
}

REGISTER_TYPED_TEST_SUITE_P(
    GroupContract, ALogBeginsWithEveryoneInIt, WhatAMemberMayDoIsTheirsAndKept,
    PermissionsAreGivenByAdminsWhoHaveThemAll, WhoWasSilencedStaysSoWhenTheyComeBack,
    AnUnknownMemberRefusesTheGroupAndNothingIsStored, AGroupHasSoManyParticipantsAndNoMore,
    AddingPassesOverWhoIsInItAlready, WhoIsRemovedHearsOfItAndReadsNothingMore,
    WhoComesBackHasTheWatermarksTheyHad, OnlyAdminsChangeAGroup, EverybodyMayLeave,
    WhoIsNotInTheGroupCannotBeRemovedOrPromoted, TheLongestStandingFollowsTheLastAdmin,
    AGroupMayBeLeftByAll, RolesAreGivenAndTakenButTheLastAdminStays,
    WhatStaysAsItWasIsLeftOutOfTheEntry);

}  // namespace parley::storage::contract
