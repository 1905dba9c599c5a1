#include "storage/sqlite/migrate.h"

#include <gtest/gtest.h>

#include "storage/sqlite/fixture_for_test.h"

namespace parley::storage {
namespace {

class MigrateTest : public testing::Test {
 public:
  using Step = Migration;

  void migrate_to(std::initializer_list<Step> steps) {
    SqliteConnection db{file, SqliteConnection::Mode::write};
    migrate(db, std::vector<Step>(steps), backups, kTestStart);
  }
  std::string refusal(std::initializer_list<Step> steps) {
    try {
      migrate_to(steps);
    } catch (const std::runtime_error& refused) {
      return refused.what();
    }
    return "";
  }
  std::int64_t count(Sql sql, const std::filesystem::path& where) {
    SqliteConnection db{where, SqliteConnection::Mode::read};
    auto row = db.query(sql);
    row.next();
    return row.integer(0);
  }
  std::size_t snapshots() const {
    if (!std::filesystem::exists(backups)) return 0;
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(backups))
      found += entry.path().extension() == ".db" ? 1 : 0;
    return found;
  }

  static constexpr Step kFirst{1, "initial", "aaa",
                               "CREATE TABLE t (x); INSERT INTO t VALUES (1);"};
  static constexpr Step kSecond{2, "more", "bbb", "INSERT INTO t VALUES (2);"};
  static constexpr Step kBroken{2, "broken", "ccc", "INSERT INTO t VALUES (3); NONSENSE;"};

  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "parley.db";
  std::filesystem::path backups = directory.path() / "backups";
};

TEST_F(MigrateTest, AnEmptyStoreIsMadeWithoutASnapshot) {
  migrate_to({kFirst, kSecond});
  migrate_to({kFirst, kSecond});
  EXPECT_EQ(count("SELECT count(*) FROM t", file), 2);
  EXPECT_EQ(count("SELECT count(*) FROM schema_version", file), 2);
  EXPECT_EQ(snapshots(), 0u);
}

TEST_F(MigrateTest, AStoreIsCopiedBeforeItChanges) {
  migrate_to({kFirst});
  migrate_to({kFirst, kSecond});
  EXPECT_EQ(count("SELECT count(*) FROM t", file), 2);
  const auto snapshot = backups / "parley-before-2-20261121T000000Z.db";
  ASSERT_TRUE(std::filesystem::exists(snapshot));
  EXPECT_EQ(count("SELECT count(*) FROM t", snapshot), 1);
  EXPECT_EQ(snapshots(), 1u);
}

TEST_F(MigrateTest, ADatabaseNewerThanTheProgramIsRefused) {
  migrate_to({kFirst, kSecond});
  const std::string why = refusal({kFirst});
  EXPECT_NE(why.find("schema version 2"), std::string::npos) << why;
  EXPECT_NE(why.find("run a newer parley"), std::string::npos) << why;
}

TEST_F(MigrateTest, AMigrationThatWasChangedAfterwardsIsRefused) {
  migrate_to({kFirst});
  Step changed = kFirst;
  changed.checksum = "other";
  const std::string why = refusal({changed, kSecond});
  EXPECT_NE(why.find("0001_initial"), std::string::npos) << why;
  EXPECT_EQ(count("SELECT count(*) FROM t", file), 1);
  EXPECT_EQ(snapshots(), 0u);
}

TEST_F(MigrateTest, AMigrationThatFailsChangesNothing) {
  migrate_to({kFirst});
  EXPECT_NE(refusal({kFirst, kBroken}), "");
  EXPECT_EQ(count("SELECT count(*) FROM t", file), 1);
  EXPECT_EQ(count("SELECT count(*) FROM schema_version", file), 1);
  migrate_to({kFirst, kSecond});
  EXPECT_EQ(count("SELECT count(*) FROM t", file), 2);
}

TEST_F(MigrateTest, TheEmbeddedMigrationsAreNumberedFromOne) {
  int version = 0;
  for (const Migration& step : sqlite_migrations()) {
    EXPECT_EQ(step.version, ++version);
    EXPECT_EQ(step.checksum.size(), 64u);
  }
  EXPECT_GE(version, 1);
}

}  // namespace
}  // namespace parley::storage
