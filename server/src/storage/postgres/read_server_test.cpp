#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "storage/postgres/fixture_for_test.h"

// Reads that go to another server, and to the primary when that one cannot do them. What only a
// replica does is tried with real ones in tests/cluster.

namespace parley::storage {
namespace {

using namespace std::chrono_literals;

class ReadServerTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    where.emplace(migrated_database());
    where->ask("CREATE TABLE answers (text TEXT)");
    where->ask("INSERT INTO answers VALUES ('here')");
  }

  // With a setting, by which a statement knows through whom it is asked.
  static std::string marked(const std::string& url) {
    return url + (url.contains('?') ? "&" : "?") + "options=-c%20parley.reads%3Dyes";
  }
  // Patiently: it is not to be passed over because the machine had no time for it.
  void open(std::string reads_url) {
    database.emplace(PostgresOptions{.url = where->url(),
                                     .reads_url = std::move(reads_url),
                                     .readers = 1,
                                     .node = 1,
                                     .reads_connect_within = 30s,
                                     .reads_look_within = 30s},
                     ids, clock);
  }
  void open_and_wait(std::string reads_url) {
    open(std::move(reads_url));
    ASSERT_TRUE(comes_to([](const ReadServerState& state) { return !state.trouble; }))
        << database->read_server()->trouble.value_or("");
  }

  // Waits until it is so.
  template <class Condition>
  bool comes_to(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!condition(*database->read_server())) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(10ms);
    }
    return true;
  }
  bool comes_to_trouble(const std::string& why) {
    return comes_to(
        [&](const ReadServerState& state) { return state.trouble.value_or("").contains(why); });
  }

  // What a read yields, and how often it was begun.
  std::pair<std::string, int> read(Sql sql) {
    int times = 0;
    std::string answer = await(database->read_or_throw([&](Connection& db) {
      ++times;
      auto row = db.query(sql);
      row.next();
      return row.string(0);
    }));
    return {answer, times};
  }

  // A function that fails like a statement of a replica that is in the way of what it replays.
  void make_conflict(const std::string& when) {
    where->ask(
        "CREATE FUNCTION answer() RETURNS TEXT LANGUAGE plpgsql AS $$ BEGIN"
        " IF " +
        when +
        " THEN RAISE 'canceling statement due to conflict with recovery'"
        " USING ERRCODE = '40001'; END IF; RETURN (SELECT text FROM answers); END $$");
  }

  ManualClock clock{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  IdSource ids{clock, 1};
  std::optional<TestDatabase> where;
  std::optional<PostgresDatabase> database;
};

TEST_F(ReadServerTest, ReadsGoThereOnceItIsKnownToBeOfThisStore) {
  open_and_wait(marked(where->url()));
  EXPECT_EQ(read("SELECT current_setting('parley.reads')").first, "yes");
  const auto state = *database->read_server();
  EXPECT_EQ(state.served, 1u);
  EXPECT_EQ(state.passed_on, 0u);
  EXPECT_EQ(state.lag, 0ms);
}

TEST_F(ReadServerTest, ThereIsNoneUnlessItIsAskedFor) {
  open("");
  EXPECT_FALSE(database->read_server());
  EXPECT_EQ(read("SELECT text FROM answers").first, "here");
}

TEST_F(ReadServerTest, AReadThatAReplicaCancelsIsDoneByThePrimary) {
  make_conflict("current_setting('parley.reads', true) = 'yes'");
  open_and_wait(marked(where->url()));
  EXPECT_EQ(read("SELECT answer()"), (std::pair{std::string{"here"}, 2}));
  EXPECT_FALSE(database->read_server()->trouble) << "it is well all the same";
  EXPECT_EQ(database->read_server()->passed_on, 1u);
  EXPECT_EQ(read("SELECT current_setting('parley.reads')"), (std::pair{std::string{"yes"}, 1}));
}

TEST_F(ReadServerTest, AReadThatIsCancelledEverywhereSaysThatTheStoreIsAway) {
  make_conflict("TRUE");
  open("");
  EXPECT_THROW(read("SELECT answer()"), StorageUnavailable);
  EXPECT_EQ(read("SELECT text FROM answers").first, "here") << "and the connection is fit for more";
}

TEST_F(ReadServerTest, WhatItRefusesThePrimaryDecides) {
  open_and_wait(marked(where->url()));
  where->ask(
      "CREATE FUNCTION answer() RETURNS TEXT LANGUAGE plpgsql AS $$ BEGIN"
      " IF current_setting('parley.reads', true) = 'yes' THEN"
      " RAISE 'permission denied' USING ERRCODE = '42501'; END IF;"
      " RETURN (SELECT text FROM answers); END $$");
  EXPECT_EQ(read("SELECT answer()").first, "here");
  EXPECT_THROW(read("SELECT nonsense"), std::runtime_error);
  EXPECT_FALSE(database->read_server()->trouble);
}

TEST_F(ReadServerTest, OneThatIsNotThereIsNotWaitedForAndFoundLater) {
  PrivatePostgres pooled;  // whose port is free while it is stopped
  const std::string url = pooled.url();
  pooled.stop();
  open(url);
  EXPECT_TRUE(comes_to_trouble("refused"));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(read("SELECT text FROM answers").first, "here");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 15s);
  EXPECT_EQ(database->read_server()->passed_on, 1u);
  EXPECT_FALSE(database->trouble()) << "everything can be stored";
  pooled.start();
  EXPECT_TRUE(comes_to_trouble("does not exist")) << "a server without our tables";
}

TEST_F(ReadServerTest, AConnectionThatWasEndedIsNoFailure) {
  open_and_wait(marked(where->url()));
  EXPECT_EQ(read("SELECT current_setting('parley.reads')").first, "yes");
  where->ask(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
      " WHERE application_name = 'parley' AND datname = current_database()"
      " AND query LIKE '%parley.reads%'");
  EXPECT_EQ(read("SELECT current_setting('parley.reads')").first, "yes");
  EXPECT_FALSE(database->read_server()->trouble);
}

TEST_F(ReadServerTest, AnotherStoreIsNeverRead) {
  const TestDatabase copy{where->name()};
  copy.ask("UPDATE answers SET text = 'there'");
  open(marked(copy.url()));
  EXPECT_TRUE(comes_to_trouble("not of this store"));
  EXPECT_EQ(read("SELECT text FROM answers").first, "here");
}

TEST_F(ReadServerTest, AStoreThatIsMovedUnderItIsNoticedByTheNextLook) {
  open_and_wait(marked(where->url()));
  where->ask("UPDATE store_meta SET value = 'elsewhere' WHERE name = 'origin'");
  // Those who keep the epoch put it right within a second, and then it is fit again.
  EXPECT_TRUE(comes_to([&](const ReadServerState&) {
    return where->ask("SELECT value FROM store_meta WHERE name = 'origin'") != "elsewhere";
  }));
  EXPECT_TRUE(comes_to([](const ReadServerState& state) { return !state.trouble; }));
  EXPECT_EQ(read("SELECT text FROM answers").first, "here");
}

}  // namespace
}  // namespace parley::storage
