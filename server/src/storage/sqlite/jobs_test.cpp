#include "storage/sql/jobs.h"

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "storage/sqlite/fixture_for_test.h"

namespace parley::storage {
namespace {

std::int64_t count(SqliteConnection& db, Sql sql) {
  auto row = db.query(sql);
  row.next();
  return row.integer(0);
}

class SqliteJobsTest : public testing::Test {
 protected:
  void leave(const std::string& payload) {
    await(engine.jobs().add({.kind = "mail", .payload = payload}));
  }
  delivery::JobId take() {
    return await(engine.jobs().take({"mail"}, 1, std::chrono::seconds{60})).at(0).id;
  }

  SqliteFixture engine;
};

TEST_F(SqliteJobsTest, ADeadJobKeepsItsReasonAndNoSecret) {
  leave("the code is 123456");
  await(engine.jobs().failed(take(), std::nullopt, "no such mailbox"));
  SqliteConnection db{engine.options.directory / "parley.db", SqliteConnection::Mode::read};
  auto row = db.query("SELECT payload, why FROM jobs");
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.text(0), "");
  EXPECT_EQ(row.text(1), "no such mailbox");
}

TEST_F(SqliteJobsTest, OfTheDeadOnlyTheLatestAreRemembered) {
  for (std::int64_t i = 0; i < SqlJobs::kDeadKept + 3; ++i) {
    leave("x");
    await(engine.jobs().failed(take(), std::nullopt, i < 3 ? "early" : "late"));
  }
  SqliteConnection db{engine.options.directory / "parley.db", SqliteConnection::Mode::read};
  EXPECT_EQ(count(db, "SELECT count(*) FROM jobs"), SqlJobs::kDeadKept);
  EXPECT_EQ(count(db, "SELECT count(*) FROM jobs WHERE why = 'early'"), 0);
}

TEST_F(SqliteJobsTest, AJobStandsOrFallsWithTheChangeThatLeavesIt) {
  const auto change = [&](bool fails) {
    return engine.database->writer().run([fails](SqliteChatLog& log) {
      add_job(log, {.kind = "mail", .payload = "{}"});
      if (fails) throw StorageUnavailable{"the disk is full"};
      return true;
    });
  };
  EXPECT_THROW(await(change(true)), StorageUnavailable);
  EXPECT_EQ(await(engine.jobs().counts()).waiting, 0);
  await(change(false));
  EXPECT_EQ(await(engine.jobs().counts()).waiting, 1);
}

}  // namespace
}  // namespace parley::storage
