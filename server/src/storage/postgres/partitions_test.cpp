#include "storage/postgres/partitions.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/id_source.h"
#include "chat/chat_store.h"
#include "chat/message_store.h"
#include "storage/postgres/fixture_for_test.h"

namespace parley::storage {
namespace {

using namespace std::chrono_literals;

class PartitionsTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    where.emplace(migrated_database());
    db = std::make_unique<PostgresConnection>(PostgresConnection::Options{.url = where->url()});
  }

  static Timestamp at(std::chrono::year_month_day day) { return std::chrono::sys_days{day}; }

  // The partition an entry of that time is kept in.
  std::string home_of(Timestamp time) {
    const std::string id = std::to_string(IdSource::first_at(time) + 1);
    return where->ask(
        "INSERT INTO messages (chat_id, seq, id, kind, sender_id, created_at,"
        " message_count) VALUES (1, 1, " +
        id + ", 0, 1, 0, 1) RETURNING CAST(CAST(tableoid AS regclass) AS TEXT)");
  }
  std::string partitions() {
    return where->ask(
        "SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY inhrelid::regclass::text)"
        " FROM pg_inherits WHERE inhparent = 'messages'::regclass");
  }

  std::optional<TestDatabase> where;
  std::unique_ptr<PostgresConnection> db;
};

TEST_F(PartitionsTest, ThisMonthAndTheNextTwoAreThereOnce) {
  const Timestamp now = at(2026y / 11 / 21) + 13h;
  EXPECT_EQ(make_partitions(*db, now), 3);
  EXPECT_EQ(make_partitions(*db, now), 0);
  EXPECT_EQ(partitions(), "messages_20261101 messages_20261201 messages_20270101 messages_other");
  EXPECT_EQ(home_of(at(2026y / 11 / 1)), "messages_20261101");
  EXPECT_EQ(home_of(at(2026y / 12 / 1) - 1ms), "messages_20261101");
  EXPECT_EQ(home_of(at(2026y / 12 / 1)), "messages_20261201");
  EXPECT_EQ(home_of(at(2027y / 1 / 31)), "messages_20270101");
  EXPECT_EQ(home_of(at(2027y / 2 / 1)), "messages_other");
  EXPECT_EQ(home_of(at(2026y / 10 / 31)), "messages_other");

  EXPECT_EQ(make_partitions(*db, at(2026y / 12 / 1)), 0) << "February has an entry elsewhere";
  EXPECT_EQ(make_partitions(*db, at(2027y / 1 / 1)), 1) << "but March has none";
}

TEST_F(PartitionsTest, AMonthThatHasEntriesElsewhereStaysThere) {
  const Timestamp now = at(2026y / 11 / 21);
  EXPECT_EQ(home_of(now), "messages_other");
  EXPECT_EQ(make_partitions(*db, now), 2);
  EXPECT_EQ(partitions(), "messages_20261201 messages_20270101 messages_other");
  EXPECT_EQ(where->ask("SELECT count(*) FROM messages"), "1");
}

TEST_F(PartitionsTest, WeeksBeginOnMondayAndFillWhatMonthsLeft) {
  EXPECT_EQ(make_partitions(*db, at(2026y / 9 / 30)), 3);  // up to November
  EXPECT_EQ(make_partitions(*db, at(2026y / 11 / 25), PartitionSpan::week), 2);
  EXPECT_EQ(partitions(),
            "messages_20260901 messages_20261001 messages_20261101 messages_20261201"
            " messages_20261207 messages_other");
  EXPECT_EQ(home_of(at(2026y / 12 / 6)), "messages_20261201");
  EXPECT_EQ(home_of(at(2026y / 12 / 7)), "messages_20261207");
  EXPECT_EQ(home_of(at(2026y / 12 / 14)), "messages_other");
}

TEST_F(PartitionsTest, AMonthAfterWeeksIsWhatTheyLeftOfIt) {
  EXPECT_EQ(make_partitions(*db, at(2026y / 11 / 17), PartitionSpan::week), 3);  // 16th to 6th
  make_partitions(*db, at(2026y / 12 / 10));
  EXPECT_EQ(home_of(at(2026y / 12 / 6)), "messages_20261130");
  EXPECT_EQ(home_of(at(2026y / 12 / 7)), "messages_20261207");
  EXPECT_EQ(home_of(at(2026y / 12 / 31)), "messages_20261207");
}

TEST_F(PartitionsTest, NodesThatDoItAtOnceMakeThemOnce) {
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> nodes;
    for (int i = 0; i < 4; ++i)
      nodes.emplace_back([&] {
        PostgresConnection own{{.url = where->url()}};
        made += make_partitions(own, at(2026y / 11 / 21));
      });
  }
  EXPECT_EQ(made, 3);
}

TEST_F(PartitionsTest, PartitionsHaveTheIndexesOfTheLog) {
  make_partitions(*db, at(2026y / 11 / 21));
  EXPECT_EQ(where->ask("SELECT count(*) FROM pg_indexes WHERE tablename = 'messages_20261101'"),
            where->ask("SELECT count(*) FROM pg_indexes WHERE tablename = 'messages'"));
}

TEST_F(PartitionsTest, WhoeverHoldsTheLogIsNotWaitedForLong) {
  PostgresConnection holder{{.url = where->url()}};
  holder.execute("BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
  EXPECT_THROW(make_partitions(*db, at(2026y / 11 / 21)), StorageUnavailable);
  holder.execute("ROLLBACK");
  EXPECT_EQ(make_partitions(*db, at(2026y / 11 / 21)), 3);
}

}  // namespace
}  // namespace parley::storage
