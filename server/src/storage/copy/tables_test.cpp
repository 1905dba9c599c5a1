#include "storage/copy/tables.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "storage/postgres/fixture_for_test.h"
#include "storage/sqlite/fixture_for_test.h"
#include "storage/sqlite/migrate.h"

namespace parley::storage {
namespace {

using Catalog = std::map<std::string, std::set<std::string>>;  // the columns of each table

// What the list says an engine has: its tables, but for those it has for itself.
Catalog listed(bool with_those_of_postgres) {
  Catalog catalog;
  for (const CopiedTable& table : copied_tables())
    for (const CopiedColumn& column : table.columns)
      if (with_those_of_postgres || column.owner != CopiedColumn::Owner::postgres)
        catalog[std::string{table.name}].emplace(column.name);
  return catalog;
}

void leave_out(Catalog& catalog, std::span<const std::string_view> own) {
  for (const std::string_view name : own)
    EXPECT_EQ(catalog.erase(std::string{name}), 1u) << name << " is not there any more";
}

class CopiedTablesTest : public testing::Test {
 public:
  CopiedTablesTest() {
    migrate(sqlite, sqlite_migrations(), directory.path() / "backups", kTestStart);
  }

  Catalog of_sqlite() {
    Catalog catalog;
    auto row = sqlite.query(
        "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c"
        " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'");
    while (row.next()) catalog[row.string(0)].insert(row.string(1));
    return catalog;
  }

  TemporaryDirectory directory;
  SqliteConnection sqlite{directory.path() / "parley.db", SqliteConnection::Mode::write};
};

// The key of each table, its columns in their order.
using Keys = std::map<std::string, std::vector<std::string>>;

TEST_F(CopiedTablesTest, EveryTableAndColumnOfSqliteIsListed) {
  Catalog catalog = of_sqlite();
  leave_out(catalog, own_tables_of_sqlite());
  EXPECT_EQ(catalog, listed(false));
}

TEST_F(CopiedTablesTest, ATableOrAColumnThatAMigrationAddsIsMissed) {
  sqlite.execute("CREATE TABLE news (id INTEGER PRIMARY KEY)");
  sqlite.execute("ALTER TABLE users ADD COLUMN shoe_size INTEGER");
  Catalog catalog = of_sqlite();
  leave_out(catalog, own_tables_of_sqlite());
  Catalog expected = listed(false);
  EXPECT_NE(catalog, expected);
  expected["news"].insert("id");
  EXPECT_NE(catalog, expected);
  expected["users"].insert("shoe_size");
  EXPECT_EQ(catalog, expected);
}

TEST_F(CopiedTablesTest, TheKeysAreThoseOfSqlite) {
  Keys there, ours;
  auto row = sqlite.query(
      "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c"
      " WHERE t.type = 'table' AND c.pk > 0 ORDER BY t.name, c.pk");
  while (row.next()) there[row.string(0)].push_back(row.string(1));
  for (const CopiedTable& table : copied_tables()) {
    for (const CopiedColumn& column : table.key())
      ours[std::string{table.name}].emplace_back(column.name);
    EXPECT_EQ(there[std::string{table.name}], ours[std::string{table.name}]) << table.name;
  }
}

class CopiedPostgresTablesTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    where.emplace(migrated_database());
    db.emplace(PostgresConnection::Options{.url = where->url()});
  }

  std::optional<TestDatabase> where;
  std::optional<PostgresConnection> db;
};

TEST_F(CopiedPostgresTablesTest, EveryTableAndColumnOfPostgresIsListed) {
  Catalog catalog;
  auto row = db->query(
      "SELECT CAST(t.table_name AS TEXT), CAST(c.column_name AS TEXT)"
      " FROM information_schema.tables t"
      " JOIN information_schema.columns c USING (table_schema, table_name)"
      " WHERE t.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND NOT EXISTS"
      "  (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(CAST(t.table_name AS TEXT)))");
  while (row.next()) catalog[row.string(0)].insert(row.string(1));
  leave_out(catalog, own_tables_of_postgres());
  EXPECT_EQ(catalog, listed(true));
}

TEST_F(CopiedPostgresTablesTest, TheKindsAreThoseOfPostgres) {
  using Kind = CopiedColumn::Kind;
  std::map<std::pair<std::string, std::string>, std::string> types;
  auto row = db->query(
      "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT)"
      " FROM information_schema.columns WHERE table_schema = current_schema()");
  while (row.next()) types[{row.string(0), row.string(1)}] = row.string(2);
  for (const CopiedTable& table : copied_tables()) {
    for (const CopiedColumn& column : table.columns) {
      const std::string expected = column.kind == Kind::integer ? "bigint"
                                   : column.kind == Kind::text  ? "text"
                                                                : "bytea";
      const auto type = types[{std::string{table.name}, std::string{column.name}}];
      EXPECT_EQ(type, expected) << table.name << '.' << column.name;
    }
  }
}

// Whatever a new store writes down about itself must not be copied over the other's.
TEST_F(CopiedPostgresTablesTest, NewStoresHoldNothingToCopy) {
  SqliteFixture sqlite;
  sqlite.close();
  SqliteConnection file{sqlite.options.directory / "parley.db", SqliteConnection::Mode::read};
  PostgresFixture postgres;
  for (const CopiedTable& table : copied_tables()) {
    const std::string count = "SELECT count(*) FROM " + std::string{table.name} +
                              (table.rows.empty() ? "" : " WHERE " + std::string{table.rows});
    EXPECT_EQ(postgres.where.ask(count), "0") << table.name;
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(file.handle(), count.c_str(), -1, &statement, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    EXPECT_EQ(sqlite3_column_int64(statement, 0), 0) << table.name;
    sqlite3_finalize(statement);
  }
}

}  // namespace
}  // namespace parley::storage
