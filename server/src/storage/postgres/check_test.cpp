#include "storage/postgres/check.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "storage/contract/people.h"
#include "storage/postgres/fixture_for_test.h"
#include "storage/postgres/maintenance.h"

namespace parley::storage::contract {
namespace {

class PostgresCheckTest : public Suite<PostgresFixture> {
 public:
  static void SetUpTestSuite() {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
  }
  void SetUp() override {
    const UserId anna = user("anna"), bob = user("bob");
    const ChatId chat = direct(anna, bob);
    for (int i = 0; i < 10; ++i) read(bob, chat, send(anna, chat, "text").seq);
  }
  std::string refusal() {
    try {
      check_postgres(engine.where.url());
    } catch (const DamagedStore& damage) {
      return damage.what();
    }
    return "";
  }
};

TEST_F(PostgresCheckTest, CountsWhatIsThereWhileItIsUsed) {
  const StoreReport report = check_postgres(engine.where.url());
  EXPECT_EQ(report.version, report.newest);
  EXPECT_EQ(report.rows("users"), 2);
  EXPECT_EQ(report.rows("messages"), 10);
  EXPECT_EQ(report.until, engine.clock().now());
}

TEST_F(PostgresCheckTest, WhatIsMissingIsFound) {
  engine.where.ask("DELETE FROM messages WHERE seq = 4");
  EXPECT_NE(refusal().find("9 entries from 1 to 10"), std::string::npos) << refusal();
  engine.where.ask("DELETE FROM messages WHERE seq < 4");
  EXPECT_NE(refusal().find("begins at seq 1"), std::string::npos) << refusal();
  engine.where.ask("DELETE FROM messages");
  EXPECT_NE(refusal().find("has come to 10"), std::string::npos) << refusal();
  engine.where.ask("UPDATE chats SET last_seq = 0");
  EXPECT_EQ(refusal(), "");
  engine.where.ask("DELETE FROM users WHERE username = 'bob'");
  EXPECT_NE(refusal().find("a user that is not there"), std::string::npos) << refusal();
}

TEST_F(PostgresCheckTest, ASeqThatStandsTwiceIsFound) {
  engine.where.ask("UPDATE messages SET seq = 5 WHERE seq = 6");
  EXPECT_NE(refusal().find("9 entries from 1 to 10"), std::string::npos) << refusal();
}

TEST_F(PostgresCheckTest, ADatabaseOfAnotherProgramIsRefused) {
  engine.close();
  engine.where.ask("DROP TABLE schema_version");
  EXPECT_THROW(check_postgres(engine.where.url()), std::runtime_error);
  EXPECT_THROW(check_postgres("postgres://nobody@127.0.0.1:1/nothing"), StorageUnavailable);
}

TEST_F(PostgresCheckTest, TablesAreToldWithWhatTheyTake) {
  engine.where.ask("ANALYZE");
  const auto tables = table_states(engine.where.url());
  const auto messages = std::ranges::find(tables, "messages_20261101", &TableState::name);
  ASSERT_NE(messages, tables.end());
  EXPECT_GT(messages->bytes, 0);
  EXPECT_NE(messages->analyzed, "-");
  EXPECT_TRUE(std::ranges::is_sorted(tables, std::greater{}, &TableState::bytes));
}

}  // namespace
}  // namespace parley::storage::contract
