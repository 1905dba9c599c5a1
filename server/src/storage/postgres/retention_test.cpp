#include <thread>

#include <gtest/gtest.h>

#include "base/id_source.h"
#include "storage/contract/people.h"
#include "storage/postgres/check.h"
#include "storage/postgres/fixture_for_test.h"

// Retention where whole partitions are past it. What it promises on every engine is in
// contract/housekeeping_suite.h.

namespace parley::storage::contract {
namespace {

using namespace std::chrono_literals;

// The partitions are of November, December and January, and it is 2026-11-21.
class RetentionTest : public Suite<PostgresFixture> {
 public:
  static void SetUpTestSuite() {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
  }
  void SetUp() override {
    anna = user("anna");
    bob = user("bob");
    chat = direct(anna, bob);
  }
  // Whatever was dropped or moved, nothing that people see is missing.
  void TearDown() override {
    if (!IsSkipped()) EXPECT_NO_THROW(check_postgres(engine.where.url()));
  }

  void say(int messages) {
    for (int i = 0; i < messages; ++i) send(anna, chat, "text");
  }
  void go_to(std::chrono::year_month_day day) {
    const Timestamp then{std::chrono::sys_days{day}};
    engine.clock().advance(then - engine.clock().now());
  }
  // Everything from before, but what somebody has not got for so long.
  std::int64_t cut(std::chrono::hours before = 24h, std::chrono::hours undelivered = 24h * 365) {
    const Timestamp now = engine.clock().now();
    std::int64_t entries = 0;
    std::uint64_t from = 0;
    do {
      const auto done =
          await(engine.housekeeping().cut_logs(now - before, now - undelivered, from));
      entries += done.entries;
      from = done.next;
    } while (from != 0);
    return entries;
  }
  // Whether the partition that begins on that day is there. Others are made as time goes on.
  bool there(const std::string& day) {
    return engine.where.ask("SELECT to_regclass('messages_" + day + "') IS NOT NULL") == "t";
  }
  std::string rows() { return engine.where.ask("SELECT count(*) FROM messages"); }
  std::string rows_elsewhere() { return engine.where.ask("SELECT count(*) FROM messages_other"); }
  Seq first_seq() { return chat_of(bob, chat).first_seq; }
  PartitionBounds november() {
    PostgresConnection db{{.url = engine.where.url()}};
    return partitions_before(db, IdSource::first_at(std::chrono::sys_days{2026y / 12 / 1})).at(0);
  }

  UserId anna, bob;
  ChatId chat;
};

TEST_F(RetentionTest, AMonthThatIsPastItGoesAsAWhole) {
  say(5);
  read(bob, chat, 5);
  go_to(2026y / 12 / 10);
  say(3);
  EXPECT_EQ(cut(), 5);
  EXPECT_FALSE(there("20261101"));
  EXPECT_TRUE(there("20261201"));
  EXPECT_EQ(rows(), "3");
  EXPECT_EQ(first_seq(), 6);
  EXPECT_EQ(chat_of(bob, chat).unread_count, 3);
  EXPECT_EQ(seqs(log(bob, chat)), (std::vector<Seq>{6, 7, 8}));
  EXPECT_EQ(cut(), 0);
  engine.reopen();
  say(1);
  EXPECT_EQ(seqs(log(bob, chat)), (std::vector<Seq>{6, 7, 8, 9}));
}

TEST_F(RetentionTest, AMonthOfWhichADayIsNotPastItStays) {
  say(5);
  read(bob, chat, 5);
  go_to(2026y / 11 / 30);
  say(1);
  go_to(2026y / 12 / 1);
  EXPECT_EQ(cut(24h * 3), 5) << "entries go by themselves";
  EXPECT_TRUE(there("20261101"));
  EXPECT_EQ(rows(), "1");
}

TEST_F(RetentionTest, WhatSomebodyHasNotGotOutlivesItsMonth) {
  say(5);
  deliver(bob, chat, 2);
  go_to(2026y / 12 / 10);
  say(1);
  EXPECT_EQ(cut(), 2);
  EXPECT_FALSE(there("20261101"));
  EXPECT_TRUE(there("20261201"));
  EXPECT_EQ(rows_elsewhere(), "3");
  EXPECT_EQ(first_seq(), 3);
  EXPECT_EQ(chat_of(bob, chat).unread_count, 4);
  EXPECT_EQ(seqs(log(bob, chat)), (std::vector<Seq>{3, 4, 5, 6}));
  EXPECT_EQ(history(bob, before(chat, 5)).messages.size(), 2u);
  EXPECT_EQ(cut(24h, 24h * 15), 3) << "and not for ever";
  EXPECT_EQ(rows_elsewhere(), "0");
  EXPECT_EQ(first_seq(), 6);
}

TEST_F(RetentionTest, TheNewestOfAChatOutlivesItsMonth) {
  say(4);
  read(bob, chat, 4);
  const ChatId empty = direct(anna, user("carol"));
  go_to(2027y / 1 / 10);
  EXPECT_EQ(cut(), 3);
  EXPECT_FALSE(there("20261101"));
  EXPECT_FALSE(there("20261201"));
  EXPECT_TRUE(there("20270101"));
  const Chat seen = chat_of(bob, chat);
  EXPECT_EQ(seen.first_seq, 4);
  ASSERT_TRUE(seen.last_message);
  EXPECT_EQ(seen.last_message->seq, 4);
  EXPECT_EQ(seen.unread_count, 0);
  EXPECT_EQ(chat_of(anna, empty).first_seq, 1);
  say(1);
  EXPECT_EQ(seqs(log(bob, chat)), (std::vector<Seq>{4, 5}));
}

TEST_F(RetentionTest, WhoIsInterruptedAfterTheBeginningsWereMovedShowsTheSame) {
  say(5);
  deliver(bob, chat, 3);
  const Message gone = log(bob, chat).front();
  go_to(2026y / 12 / 10);
  say(2);
  PostgresHousekeeping first{*engine.database};
  const auto moved = await(first.move_beginnings(november(), engine.clock().now() - 24h * 365));
  EXPECT_EQ(moved.entries, 3);
  EXPECT_EQ(moved.kept, 2u);
  engine.reopen();

  for (const bool done : {false, true}) {
    if (done) EXPECT_EQ(cut(), 0) << "nothing is counted twice";
    EXPECT_EQ(rows(), done ? "4" : "7");
    EXPECT_EQ(first_seq(), 4);
    EXPECT_EQ(chat_of(bob, chat).unread_count, 4);
    EXPECT_EQ(seqs(log(bob, chat)), (std::vector<Seq>{4, 5, 6, 7}));
    const auto page = history(bob, newest(chat));
    EXPECT_EQ(page.messages.size(), 4u);
    EXPECT_EQ(page.from_seq, 4);
    EXPECT_FALSE(page.has_more);
    EXPECT_EQ(history(bob, around(chat, 1)).messages.size(), 4u);
    EXPECT_TRUE(history(bob, before(chat, 4)).messages.empty());
    EXPECT_TRUE(
        refused(await(engine.messages().info(anna, chat, gone.id)), Errc::message_not_found));
  }
  EXPECT_FALSE(there("20261101"));
  EXPECT_TRUE(there("20261201"));
}

TEST_F(RetentionTest, WhoReadsFromAMonthReadsOnAndItGoesLater) {
  say(5);
  read(bob, chat, 5);
  go_to(2026y / 12 / 10);
  say(1);
  PostgresConnection reader{{.url = engine.where.url()}};
  const auto count = [&] {
    auto row = reader.query("SELECT count(*) FROM messages WHERE chat_id = ?1", chat);
    row.next();
    return row.integer(0);
  };
  reader.begin();
  EXPECT_EQ(count(), 6);
  EXPECT_EQ(cut(), 5) << "others see no more of them";
  EXPECT_TRUE(there("20261101"));
  EXPECT_EQ(count(), 6);
  EXPECT_EQ(seqs(log(bob, chat)), (std::vector<Seq>{6}));
  reader.rollback();
  EXPECT_EQ(cut(), 0);
  EXPECT_FALSE(there("20261101"));
  EXPECT_TRUE(there("20261201"));
  EXPECT_EQ(rows(), "1");
}

TEST_F(RetentionTest, WritersGoOnWhileAMonthCannotGo) {
  say(5);
  read(bob, chat, 5);
  go_to(2026y / 12 / 10);
  PostgresConnection reader{{.url = engine.where.url()}};
  reader.execute("BEGIN; SELECT count(*) FROM messages");
  std::jthread keeper([&] { EXPECT_GE(cut(), 4); });  // the fifth when there is a sixth
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    say(1);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 15s);
  }
  keeper.join();
  EXPECT_EQ(chat_of(anna, chat).last_seq, 25);
  EXPECT_TRUE(there("20261101"));
}

TEST_F(RetentionTest, OfAMonthWithMuchLeftTheRestIsDeleted) {
  say(5);
  deliver(bob, chat, 2);
  go_to(2026y / 12 / 10);
  say(1);
  const Timestamp now = engine.clock().now();
  PostgresHousekeeping cautious{*engine.database, 2};
  EXPECT_EQ(await(cautious.cut_logs(now - 24h, now - 24h * 365, 0)).entries, 2);
  EXPECT_TRUE(there("20261101"));
  EXPECT_EQ(rows(), "4");
  EXPECT_EQ(seqs(log(bob, chat)), (std::vector<Seq>{3, 4, 5, 6}));
  deliver(bob, chat, 6);
  EXPECT_EQ(await(cautious.cut_logs(now - 24h, now - 24h * 365, 0)).entries, 3);
  EXPECT_FALSE(there("20261101"));
  EXPECT_EQ(rows(), "1");
}

TEST_F(RetentionTest, SeveralMonthsGoInOneRunAndManyChatsInSeveralSteps) {
  // More than are looked at at once, each with three old entries of which one stays.
  engine.where.ask(
      "INSERT INTO chats SELECT 1000 + i, 1, '', '', 0, 1, 3, 3, 3, 3, 0, 1"
      " FROM generate_series(1, 1200) i");
  const std::string first =
      std::to_string(IdSource::first_at(std::chrono::sys_days{2026y / 11 / 2}));
  engine.where.ask(
      "INSERT INTO messages (chat_id, seq, id, kind, sender_id, created_at, message_count)"
      " SELECT 1000 + i, s, " +
      first +
      " + i * 3 + s, 0, 1, 0, s"
      " FROM generate_series(1, 1200) i, generate_series(1, 3) s");
  go_to(2027y / 1 / 10);
  EXPECT_EQ(cut(), 2400);
  EXPECT_FALSE(there("20261101"));
  EXPECT_FALSE(there("20261201"));
  EXPECT_TRUE(there("20270101"));
  EXPECT_EQ(rows_elsewhere(), "1200");
  EXPECT_EQ(engine.where.ask("SELECT count(*) FROM chats WHERE first_seq = 3"), "1200");
}

TEST_F(RetentionTest, NodesThatDropAMonthAtOnceDropItOnce) {
  say(5);
  deliver(bob, chat, 4);
  go_to(2026y / 12 / 10);
  const PartitionBounds partition = november();
  PostgresHousekeeping keeper{*engine.database};
  const auto moved = await(keeper.move_beginnings(partition, engine.clock().now() - 24h * 365));
  EXPECT_EQ(moved.kept, 1u);
  {
    std::vector<std::jthread> nodes;
    for (int i = 0; i < 3; ++i)
      nodes.emplace_back([&] {
        PostgresConnection db{{.url = engine.where.url()}};
        drop_partition(db, partition, moved.left);
      });
  }
  EXPECT_EQ(rows(), "1") << "what is kept is kept once";
  EXPECT_FALSE(there("20261101"));
}

}  // namespace
}  // namespace parley::storage::contract
