#pragma once

#include <algorithm>
#include <map>

#include <rapidcheck.h>

#include "storage/contract/people.h"

// What every MessageStore promises about coming back after an absence, as tests.

namespace parley::storage::contract {

template <class E>
class SyncContract : public Suite<E> {
 public:
  chat::SyncPage sync(UserId user, std::optional<std::string> cursor = {},
                      std::int64_t limit = 200) {
    return await(this->engine.messages().sync(user, cursor, limit)).value();
  }
};
TYPED_TEST_SUITE_P(SyncContract);

inline std::vector<ChatId> ids(const std::vector<chat::ChangedChat>& chats) {
  std::vector<ChatId> all;
  for (const chat::ChangedChat& chat : chats) all.push_back(chat.id);
  return all;
}

TYPED_TEST_P(SyncContract, WithoutACursorItTellsAllChatsOldestChangeFirst) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol");
  const ChatId one = this->direct(alice, bob), two = this->group(alice, {bob, carol});
  this->direct(bob, carol);
  this->send(bob, one, "hi");
  const auto page = this->sync(alice);
  EXPECT_EQ(ids(page.chats), (std::vector{two, one}));
  EXPECT_FALSE(page.has_more);
  EXPECT_FALSE(page.epoch.empty());
  EXPECT_EQ(page.chats[1].unread_count, 1);
  EXPECT_EQ(page.chats[1].last_message->content, "hi");
  EXPECT_FALSE(page.chats[1].limited.value_or(false));
}

TYPED_TEST_P(SyncContract, ACursorTellsOnlyWhatChangedSince) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId one = this->direct(alice, bob), two = this->group(alice, {bob});
  auto page = this->sync(alice);
  EXPECT_TRUE(this->sync(alice, page.cursor).chats.empty());

  this->send(bob, one, "entries count");
  page = this->sync(alice, page.cursor);
  EXPECT_EQ(ids(page.chats), std::vector{one});
  this->deliver(bob, two, 1);  // watermarks of others too
  page = this->sync(alice, page.cursor);
  EXPECT_EQ(ids(page.chats), std::vector{two});
  this->deliver(bob, two, 1);  // what moved nothing does not
  this->engine.reopen();
  EXPECT_TRUE(this->sync(alice, page.cursor).chats.empty());
  this->read(alice, one, 1);
  EXPECT_EQ(ids(this->sync(alice, page.cursor).chats), std::vector{one});
}

TYPED_TEST_P(SyncContract, AChatOneLeftIsToldOnceAsLeftAndShowsNothingLater) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->group(alice, {bob});
  const auto before_it = this->sync(bob);
  ASSERT_TRUE(await(this->engine.chats().remove(alice, chat, bob)).has_value());
  this->send(alice, chat, "secret");
  Settings settings;
  settings.name = "Renamed";
  ASSERT_TRUE(await(this->engine.chats().update(alice, chat, settings)).has_value());

  const auto page = this->sync(bob, before_it.cursor);
  ASSERT_EQ(ids(page.chats), std::vector{chat});
  EXPECT_EQ(page.chats[0].role, ParticipantRole::left);
  EXPECT_EQ(page.chats[0].name, "Climbers");
  EXPECT_EQ(page.chats[0].last_seq, 2);
  EXPECT_FALSE(page.chats[0].last_message);
  EXPECT_TRUE(this->sync(bob, page.cursor).chats.empty());
  this->send(alice, chat, "more");
  EXPECT_TRUE(this->sync(bob, page.cursor).chats.empty());

  ASSERT_TRUE(await(this->engine.chats().add(alice, chat, {bob})).has_value());
  const auto back = this->sync(bob, page.cursor);
  ASSERT_EQ(ids(back.chats), std::vector{chat});
  EXPECT_EQ(back.chats[0].role, ParticipantRole::member);
  EXPECT_EQ(back.chats[0].name, "Renamed");
}

TYPED_TEST_P(SyncContract, AGapOfMoreThanTwoHundredIsLimited) {
  const UserId alice = this->user("alice"), bob = this->user("bob"), carol = this->user("carol");
  const ChatId chat = this->group(alice, {bob});
  this->send(alice, chat, "before");
  const std::string cursor = this->sync(bob).cursor;
  for (int i = 0; i < 200; ++i) this->send(alice, chat, "x");
  EXPECT_FALSE(this->sync(bob, cursor).chats[0].limited.value_or(false));
  const std::string later = this->sync(bob, cursor).cursor;
  this->send(alice, chat, "the 201st");
  EXPECT_TRUE(this->sync(bob, cursor).chats[0].limited.value_or(false));
  EXPECT_FALSE(this->sync(bob, later).chats[0].limited.value_or(false));
  EXPECT_TRUE(this->sync(bob).chats[0].limited.value_or(false));
  // To whom the chat is new, all of it is.
  const std::string hers = this->sync(carol).cursor;
  ASSERT_TRUE(await(this->engine.chats().add(alice, chat, {carol})).has_value());
  EXPECT_TRUE(this->sync(carol, hers).chats[0].limited.value_or(false));
}

TYPED_TEST_P(SyncContract, ForeignCursorsAreRefusedAndThoseOfAnotherEpochStartOver) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const ChatId chat = this->direct(alice, bob);
  const auto page = this->sync(alice);
  const std::vector<std::string> foreign{"",
                                         "x",
                                         "c12",
                                         page.epoch,
                                         page.epoch + ".1",
                                         page.cursor + "0x",
                                         page.cursor + ".1",
                                         page.epoch + ".9.1",
                                         page.epoch + ".-1.-1"};
  for (const std::string& cursor : foreign)
    EXPECT_TRUE(
        refused(await(this->engine.messages().sync(alice, cursor, 10)), Errc::malformed_request))
        << cursor;

  std::string other = page.cursor;
  other[0] = other[0] == 'f' ? 'e' : 'f';
  const auto fresh = this->sync(alice, other);
  EXPECT_EQ(ids(fresh.chats), std::vector{chat});
  EXPECT_EQ(fresh.epoch, page.epoch);
}

// A client that pages through sync with any limits, while others act, ends up knowing the newest
// state of every chat: nothing that changed is ever skipped.
TYPED_TEST_P(SyncContract, PagingNeverSkipsAChange) {
  std::vector<UserId> people;
  for (int i = 0; i < 4; ++i) people.push_back(this->user("person" + std::to_string(i)));
  const UserId me = people[0];
  std::vector<ChatId> chats;
  for (int i = 1; i < 4; ++i)
    chats.push_back(this->direct(me, people[static_cast<std::size_t>(i)]));
  for (int i = 0; i < 4; ++i) chats.push_back(this->group(people[1], {me, people[2]}));

  struct Known {
    Seq last = 0, read = 0, others_read = 0;
    bool operator==(const Known&) const = default;
  };
  std::map<ChatId, Known> known;
  std::optional<std::string> cursor;
  const auto take_page = [&](std::int64_t limit) {
    const auto page = this->sync(me, cursor, limit);
    cursor = page.cursor;
    for (const auto& chat : page.chats)
      known[chat.id] = {
          .last = chat.last_seq, .read = chat.read_seq, .others_read = chat.min_read_seq};
    return page.has_more;
  };
  EXPECT_TRUE(rc::check("act and page", [&] {
    const int steps = *rc::gen::inRange(1, 30);
    for (int step = 0; step < steps; ++step) {
      const ChatId chat = chats[*rc::gen::inRange<std::size_t>(0, chats.size())];
      const auto audience = await(this->engine.chats().audience(me, chat)).value();
      const UserId actor = audience[*rc::gen::inRange<std::size_t>(0, audience.size())];
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          this->send(actor, chat, "x");
          break;
        case 1:
          this->read(actor, chat, *rc::gen::inRange<Seq>(0, 50));
          break;
        default:
          take_page(*rc::gen::inRange<std::int64_t>(1, 4));
          break;
      }
    }
    while (take_page(*rc::gen::inRange<std::int64_t>(1, 9))) {
    }
    for (const ChatId chat : chats) {
      const Chat now = this->chat_of(me, chat);
      RC_ASSERT(
          known[chat] ==
          (Known{.last = now.last_seq, .read = now.read_seq, .others_read = now.min_read_seq}));
    }
  }));
}

REGISTER_TYPED_TEST_SUITE_P(SyncContract, WithoutACursorItTellsAllChatsOldestChangeFirst,
                            ACursorTellsOnlyWhatChangedSince,
                            AChatOneLeftIsToldOnceAsLeftAndShowsNothingLater,
                            AGapOfMoreThanTwoHundredIsLimited,
                            ForeignCursorsAreRefusedAndThoseOfAnotherEpochStartOver,
                            PagingNeverSkipsAChange);

}  // namespace parley::storage::contract
