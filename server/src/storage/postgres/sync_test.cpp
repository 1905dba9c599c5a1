#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "storage/contract/people.h"
#include "storage/postgres/chat_log.h"
#include "storage/postgres/epoch.h"
#include "storage/postgres/fixture_for_test.h"
#include "storage/postgres/xid.h"

// What is PostgreSQL's own about sync: transactions that end in another order than they began, and
// stores that are no longer where they were.

namespace parley::storage::contract {
namespace {

using namespace std::chrono_literals;

TEST(XidTest, IsTheLastOneWithItsHalf) {
  constexpr std::uint64_t kHalves = std::uint64_t{1} << 32;
  EXPECT_EQ(whole_xid(750, 751), 750u);
  EXPECT_EQ(whole_xid(750, 3 * kHalves + 751), 3 * kHalves + 750);
  EXPECT_EQ(whole_xid(750, 3 * kHalves + 750), 2 * kHalves + 750);
  EXPECT_EQ(whole_xid(0xFFFF'FFFF, 3 * kHalves), 3 * kHalves - 1);
}

class PostgresSyncTest : public Suite<PostgresFixture> {
 public:
  static void SetUpTestSuite() {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
  }

  // A transaction of another node, kept open as long as one likes.
  struct Open {
    explicit Open(PostgresSyncTest& test)
        : db({.url = test.engine.where.url()}),
          log(db, *test.engine.ids, test.engine.database->clock(), publishes) {
      db.begin_locking();
    }
    void say(ChatId chat, UserId sender) {
      log.append(*log.find(chat), {.kind = EntryKind::message,
                                   .sender = sender,
                                   .type = MessageType::text,
                                   .content = "x",
                                   .client_id = {}});
    }
    void read(ChatId chat, UserId user) {
      HeldChat& held = *log.find(chat);
      log.move(held, *held.find(user),
               {.delivered = held.head.last_seq, .read = held.head.last_seq});
    }
    const delivery::PublishedKinds publishes{};
    PostgresConnection db;
    PostgresChatLog log;
  };

  chat::SyncPage sync(UserId user, std::optional<std::string> cursor, std::int64_t limit = 200) {
    return await(engine.messages().sync(user, std::move(cursor), limit)).value();
  }

  // One who pages through sync and remembers what it was told.
  struct Follower {
    struct Known {
      Seq last = 0, read_by_others = 0;
      bool operator==(const Known&) const = default;
    };
    bool take_page(PostgresSyncTest& test, UserId me, std::int64_t limit) {
      const auto page = test.sync(me, cursor, limit);
      cursor = page.cursor;
      told += static_cast<int>(page.chats.size());
      for (const auto& chat : page.chats) known[chat.id] = {chat.last_seq, chat.min_read_seq};
      return page.has_more;
    }
    std::optional<std::string> cursor;
    std::map<ChatId, Known> known;
    int told = 0;
  };
};

TEST_F(PostgresSyncTest, WhatEndsLateIsToldLate) {
  const UserId alice = user("alice"), bob = user("bob"), carol = user("carol");
  const ChatId early = direct(alice, bob), late = direct(alice, carol);
  const std::string start = sync(alice, {}).cursor;

  Open slow{*this};
  slow.say(late, carol);  // has its number, and is not committed
  send(bob, early, "overtakes");
  const auto page = sync(alice, start);
  ASSERT_EQ(page.chats.size(), 1u);
  EXPECT_EQ(page.chats[0].id, early);

  slow.db.commit();
  const auto next = sync(alice, page.cursor);
  EXPECT_EQ(std::ranges::count(next.chats, late, &chat::ChangedChat::id), 1);
  EXPECT_TRUE(sync(alice, next.cursor).chats.empty());
}

TEST_F(PostgresSyncTest, WhoLeavesLateIsToldSo) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = group(alice, {bob}), other = direct(alice, bob);
  const std::string start = sync(bob, {}).cursor;
  Open slow{*this};
  slow.log.take_out_of_group(chat, alice, bob);
  send(alice, other, "overtakes");
  const auto page = sync(bob, start);
  ASSERT_EQ(page.chats.size(), 1u);
  slow.db.commit();
  const auto next = sync(bob, page.cursor);
  const auto left = std::ranges::find(next.chats, chat, &chat::ChangedChat::id);
  ASSERT_NE(left, next.chats.end());
  EXPECT_EQ(left->role, ParticipantRole::left);
}

TEST_F(PostgresSyncTest, ARunEndsHoweverLongATransactionStaysOpen) {
  const UserId alice = user("alice"), bob = user("bob");
  std::vector<ChatId> chats;
  for (int i = 0; i < 6; ++i) chats.push_back(group(bob, {alice}));
  Follower follower;
  while (follower.take_page(*this, alice, 200)) {
  }
  Open slow{*this};
  slow.say(chats[0], bob);
  for (std::size_t i = 1; i < chats.size(); ++i) send(bob, chats[i], "x");
  for (int run = 0; run < 3; ++run) {
    follower.told = 0;
    int pages = 1;
    while (follower.take_page(*this, alice, 2)) ++pages;
    EXPECT_EQ(pages, 6);
    EXPECT_EQ(follower.told, 10) << "in a run each is told twice at most";
  }
  slow.db.commit();
  follower.told = 0;
  while (follower.take_page(*this, alice, 2)) {
  }
  EXPECT_EQ(follower.told, 6);
  EXPECT_EQ(follower.known[chats[0]].last, 2);
}

TEST_F(PostgresSyncTest, WhatEndsDuringARunIsToldBeforeItsEnd) {
  const UserId alice = user("alice"), bob = user("bob");
  std::vector<ChatId> chats;
  for (int i = 0; i < 6; ++i) chats.push_back(group(bob, {alice}));
  const std::string start = sync(alice, {}).cursor;
  for (const std::int64_t limit : {2, 3, 5}) {
    Follower follower;
    follower.cursor = start;
    Open slow{*this};
    slow.say(chats[0], bob);
    const Seq last = slow.log.find(chats[0])->head.last_seq;
    for (std::size_t i = 1; i < chats.size(); ++i) send(bob, chats[i], "x");
    if (limit < 5) EXPECT_TRUE(follower.take_page(*this, alice, limit));
    slow.db.commit();  // older than what was told
    while (follower.take_page(*this, alice, limit)) {
    }
    EXPECT_EQ(follower.known[chats[0]].last, last);
    follower.told = 0;
    while (follower.take_page(*this, alice, limit)) {
    }
    EXPECT_EQ(follower.told, 0) << "and then everything was told";
  }
}

// Eight nodes change chats in transactions that stay open for a while, and some of them fail; the
// follower pages on meanwhile. Afterwards it knows every chat as it is.
TEST_F(PostgresSyncTest, NothingIsSkippedWhileTransactionsOverlap) {
  constexpr int kWriters = 8, kRounds = 12, kEach = 6;
  constexpr std::size_t kChats = 48;
  const UserId me = user("me"), bob = user("bob");
  std::vector<ChatId> chats;
  for (std::size_t i = 0; i < kChats; ++i) chats.push_back(group(bob, {me}));

  const auto write = [&](unsigned seed, std::atomic<int>& running) {
    std::mt19937 random{seed};
    const auto below = [&](std::size_t end) {
      return std::uniform_int_distribution<std::size_t>{0, end - 1}(random);
    };
    for (int i = 0; i < kEach; ++i) {
      Open open{*this};
      std::vector<ChatId> some{chats[below(kChats)], chats[below(kChats)]};
      std::ranges::sort(some);
      for (const ChatId chat : some) {
        if (below(2)) {
          open.say(chat, bob);
        } else {
          open.read(chat, bob);
        }
        std::this_thread::sleep_for(std::chrono::microseconds{below(8000)});
      }
      if (below(6) == 0) {
        open.db.rollback();
      } else {
        open.db.commit();
      }
    }
    --running;
  };

  Follower follower;
  std::mt19937 random{1};
  for (unsigned round = 0; round < kRounds; ++round) {
    std::atomic<int> running = kWriters;
    {
      std::vector<std::jthread> writers;
      for (unsigned i = 0; i < kWriters; ++i)
        writers.emplace_back([&, seed = round * kWriters + i] { write(seed, running); });
      while (running > 0)
        follower.take_page(*this, me, std::uniform_int_distribution<std::int64_t>{1, 9}(random));
    }
    // What was changed beside the run that is under way is told in the next one.
    for (int runs = 0; runs < 2; ++runs) {
      while (follower.take_page(*this, me, 7)) {
      }
    }
    while (follower.take_page(*this, me, 200)) {
    }
    for (const ChatId chat : chats) {
      const Chat now = chat_of(me, chat);
      ASSERT_EQ(follower.known[chat],
                (Follower::Known{.last = now.last_seq, .read_by_others = now.min_read_seq}))
          << "in round " << round;
    }
  }
}

TEST_F(PostgresSyncTest, ACopyOfTheStoreHasAnotherEpoch) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  const auto page = sync(alice, {});
  engine.reopen();
  EXPECT_EQ(sync(alice, page.cursor).epoch, page.epoch);
  EXPECT_TRUE(sync(alice, page.cursor).chats.empty());

  engine.close();
  const TestDatabase copy{engine.where.name()};
  ManualClock clock{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  IdSource ids{clock, 2};
  PostgresDatabase database{{.url = copy.url(), .node = 2}, ids, clock};
  const auto fresh = await(sync_chats(database, alice, page.cursor, 10)).value();
  EXPECT_NE(fresh.epoch, page.epoch);
  ASSERT_EQ(fresh.chats.size(), 1u);
  EXPECT_EQ(fresh.chats[0].id, chat);
  EXPECT_TRUE(await(sync_chats(database, alice, fresh.cursor, 10)).value().chats.empty());
}

TEST_F(PostgresSyncTest, OneOfManyGivesTheNewEpoch) {
  engine.where.ask("UPDATE store_meta SET value = 'elsewhere' WHERE name = 'origin'");
  const std::string before = engine.where.ask("SELECT value FROM store_meta WHERE name = 'epoch'");
  std::vector<std::string> seen(6);
  {
    std::vector<std::jthread> nodes;
    for (std::string& epoch : seen)
      nodes.emplace_back([&] {
        PostgresConnection db{{.url = engine.where.url()}};
        keep_epoch(db);
        epoch = read_epoch(db);
      });
  }
  for (const std::string& epoch : seen) EXPECT_EQ(epoch, seen[0]);
  EXPECT_NE(seen[0], before);
}

// A server that takes over writes another timeline: it may not have what the other one committed
// last.
TEST(PostgresPromotionTest, WhoTakesOverGivesAnotherEpoch) {
  if (!postgres_installed()) GTEST_SKIP() << "PostgreSQL is not installed";
  PrivatePostgres server;
  const TestDatabase where{server.url(), "template1"};
  ManualClock clock{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  IdSource ids{clock, 1};
  const auto epoch_of = [&] {
    PostgresDatabase database{{.url = where.url(), .node = 1}, ids, clock};
    return await(sync_chats(database, UserId{1}, {}, 10)).value().epoch;
  };
  const std::string before = epoch_of();
  server.restart();
  EXPECT_EQ(epoch_of(), before);

  server.stop();
  std::ofstream{server.data_directory() / "standby.signal"};
  server.start();
  ask_postgres(server.url(), "SELECT pg_promote()");
  EXPECT_NE(epoch_of(), before);
}

}  // namespace
}  // namespace parley::storage::contract
