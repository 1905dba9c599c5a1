#pragma once

#include <gtest/gtest.h>

#include "storage/contract/people.h"
#include "user/phone_hash.h"

// What reads cost: as many statements for many as for one, so that a page is one round of questions
// to a server and not hundreds of them.

namespace parley::storage::contract {

template <class E>
class CostContract : public Suite<E> {
 public:
  // Somebody with so many direct chats, each with something read and something not.
  UserId with_chats(const std::string& name, int count) {
    const UserId me = this->user(name);
    for (int i = 0; i < count; ++i) {
      const UserId peer = this->user(name + std::to_string(i));
      const ChatId chat = this->direct(me, peer);
      this->read(me, chat, this->send(peer, chat, "read").seq);
      this->send(peer, chat, "unread");
    }
    return me;
  }
  template <class Act>
  std::uint64_t statements(Act act) {
    const std::uint64_t before_it = this->engine.statements_read();
    act();
    return this->engine.statements_read() - before_it;
  }
  // What changes takes. A writer that tidies up meanwhile adds a few.
  template <class Act>
  std::uint64_t written(Act act) {
    const std::uint64_t before_it = this->engine.statements_written();
    act();
    return this->engine.statements_written() - before_it;
  }
  std::vector<UserId> users(const std::string& name, int count) {
    std::vector<UserId> made;
    for (int i = 0; i < count; ++i) made.push_back(this->user(name + std::to_string(i)));
    return made;
  }
  static constexpr int kMany = 60;
  static constexpr std::uint64_t kFew = 20;
  chat::ChatPage list(UserId reader, std::int64_t limit = 100) {
    return await(this->engine.chats().list(reader, {}, limit)).value();
  }
  chat::SyncPage sync(UserId user, std::optional<std::string> cursor = {}) {
    return await(this->engine.messages().sync(user, std::move(cursor), 200)).value();
  }
};
TYPED_TEST_SUITE_P(CostContract);

TYPED_TEST_P(CostContract, AListOfAHundredChatsCostsWhatAListOfOneDoes) {
  const UserId few = this->with_chats("few", 1);
  const UserId many = this->with_chats("many", 100);
  const auto one = this->statements([&] { EXPECT_EQ(this->list(few).chats.size(), 1u); });
  EXPECT_LE(one, 6u);
  EXPECT_EQ(one, this->statements([&] { EXPECT_EQ(this->list(many).chats.size(), 100u); }));
  EXPECT_EQ(one, this->statements([&] { EXPECT_EQ(this->list(many, 20).chats.size(), 20u); }));
  for (const Chat& chat : this->list(many).chats) EXPECT_EQ(chat.unread_count, 1);
}

TYPED_TEST_P(CostContract, ASyncOfAHundredChatsCostsWhatASyncOfOneDoes) {
  const UserId few = this->with_chats("few", 1);
  const UserId many = this->with_chats("many", 100);
  const auto one = this->statements([&] { EXPECT_EQ(this->sync(few).chats.size(), 1u); });
  EXPECT_LE(one, 7u);
  EXPECT_EQ(one, this->statements([&] { EXPECT_EQ(this->sync(many).chats.size(), 100u); }));
}

TYPED_TEST_P(CostContract, GroupsInAListCostNoMoreForBeingMany) {
  const UserId me = this->user("me");
  const UserId other = this->user("other");
  const UserId third = this->user("third");
  for (int i = 0; i < 30; ++i) {
    const ChatId chat = this->group(other, {me, third});
    const Seq seq = this->send(other, chat, "hello").seq;
    this->read(i % 2 == 0 ? me : third, chat, seq);
  }
  EXPECT_LE(this->statements([&] { EXPECT_EQ(this->list(me).chats.size(), 30u); }), 6u);
}

TYPED_TEST_P(CostContract, LargeGapsAreFoundInOneStatement) {
  const UserId me = this->user("me");
  const UserId other = this->user("other");
  std::vector<ChatId> chats;
  for (int i = 0; i < 3; ++i) {
    chats.push_back(this->group(other, {me}));
    for (int message = 0; message < 201; ++message) this->send(other, chats.back(), "x");
  }
  const auto cursor = this->sync(me).cursor;
  for (int message = 0; message < 201; ++message) this->send(other, chats[0], "x");
  this->send(other, chats[1], "x");
  chat::SyncPage page;
  EXPECT_LE(this->statements([&] { page = this->sync(me, cursor); }), 9u);
  ASSERT_GE(page.chats.size(), 2u);
  for (const chat::ChangedChat& chat : page.chats)
    EXPECT_EQ(chat.limited.value_or(false), chat.id == chats[0]) << chat.id.value();
}

TYPED_TEST_P(CostContract, AListShowsEachChatAsItIsByItself) {
  const UserId me = this->user("me");
  const UserId bob = this->user("bob");
  const UserId carol = this->user("carol");
  const ChatId own = this->direct(me, me);
  const ChatId unsaid = this->direct(me, carol);
  const ChatId with_bob = this->direct(me, bob);
  const ChatId climbers = this->group(bob, {me, carol});
  const ChatId alone = this->group(me, {});
  const ChatId lost = this->group(bob, {me});
  this->send(me, own, "note");
  for (int i = 0; i < 3; ++i) this->send(bob, with_bob, "hello");
  this->read(me, with_bob, 2);
  this->send(carol, climbers, "up");
  this->deliver(bob, climbers, 2);
  await(this->engine.chats().remove(bob, lost, me)).value();

  for (const bool reopened : {false, true}) {
    if (reopened) this->engine.reopen();
    const chat::ChatPage page = this->list(me);
    std::vector<ChatId> shown;
    for (const Chat& chat : page.chats) {
      shown.push_back(chat.id);
      const Chat seen = this->chat_of(me, chat.id);
      EXPECT_EQ(chat.participant_count, seen.participant_count);
      EXPECT_EQ(chat.unread_count, seen.unread_count);
      EXPECT_EQ(chat.min_read_seq, seen.min_read_seq);
      EXPECT_EQ(chat.min_delivered_seq, seen.min_delivered_seq);
      EXPECT_EQ(chat.last_message.has_value(), seen.last_message.has_value());
    }
    EXPECT_EQ(shown, (std::vector{climbers, with_bob, own, alone, unsaid}));
    EXPECT_EQ(page.chats[0].participant_count, 3);
    EXPECT_EQ(page.chats[0].unread_count, 1);
    EXPECT_EQ(page.chats[0].min_delivered_seq, 2);
    EXPECT_EQ(page.chats[0].min_read_seq, 1);
    EXPECT_EQ(page.chats[1].participant_count, 2);
    EXPECT_EQ(page.chats[1].unread_count, 1);
    EXPECT_EQ(page.chats[1].peer->id, bob);
    EXPECT_EQ(page.chats[1].last_message->seq, 3);
    EXPECT_EQ(page.chats[2].participant_count, 1);
    EXPECT_EQ(page.chats[2].min_read_seq, 1) << "nobody is behind";
    EXPECT_EQ(page.chats[2].peer->id, me);
    EXPECT_EQ(page.chats[3].participant_count, 1);
    EXPECT_EQ(page.chats[4].unread_count, 0);
    EXPECT_FALSE(page.chats[4].last_message);
  }
}

TYPED_TEST_P(CostContract, SightsAreFoundInOneStatementAndInTheirOrder) {
  const UserId me = this->user("me");
  const UserId bob = this->user("bob");
  const UserId carol = this->user("carol");
  await(this->engine.contacts().block(carol, me)).value();
  std::vector<Sight> sights;
  const UserId nobody{7};
  EXPECT_EQ(this->statements([&] {
    sights = await(this->engine.chats().sights({{.viewer = me, .owner = carol},
                                                {.viewer = me, .owner = bob},
                                                {.viewer = me, .owner = nobody},
                                                {.viewer = bob, .owner = carol},
                                                {.viewer = me, .owner = bob}}));
  }),
            1u);
  ASSERT_EQ(sights.size(), 5u);
  EXPECT_TRUE(sights[0].blocked);
  EXPECT_TRUE(sights[1].exists && !sights[1].blocked);
  EXPECT_FALSE(sights[2].exists);
  EXPECT_TRUE(sights[3].exists && !sights[3].blocked);
  EXPECT_TRUE(sights[4].exists && !sights[4].blocked);
  EXPECT_EQ(this->statements([&] { await(this->engine.chats().sights({})); }), 0u);
}

TYPED_TEST_P(CostContract, SuggestionsPassOverWhoIsHiddenInFewStatements) {
  const UserId me = this->user("me");
  std::vector<UserId> members;
  for (int i = 0; i < 60; ++i) members.push_back(this->user("member" + std::to_string(i)));
  this->group(me, members);
  // So many that one look is not enough.
  for (int i = 0; i < 50; ++i)
    await(this->engine.contacts().block(members[static_cast<std::size_t>(i)], me)).value();
  std::vector<user::Suggestion> found;
  EXPECT_LE(
      this->statements([&] { found = await(this->engine.contacts().suggestions(me, 5)).value(); }),
      6u);
  ASSERT_EQ(found.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(found[i].user.id, members[50 + i]);
}

TYPED_TEST_P(CostContract, UsersAreFoundByNameInOneStatementAndInTheirOrder) {
  const auto made = this->users("user", 30);
  std::vector<std::string> names;
  for (int i = 29; i >= 0; --i) names.push_back("user" + std::to_string(i));
  names.push_back("user3");
  Result<std::vector<UserId>> found;
  EXPECT_EQ(this->statements([&] { found = await(this->engine.chats().find_users(names)); }), 1u);
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 31u);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_EQ(found->at(i), made[29 - i]);
  EXPECT_EQ(found->at(30), made[3]);
  for (const std::string odd : {"", "\"", "\\", "a\nb", "\x1f", "[]", "caf\u00e9", "'"}) {
    const auto missing = await(this->engine.chats().find_users({"user1", odd}));
    ASSERT_TRUE(refused(missing, Errc::user_not_found));
    EXPECT_EQ(missing.error().detail, odd);
  }
  EXPECT_TRUE(await(this->engine.chats().find_users({})).value().empty());
}

TYPED_TEST_P(CostContract, ExceptionsAreReplacedInAsManyStatementsAsOne) {
  const UserId me = this->user("me");
  auto others = this->users("other", this->kMany);
  others.push_back(others.front());
  user::PrivacyChange change;
  change.except_user_ids = others;
  EXPECT_LE(this->written([&] { await(this->engine.contacts().set_privacy(me, change)).value(); }),
            this->kFew);
  EXPECT_EQ(await(this->engine.contacts().privacy(me)).except_user_ids.size(),
            static_cast<std::size_t>(this->kMany));
  change.except_user_ids->push_back(UserId{7});
  EXPECT_TRUE(
      refused(await(this->engine.contacts().set_privacy(me, change)), Errc::user_not_found));
  change.except_user_ids = {others[1]};
  EXPECT_EQ(await(this->engine.contacts().set_privacy(me, change))->except_user_ids,
            std::vector{others[1]});
  change.except_user_ids = std::vector<UserId>{};
  EXPECT_TRUE(await(this->engine.contacts().set_privacy(me, change))->except_user_ids.empty());
}

TYPED_TEST_P(CostContract, AGroupOfManyIsMadeAndJoinedInAsManyStatementsAsOneOfFew) {
  const UserId me = this->user("me");
  const auto others = this->users("other", this->kMany);
  ChatId chat;
  EXPECT_LE(this->written([&] { chat = this->group(me, others); }), this->kFew);
  EXPECT_EQ(this->chat_of(others[5], chat).participant_count, this->kMany + 1);
  const ChatId small = this->group(me, {others[0], others[1], others[2]});
  await(this->engine.chats().remove(me, small, others[1])).value();
  EXPECT_LE(this->written([&] { await(this->engine.chats().add(me, small, others)).value(); }),
            this->kFew);
  EXPECT_EQ(this->chat_of(others[1], small).participant_count, this->kMany + 1);
  EXPECT_EQ(this->chat_of(others[9], small).participant_count, this->kMany + 1);
}

TYPED_TEST_P(CostContract, AnAddressBookIsLookedUpInAsManyStatementsAsANumber) {
  const UserId me = this->user("me");
  const auto salt = await(this->engine.contacts().phone_salt());
  std::vector<std::string> hashes, prefixes;
  for (int i = 0; i < this->kMany; ++i) {
    const std::string number = "+4930" + std::to_string(1000 + i);
    hashes.push_back(user::phone_hash(salt.salt, number));
    prefixes.push_back(hashes.back().substr(0, 4));
    if (i % 2 == 0)
      await(this->engine.users().create({.username = "n" + std::to_string(i),
                                         .display_name = "n",
                                         .phone_number = number,
                                         .phone_verified = true,
                                         .password_hash = "-"}))
          .value();
  }
  auto& contacts = this->engine.contacts();
  EXPECT_LE(this->statements([&] {
    EXPECT_EQ(await(contacts.registered(me, salt.id, prefixes))->size(), this->kMany / 2u);
  }),
            4u);
  EXPECT_LE(this->written([&] {
    EXPECT_LE(this->statements([&] {
      EXPECT_EQ(await(contacts.add_hashed(me, salt.id, hashes))->size(), this->kMany / 2u);
    }),
              4u);
  }),
            this->kFew);
  EXPECT_LE(this->written([&] {
    EXPECT_EQ(await(contacts.remove_hashed(me, salt.id, hashes)).value(), this->kMany / 2);
  }),
            this->kFew);
  EXPECT_TRUE(await(contacts.list(me, {}, 100))->contacts.empty());
}

REGISTER_TYPED_TEST_SUITE_P(CostContract, UsersAreFoundByNameInOneStatementAndInTheirOrder,
                            ExceptionsAreReplacedInAsManyStatementsAsOne,
                            AGroupOfManyIsMadeAndJoinedInAsManyStatementsAsOneOfFew,
                            AnAddressBookIsLookedUpInAsManyStatementsAsANumber,
                            AListOfAHundredChatsCostsWhatAListOfOneDoes,
                            ASyncOfAHundredChatsCostsWhatASyncOfOneDoes,
                            GroupsInAListCostNoMoreForBeingMany, LargeGapsAreFoundInOneStatement,
                            AListShowsEachChatAsItIsByItself,
                            SightsAreFoundInOneStatementAndInTheirOrder,
                            SuggestionsPassOverWhoIsHiddenInFewStatements);

}  // namespace parley::storage::contract
