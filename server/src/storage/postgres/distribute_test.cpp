#include "storage/postgres/distribute.h"

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/postgres/fixture_for_test.h"

namespace parley::storage {
namespace {

using testing::HasSubstr;
using Where = Placement::Where;

// Stands for the extension, which cannot be had here: functions with its names that write down what
// they were asked for, and refuse what Citus refuses of such tables (docs.citusdata.com, "Creating
// and Modifying Distributed Objects"). It spreads nothing over anything.
constexpr std::string_view kDouble = R"sql(
CREATE TABLE pg_dist_partition (logicalrelid regclass PRIMARY KEY, partkey text, colocated text);

CREATE FUNCTION refuse_what_citus_refuses(placed regclass, distribution_column text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE wrong text;
BEGIN
  IF EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = placed) THEN
    RAISE EXCEPTION 'table % is already distributed', placed;
  END IF;
  SELECT tgname INTO wrong FROM pg_trigger WHERE tgrelid = placed AND NOT tgisinternal;
  IF FOUND THEN
    RAISE EXCEPTION 'cannot distribute relation % because it has triggers', placed;
  END IF;
  SELECT conname INTO wrong FROM pg_constraint c WHERE contype = 'f' AND conrelid = placed
    AND NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = c.confrelid);
  IF FOUND THEN
    RAISE EXCEPTION 'cannot create foreign key constraint %: relations are not colocated', wrong;
  END IF;
  IF distribution_column IS NULL THEN RETURN; END IF;
  IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = placed AND attnum > 0
                 AND attname = distribution_column) THEN
    RAISE EXCEPTION 'column % of relation % does not exist', distribution_column, placed;
  END IF;
  SELECT CAST(CAST(indexrelid AS regclass) AS text) INTO wrong FROM pg_index i
    WHERE indrelid = placed AND (indisunique OR indisexclusion) AND NOT EXISTS
      (SELECT FROM pg_attribute a WHERE a.attrelid = placed AND a.attname = distribution_column
       AND a.attnum = ANY (i.indkey));
  IF FOUND THEN
    RAISE EXCEPTION 'cannot create constraint on %: % is unique without the distribution column',
      placed, wrong;
  END IF;
END $$;

CREATE FUNCTION create_distributed_table(table_name regclass, distribution_column text,
                                         colocate_with text DEFAULT 'default')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refuse_what_citus_refuses(table_name, distribution_column);
  IF colocate_with NOT IN ('default', 'none') AND NOT EXISTS
      (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass(colocate_with)) THEN
    RAISE EXCEPTION 'relation % is not distributed', colocate_with;
  END IF;
  INSERT INTO pg_dist_partition VALUES (table_name, distribution_column, colocate_with);
END $$;

CREATE FUNCTION create_reference_table(table_name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refuse_what_citus_refuses(table_name, NULL);
  INSERT INTO pg_dist_partition VALUES (table_name, NULL, NULL);
END $$;

INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
SELECT 999999, 'citus', r.oid, n.oid, false, 'a double' FROM pg_roles r, pg_namespace n
WHERE r.rolname = current_user AND n.nspname = 'public';
)sql";

class DistributeTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    where.emplace();
    db.emplace(PostgresConnection::Options{.url = where->url()});
  }

  std::string refusal() {
    try {
      distribute(*db, Timestamp{});
    } catch (const std::runtime_error& refused) {
      return refused.what();
    }
    return "";
  }
  void pretend() { db->execute(std::string{kDouble}); }
  std::string tables() const {
    return where->ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
  }

  std::optional<TestDatabase> where;
  std::optional<PostgresConnection> db;
};

TEST_F(DistributeTest, WithoutTheExtensionNothingIsChanged) {
  EXPECT_THAT(refusal(), HasSubstr("'citus' is not in this database, and nothing was changed"));
  EXPECT_EQ(tables(), "0");
}

TEST_F(DistributeTest, TablesArePlacedBesideTheirChats) {
  pretend();
  EXPECT_EQ(distribute(*db, Timestamp{}), 6);
  EXPECT_EQ(where->ask("SELECT string_agg(concat_ws(' ', logicalrelid, partkey, colocated), ', '"
                       " ORDER BY CAST(logicalrelid AS text)) FROM pg_dist_partition"),
            "blocks, chats id none, contacts, messages chat_id chats, participants chat_id chats,"
            " privacy_exceptions");
}

TEST_F(DistributeTest, ASecondTimePlacesWhatIsNew) {
  pretend();
  distribute(*db, Timestamp{});
  EXPECT_EQ(distribute(*db, Timestamp{}), 0);
  where->ask("DELETE FROM pg_dist_partition WHERE logicalrelid = CAST('messages' AS regclass)");
  EXPECT_EQ(distribute(*db, Timestamp{}), 1);
}

TEST_F(DistributeTest, WhatCitusRefusesLeavesAllAsItWas) {
  pretend();
  migrate(*db, postgres_migrations(), Timestamp{});
  db->execute("CREATE UNIQUE INDEX one_of_each ON participants (user_id)");
  EXPECT_THAT(refusal(), HasSubstr("one_of_each is unique without the distribution column"));
  EXPECT_EQ(where->ask("SELECT count(*) FROM pg_dist_partition"), "0");
  db->execute("DROP INDEX one_of_each");

  db->execute(
      "ALTER TABLE messages ADD CONSTRAINT of_users FOREIGN KEY (sender_id) REFERENCES users");
  EXPECT_THAT(refusal(), HasSubstr("of_users: relations are not colocated"));
  EXPECT_EQ(where->ask("SELECT count(*) FROM pg_dist_partition"), "0");
  db->execute("ALTER TABLE messages DROP CONSTRAINT of_users");

  EXPECT_EQ(distribute(*db, Timestamp{}), 6);
}

TEST_F(DistributeTest, TheStatementsForTheOperatorDoTheSame) {
  pretend();
  migrate(*db, postgres_migrations(), Timestamp{});
  db->execute(distribution_sql());
  EXPECT_EQ(where->ask("SELECT count(*) FROM pg_dist_partition"), "6");
  EXPECT_EQ(distribute(*db, Timestamp{}), 0);
}

// The rest is about the schema itself, by its catalog.
class PlacementTest : public DistributeTest {
 public:
  void SetUp() override {
    DistributeTest::SetUp();
    if (db) migrate(*db, postgres_migrations(), Timestamp{});
  }
};

TEST_F(PlacementTest, EveryTableHasAPlace) {
  std::set<std::string> there, placed;
  auto row = db->query(
      "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind IN ('r', 'p')"
      " AND NOT relispartition AND relnamespace = CAST('public' AS regnamespace)");
  while (row.next()) there.insert(row.string(0));
  for (const Placement& placement : placements()) placed.emplace(placement.table);
  EXPECT_EQ(placed, there);
  EXPECT_EQ(placed.size(), placements().size());
}

TEST_F(PlacementTest, EveryUniqueKeyOfWhatStandsByItsChatNamesTheChat) {
  int keys = 0;
  for (const Placement& placement : placements()) {
    if (placement.where != Where::by_chat) continue;
    auto row = db->query(
        "SELECT CAST(CAST(indexrelid AS regclass) AS TEXT), EXISTS"
        " (SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attname = ?2"
        "  AND a.attnum = ANY (i.indkey)) FROM pg_index i"
        " WHERE indrelid = to_regclass(?1) AND (indisunique OR indisexclusion)",
        placement.table, placement.chat);
    while (row.next()) {
      ++keys;
      EXPECT_NE(row.integer(1), 0) << row.text(0) << " of " << placement.table;
    }
  }
  EXPECT_GE(keys, 3);
}

TEST_F(PlacementTest, NothingThatIsPlacedHasTriggersOrForeignKeys) {
  for (const Placement& placement : placements()) {
    if (placement.where == Where::coordinator) continue;
    auto row = db->query(
        "SELECT (SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass(?1)"
        "  AND NOT tgisinternal)"
        " + (SELECT count(*) FROM pg_constraint WHERE contype = 'f'"
        "  AND to_regclass(?1) IN (conrelid, confrelid))",
        placement.table);
    ASSERT_TRUE(row.next());
    EXPECT_EQ(row.integer(0), 0) << placement.table;
  }
}

}  // namespace
}  // namespace parley::storage
