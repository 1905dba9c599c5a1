#pragma once

#include <algorithm>
#include <set>

#include "storage/contract/people.h"

// What every ChatStore promises about direct chats, lists and small questions, as tests. Groups
// have a suite of their own.

namespace parley::storage::contract {

template <class E>
class ChatStoreContract : public Suite<E> {
 public:
  chat::ChatPage list(UserId reader, std::optional<std::string> cursor = {},
                      std::int64_t limit = 20) {
    return await(this->engine.chats().list(reader, cursor, limit)).value();
  }
};
TYPED_TEST_SUITE_P(ChatStoreContract);

inline std::vector<ChatId> ids(const std::vector<Chat>& chats) {
  std::vector<ChatId> all;
  for (const Chat& chat : chats) all.push_back(chat.id);
  return all;
}

TYPED_TEST_P(ChatStoreContract, TwoUsersHaveOneDirectChatWhoeverAsks) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const auto first = await(this->engine.chats().open_direct(alice, bob)).value();
  EXPECT_TRUE(first.first_time);
  EXPECT_EQ(first.chat.type, ChatType::direct);
  EXPECT_EQ(first.chat.name, "");
  EXPECT_EQ(first.chat.peer->id, bob);
  EXPECT_EQ(first.chat.peer->username, "bob");
  EXPECT_EQ(first.chat.participant_count, 2);
  EXPECT_EQ(first.chat.first_seq, 1);
  EXPECT_EQ(first.chat.last_seq, 0);
  EXPECT_FALSE(first.chat.last_message);
  EXPECT_EQ(first.chat.created_at, this->engine.clock().now());
  EXPECT_EQ(first.chat.updated_at, this->engine.clock().now());

  const auto again = await(this->engine.chats().open_direct(bob, alice)).value();
  EXPECT_FALSE(again.first_time);
  EXPECT_EQ(again.chat.id, first.chat.id);
  EXPECT_EQ(again.chat.peer->id, alice);
  this->engine.reopen();
  EXPECT_EQ(this->direct(alice, bob), first.chat.id);
}

TYPED_TEST_P(ChatStoreContract, OneMayChatWithOneself) {
  const UserId alice = this->user("alice");
  const ChatId chat = this->direct(alice, alice);
  this->send(alice, chat, "a note");
  const Chat seen = this->chat_of(alice, chat);
  EXPECT_EQ(seen.participant_count, 1);
  EXPECT_EQ(seen.unread_count, 0);
  EXPECT_EQ(seen.peer->id, alice);
  EXPECT_EQ(this->direct(alice, alice), chat);
}

TYPED_TEST_P(ChatStoreContract, NobodyChatsWithWhoIsNotThere) {
  const UserId alice = this->user("alice");
  EXPECT_TRUE(
      refused(await(this->engine.chats().open_direct(alice, UserId{99})), Errc::user_not_found));
  EXPECT_TRUE(this->list(alice).chats.empty());
}

TYPED_TEST_P(ChatStoreContract, AStrangerCannotTellAChatFromNone) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), eve = this->user("eve");
  auto& chats = this->engine.chats();
  for (const ChatId chat : {this->direct(alice, bob), this->group(alice, {bob}), ChatId{77}}) {
    EXPECT_TRUE(refused(await(chats.get(eve, chat)), Errc::chat_not_found));
    EXPECT_TRUE(refused(await(chats.participants(eve, chat, {}, 10)), Errc::chat_not_found));
    EXPECT_TRUE(refused(await(chats.audience(eve, chat)), Errc::chat_not_found));
    EXPECT_TRUE(refused(await(chats.add(eve, chat, {eve})), Errc::chat_not_found));
    EXPECT_TRUE(refused(await(chats.remove(eve, chat, bob)), Errc::chat_not_found));
    EXPECT_TRUE(refused(await(chats.remove(eve, chat, eve)), Errc::chat_not_found));
    EXPECT_TRUE(refused(await(chats.set_role(eve, chat, eve, ParticipantRole::admin)),
                        Errc::chat_not_found));
    EXPECT_TRUE(refused(await(chats.update(eve, chat, {})), Errc::chat_not_found));
  }
}

TYPED_TEST_P(ChatStoreContract, ADirectChatIsNoGroup) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol");
  const ChatId chat = this->direct(alice, bob);
  auto& chats = this->engine.chats();
  EXPECT_TRUE(refused(await(chats.add(alice, chat, {carol})), Errc::forbidden));
  EXPECT_TRUE(refused(await(chats.remove(alice, chat, bob)), Errc::forbidden));
  EXPECT_TRUE(refused(await(chats.remove(alice, chat, alice)), Errc::forbidden));
  EXPECT_TRUE(
      refused(await(chats.set_role(alice, chat, bob, ParticipantRole::admin)), Errc::forbidden));
  EXPECT_TRUE(refused(await(chats.update(alice, chat, {})), Errc::forbidden));
  EXPECT_EQ(this->chat_of(alice, chat).last_seq, 0);
}

TYPED_TEST_P(ChatStoreContract, AChatShowsItsNewestMessageAndWhatIsUnread) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->group(alice, {bob});
  this->send(alice, chat, "one");
  const Message two = this->send(alice, chat, "two");
  this->engine.clock().advance(std::chrono::seconds{5});
  Settings settings;
  settings.name = "Walkers";
  ASSERT_TRUE(await(this->engine.chats().update(alice, chat, settings)).has_value());

  const Chat seen = this->chat_of(bob, chat);
  EXPECT_EQ(seen.name, "Walkers");
  EXPECT_EQ(seen.last_seq, 4);
  ASSERT_TRUE(seen.last_message);
  EXPECT_EQ(seen.last_message->id, two.id);
  EXPECT_EQ(seen.last_message->content, "two");
  EXPECT_EQ(seen.unread_count, 2);
  EXPECT_EQ(seen.updated_at, this->engine.clock().now());
  EXPECT_EQ(seen.role, ParticipantRole::member);
  this->read(bob, chat, 2);
  EXPECT_EQ(this->chat_of(bob, chat).unread_count, 1);
  this->read(bob, chat, 4);
  EXPECT_EQ(this->chat_of(bob, chat).unread_count, 0);
}

TYPED_TEST_P(ChatStoreContract, TheLowestWatermarksAreThoseOfTheOthers) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol");
  const ChatId chat = this->group(alice, {bob, carol});
  this->send(alice, chat, "hello");
  this->deliver(bob, chat, 2);
  EXPECT_EQ(this->chat_of(alice, chat).min_delivered_seq, 0);
  this->read(carol, chat, 2);
  EXPECT_EQ(this->chat_of(alice, chat).min_delivered_seq, 2);
  EXPECT_EQ(this->chat_of(alice, chat).min_read_seq, 0);
  this->engine.reopen();
  EXPECT_EQ(this->chat_of(alice, chat).min_delivered_seq, 2);
  EXPECT_EQ(this->chat_of(bob, chat).min_read_seq, 2);
}

TYPED_TEST_P(ChatStoreContract, TheListHasTheNewestActivityFirst) {
  const UserId alice = this->user("alice");
  std::vector<ChatId> chats;
  for (int i = 0; i < 5; ++i)
    chats.push_back(this->direct(alice, this->user("peer" + std::to_string(i))));
  EXPECT_EQ(ids(this->list(alice).chats),
            (std::vector{chats[4], chats[3], chats[2], chats[1], chats[0]}));
  this->send(alice, chats[1], "up");
  this->send(alice, chats[3], "further up");
  const std::vector order{chats[3], chats[1], chats[4], chats[2], chats[0]};
  EXPECT_EQ(ids(this->list(alice).chats), order);
  this->read(alice, chats[0], 0);
  this->engine.reopen();
  EXPECT_EQ(ids(this->list(alice).chats), order);
}

TYPED_TEST_P(ChatStoreContract, TheListIsReadInPages) {
  const UserId alice = this->user("alice");
  std::vector<ChatId> chats;
  for (int i = 0; i < 7; ++i)
    chats.push_back(this->direct(alice, this->user("peer" + std::to_string(i))));
  this->send(alice, chats[0], "up");
  std::ranges::reverse(chats);
  std::ranges::rotate(chats, chats.end() - 1);

  std::vector<ChatId> read;
  std::optional<std::string> cursor;
  for (int pages = 1;; ++pages) {
    const auto page = this->list(alice, cursor, 3);
    for (const ChatId chat : ids(page.chats)) read.push_back(chat);
    if (!page.next_cursor) {
      EXPECT_EQ(pages, 3);
      break;
    }
    ASSERT_EQ(page.chats.size(), 3u);
    cursor = *page.next_cursor;
  }
  EXPECT_EQ(read, chats);
}

TYPED_TEST_P(ChatStoreContract, CursorsOfOthersAreRefused) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->group(alice, {bob});
  const auto members = await(this->engine.chats().participants(alice, chat, {}, 1)).value();
  ASSERT_TRUE(members.next_cursor);
  const std::vector<std::string> foreign{
      "", "c", "cx", "c1 ", "c99999999999999999999", "' OR 1=1", *members.next_cursor};
  for (const std::string& cursor : foreign)
    EXPECT_TRUE(
        refused(await(this->engine.chats().list(alice, cursor, 3)), Errc::malformed_request))
        << cursor;
  EXPECT_TRUE(refused(await(this->engine.chats().participants(alice, chat, "c1", 3)),
                      Errc::malformed_request));
}

TYPED_TEST_P(ChatStoreContract, ParticipantsAreReadInPages) {
  const UserId alice = this->user("alice");
  std::vector<UserId> members;
  for (int i = 0; i < 6; ++i) members.push_back(this->user("member" + std::to_string(i)));
  const ChatId chat = this->group(alice, members);
  this->send(alice, chat, "hello");
  this->deliver(members[2], chat, 2);

  std::set<std::string> names;
  std::optional<std::string> cursor;
  do {
    const auto page = await(this->engine.chats().participants(members[0], chat, cursor, 3)).value();
    for (const Participant& one : page.participants) {
      EXPECT_TRUE(names.insert(one.username).second);
      EXPECT_EQ(one.display_name, "The " + one.username);
      EXPECT_EQ(one.role, one.user_id == alice ? ParticipantRole::admin : ParticipantRole::member);
      EXPECT_EQ(one.delivered_seq, one.user_id == alice || one.user_id == members[2] ? 2 : 0);
      EXPECT_EQ(one.read_seq, one.user_id == alice ? 2 : 0);
      EXPECT_EQ(one.joined_at, this->engine.clock().now());
    }
    cursor = page.next_cursor;
  } while (cursor);
  EXPECT_EQ(names.size(), 7u);
}

TYPED_TEST_P(ChatStoreContract, TheAudienceIsEveryoneInTheChat) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol");
  const ChatId chat = this->group(alice, {bob, carol});
  std::vector everyone{alice, bob, carol};
  std::ranges::sort(everyone);
  auto heard = await(this->engine.chats().audience(bob, chat)).value();
  std::ranges::sort(heard);
  EXPECT_EQ(heard, everyone);
  ASSERT_TRUE(await(this->engine.chats().remove(alice, chat, bob)).has_value());
  EXPECT_EQ(await(this->engine.chats().audience(alice, chat)).value().size(), 2u);
  EXPECT_TRUE(refused(await(this->engine.chats().audience(bob, chat)), Errc::chat_not_found));
}

TYPED_TEST_P(ChatStoreContract, UsersAreFoundByNameInOrder) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  EXPECT_EQ(await(this->engine.chats().find_users({"bob", "alice"})).value(),
            (std::vector{bob, alice}));
  const auto missing = await(this->engine.chats().find_users({"bob", "carol", "dan"}));
  EXPECT_TRUE(refused(missing, Errc::user_not_found));
  EXPECT_EQ(missing.error().detail, "carol");
}

TYPED_TEST_P(ChatStoreContract, DirectPeersComeMostRecentlyUsedFirst) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol"),
               dan = this->user("dan");
  this->direct(alice, alice);
  const ChatId with_bob = this->direct(alice, bob);
  this->direct(carol, alice);
  this->group(alice, {dan});
  this->send(bob, with_bob, "hi");
  EXPECT_EQ(await(this->engine.chats().direct_peers(alice, 10)), (std::vector{bob, carol}));
  EXPECT_EQ(await(this->engine.chats().direct_peers(alice, 1)), std::vector{bob});
  EXPECT_TRUE(await(this->engine.chats().direct_peers(dan, 10)).empty());
}

TYPED_TEST_P(ChatStoreContract, SharingAChatMeansBeingInItNow) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol"),
               dan = this->user("dan");
  this->direct(alice, bob);
  const ChatId chat = this->group(alice, {carol});
  EXPECT_TRUE(await(this->engine.chats().share_chat(bob, alice)));
  EXPECT_TRUE(await(this->engine.chats().share_chat(alice, carol)));
  EXPECT_FALSE(await(this->engine.chats().share_chat(bob, carol)));
  EXPECT_FALSE(await(this->engine.chats().share_chat(alice, dan)));
  ASSERT_TRUE(await(this->engine.chats().remove(carol, chat, carol)).has_value());
  EXPECT_FALSE(await(this->engine.chats().share_chat(alice, carol)));
}

REGISTER_TYPED_TEST_SUITE_P(ChatStoreContract, TwoUsersHaveOneDirectChatWhoeverAsks,
                            OneMayChatWithOneself, NobodyChatsWithWhoIsNotThere,
                            AStrangerCannotTellAChatFromNone, ADirectChatIsNoGroup,
                            AChatShowsItsNewestMessageAndWhatIsUnread,
                            TheLowestWatermarksAreThoseOfTheOthers,
                            TheListHasTheNewestActivityFirst, TheListIsReadInPages,
                            CursorsOfOthersAreRefused, ParticipantsAreReadInPages,
                            TheAudienceIsEveryoneInTheChat, UsersAreFoundByNameInOrder,
                            DirectPeersComeMostRecentlyUsedFirst, SharingAChatMeansBeingInItNow);

}  // namespace parley::storage::contract
