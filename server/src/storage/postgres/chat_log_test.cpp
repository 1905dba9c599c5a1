#include <algorithm>
#include <latch>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "storage/contract/people.h"
#include "storage/postgres/fixture_for_test.h"

// Changes of chats that come from several nodes at once.

namespace parley::storage::contract {
namespace {

class PostgresChatTest : public Suite<PostgresFixture> {
 public:
  static void SetUpTestSuite() {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
  }

  template <class... Acts>
  static void at_once(Acts... acts) {
    std::latch start{sizeof...(acts)};
    std::vector<std::jthread> threads;
    (threads.emplace_back([&start, act = std::move(acts)] {
      start.arrive_and_wait();
      act();
    }),
     ...);
  }

  static Message say(ChatLog& log, ChatId chat, UserId sender) {
    const Placed placed = log.append(*log.find(chat), {.kind = EntryKind::message,
                                                       .sender = sender,
                                                       .type = MessageType::text,
                                                       .content = "x",
                                                       .client_id = {}});
    Message message;
    message.seq = placed.seq;
    return message;
  }
};

TEST_F(PostgresChatTest, WhoWaitsForAChatSeesWhatTheOtherDid) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = group(alice, {bob});
  std::latch held{1};
  at_once(
      [&] {
        await(engine.database->change([&](ChatLog& log) {
          log.find(chat);
          if (!held.try_wait()) held.count_down();
          std::this_thread::sleep_for(std::chrono::milliseconds{50});
          return say(log, chat, alice);
        }));
      },
      [&] {
        held.wait();
        EXPECT_TRUE(await(engine.chats().remove(bob, chat, bob)).has_value());
      },
      [&] {
        held.wait();
        await(engine.database->change([&](ChatLog& log) { return say(log, chat, alice); }));
      });
  EXPECT_EQ(seqs(log(alice, chat)), (std::vector<Seq>{1, 2, 3, 4}));
  EXPECT_EQ(await(engine.chats().audience(alice, chat)).value(), std::vector{alice});
}

TEST_F(PostgresChatTest, TwoWhoWaitForEachOtherBothGetThere) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId one = group(alice, {bob}), two = group(alice, {bob});
  std::atomic<int> calls = 0;
  std::latch each_holds_one{2};
  const auto both = [&](ChatId first, ChatId second) {
    await(engine.database->change([&](ChatLog& log) {
      say(log, first, alice);
      if (++calls <= 2) each_holds_one.arrive_and_wait();
      return say(log, second, alice);
    }));
  };
  at_once([&] { both(one, two); }, [&] { both(two, one); });
  EXPECT_GT(calls, 2) << "one of them had to start over";
  EXPECT_EQ(seqs(log(alice, one)), (std::vector<Seq>{1, 2, 3}));
  EXPECT_EQ(seqs(log(alice, two)), (std::vector<Seq>{1, 2, 3}));
}

TEST_F(PostgresChatTest, WhatFailsLeavesNothing) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = group(alice, {bob});
  EXPECT_THROW(await(engine.database->change([&](ChatLog& log) -> int {
                 say(log, chat, alice);
                 throw std::runtime_error("no");
               })),
               std::runtime_error);
  send(bob, chat, "next");
  EXPECT_EQ(seqs(log(alice, chat)), (std::vector<Seq>{1, 2}));
}

TEST_F(PostgresChatTest, NobodyIsAddedWhoGoesAtTheSameTime) {
  const UserId alice = user("alice");
  for (int i = 0; i < 24; ++i) {
    const UserId goer = user("goer" + std::to_string(i));
    const ChatId chat = group(alice, {});
    std::atomic<bool> added = false;
    at_once([&] { EXPECT_TRUE(await(engine.users().remove(goer)).has_value()); },
            [&] {
              // At different moments of the removal, which takes some milliseconds.
              std::this_thread::sleep_for(std::chrono::microseconds{400 * i});
              const auto answer = await(engine.chats().add(alice, chat, {goer}));
              added = answer.has_value();
              if (!added) EXPECT_TRUE(refused(answer, Errc::user_not_found));
            });
    EXPECT_EQ(await(engine.chats().audience(alice, chat)).value(), std::vector{alice})
        << (added ? "added and left behind" : "");
  }
}

TEST_F(PostgresChatTest, GroupsDoNotGrowBeyondTheMost) {
  SqlChatStore small{*engine.database, 5};
  const UserId alice = user("alice");
  const ChatId chat = group(alice, {});
  std::vector<UserId> others;
  for (int i = 0; i < 8; ++i) others.push_back(user("other" + std::to_string(i)));
  std::atomic<int> added = 0;
  {
    std::vector<std::jthread> threads;
    for (const UserId other : others)
      threads.emplace_back([&, other] {
        if (await(small.add(alice, chat, {other}))) ++added;
      });
  }
  EXPECT_EQ(added, 4);
  EXPECT_EQ(await(engine.chats().audience(alice, chat)).value().size(), 5u);
}

// The clocks of two nodes differ: a chat does not go back in time.
TEST_F(PostgresChatTest, ANodeWhoseClockIsBehindMakesNoChatOlder) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  engine.clock().advance(std::chrono::hours{1});
  send(alice, chat, "from the node ahead");
  const Timestamp newest_time = chat_of(alice, chat).updated_at;

  ManualClock behind{newest_time - std::chrono::minutes{5}};
  IdSource ids{behind, 2};
  PostgresDatabase other{{.url = engine.where.url(), .node = 2}, ids, behind};
  await(other.change([&](ChatLog& log) { return say(log, chat, bob); }));
  EXPECT_EQ(chat_of(alice, chat).updated_at, newest_time);
  PostgresMessageStore messages{other};
  EXPECT_TRUE(await(messages.append({.chat_id = chat,
                                     .sender_id = bob,
                                     .type = MessageType::text,
                                     .content = "x",
                                     .client_message_id = "c"}))
                  .has_value());
  EXPECT_EQ(chat_of(alice, chat).updated_at, newest_time);
  const auto entries = log(alice, chat);
  ASSERT_EQ(seqs(entries), (std::vector<Seq>{1, 2, 3}));
  EXPECT_TRUE(std::ranges::is_sorted(entries, {}, &Message::id));
}

}  // namespace
}  // namespace parley::storage::contract
