#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include "storage/contract/plan_watch_for_test.h"
#include "storage/postgres/fixture_for_test.h"
#include "storage/postgres/partitions.h"

// Every statement that the tests run on PostgreSQL goes by an index, however little there is in the
// tables, as long as the planner is told to.

namespace parley::storage {
namespace {

namespace json = boost::json;
using contract::FullScan;
using contract::MayScan;

constexpr std::array kMayScan{
    MayScan{"SELECT c.id, c.first_seq, c.last_seq, coalesce(m.entries", "checks a whole store"},
    MayScan{"SELECT 'users', count(*)", "counts a whole store, for a check"},
    MayScan{"SELECT 'absences', count(*)", "counts a whole store, for a check"},
    MayScan{"SELECT max(created_at) FROM messages", "checks a whole store"},
    MayScan{"SELECT DISTINCT chat_id FROM messages", "checks a whole store"},
    MayScan{"FROM participants p WHERE NOT EXISTS (SELECT 1 FROM chats", "checks a whole store"},
    MayScan{"FROM phone_salts", "there are three at most"},
    MayScan{"FROM invites ORDER BY id DESC LIMIT", "all that an operator has made, as a list"},
    MayScan{"DELETE FROM invites WHERE expires_at", "few, and made by hand"},
    MayScan{"DELETE FROM jobs WHERE dead = 1", "of the dead ones, which are few"},
    MayScan{"coalesce(CAST(sum(dead) AS BIGINT)", "counts what waits, every few seconds"},
    MayScan{"FROM event_outbox ORDER BY id LIMIT", "takes the first"},
    MayScan{"SELECT count(*) FROM event_outbox", "counts what waits, now and then"},
    MayScan{"SELECT 'noted' FROM leases", contract::kOfATest},
    MayScan{"FROM schema_version", "a row for each migration"},
    MayScan{"DELETE FROM store_meta WHERE name", "a handful of rows"},
};

// In a run of all tests; fewer would mean that they are not seen.
constexpr std::size_t kLeastStatements = 200;

struct Noted {
  std::string text;
  std::vector<Oid> types;
};
contract::NotedStatements<Noted>& noted() {
  static contract::NotedStatements<Noted> statements;
  return statements;
}

// Asks a database with our schema for plans.
class Planner {
 public:
  explicit Planner(const std::string& url) : connection_{PQconnectdb(url.c_str()), PQfinish} {
    run(std::string{only_lookups()});
    const Result rows = run(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid, 1, true) FROM pg_index");
    for (int row = 0; row < PQntuples(rows.get()); ++row)
      first_columns_[PQgetvalue(rows.get(), row, 0)] = PQgetvalue(rows.get(), row, 1);
  }

  // The scans in the plan of one statement. One about a table that is not ours is a test's.
  std::vector<FullScan> scans_of(const Noted& statement) {
    scans_.clear();
    const Result prepared{
        PQprepare(connection_.get(), "asked", statement.text.c_str(),
                  static_cast<int>(statement.types.size()), statement.types.data()),
        PQclear};
    if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) {
      const std::string state = PQresultErrorField(prepared.get(), PG_DIAG_SQLSTATE);
      // Not a table, column or function of ours: a test asked it.
      EXPECT_TRUE(state == "42P01" || state == "42703" || state == "42883")
          << statement.text << PQresultErrorMessage(prepared.get());
      return {};
    }
    const Result described{PQdescribePrepared(connection_.get(), "asked"), PQclear};
    std::string arguments;
    for (int i = 0; i < PQnparams(described.get()); ++i)
      arguments += arguments.empty() ? "NULL" : ", NULL";
    if (!arguments.empty()) arguments = "(" + arguments + ")";
    const Result plan = run("EXPLAIN (FORMAT JSON) EXECUTE asked" + arguments);
    EXPECT_EQ(PQntuples(plan.get()), 1) << statement.text << PQresultErrorMessage(plan.get());
    if (PQntuples(plan.get()) == 1) {
      const json::value answer = json::parse(PQgetvalue(plan.get(), 0, 0));
      const json::value& first = answer.at(0);
      if (first.is_object())  // a COMMIT has no plan
        look_at(statement.text, first.at("Plan").as_object());
    }
    run("DEALLOCATE asked");
    return std::move(scans_);
  }

 private:
  using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

  Result run(const std::string& sql) { return {PQexec(connection_.get(), sql.c_str()), PQclear}; }

  static std::string text(const json::object& node, const char* name) {
    const json::value* const found = node.if_contains(name);
    return found ? std::string{found->as_string()} : std::string{};
  }

  // PostgreSQL's own tables are as large as a schema.
  static bool of_the_catalogue(const std::string& name) { return name.starts_with("pg_"); }

  void look_at(const std::string& statement, const json::object& node) {
    const std::string type = text(node, "Node Type"), index = text(node, "Index Name");
    const std::string relation = text(node, "Relation Name");
    if (type == "Seq Scan" && !of_the_catalogue(relation))
      scans_.push_back({.statement = statement, .scanned = relation});
    // An index helps who knows what it begins with.
    if (!index.empty() && !of_the_catalogue(index) &&
        !text(node, "Index Cond").contains(first_columns_[index]))
      scans_.push_back({.statement = statement, .scanned = index});
    if (const json::value* const plans = node.if_contains("Plans"))
      for (const json::value& below : plans->as_array()) look_at(statement, below.as_object());
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::map<std::string, std::string> first_columns_;
  std::vector<FullScan> scans_;
};

class Watch final : public testing::Environment {
  void TearDown() override {
    const auto statements = noted().all();
    if (statements.empty() || !postgres_for_tests()) return;
    const TestDatabase schema{migrated_database()};
    Planner planner{schema.url()};
    std::vector<FullScan> scans;
    for (const Noted& statement : statements)
      for (FullScan& scan : planner.scans_of(statement)) scans.push_back(std::move(scan));
    contract::expect_allowed(scans, statements, kMayScan);
    if (contract::all_tests_ran()) EXPECT_GE(statements.size(), kLeastStatements);
  }
};

[[maybe_unused]] const auto* const kWatch = testing::AddGlobalTestEnvironment(new Watch);

class PostgresPlansTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    schema.emplace(migrated_database());
  }
  std::vector<FullScan> scans_of(const char* text) {
    return Planner{schema->url()}.scans_of({.text = text, .types = {}});
  }

  std::optional<TestDatabase> schema;
};

TEST_F(PostgresPlansTest, WhatHasNoIndexIsSeen) {
  constexpr auto kByUser = "SELECT chat_id FROM participants WHERE user_id = $1";
  EXPECT_TRUE(scans_of(kByUser).empty());
  schema->ask("DROP INDEX participants_by_user");
  EXPECT_EQ(scans_of(kByUser).size(), 1u) << "the key begins with the chat";
  schema->ask("ALTER TABLE participants DROP CONSTRAINT participants_pkey");
  EXPECT_EQ(scans_of(kByUser).size(), 1u);
}

TEST_F(PostgresPlansTest, WhatIsPreparedIsNoted) {
  PostgresConnection db{{.url = schema->url()}};
  db.run("SELECT 'noted' FROM leases");
  const auto all = noted().all();
  EXPECT_NE(std::ranges::find(all, "SELECT 'noted' FROM leases", &Noted::text), all.end());
}

}  // namespace
}  // namespace parley::storage

// Stands before libpq's own function: what stores ask is prepared through it.
int PQsendPrepare(PGconn* connection, const char* name, const char* query, int count,
                  const Oid* types) {
  static const auto send =
      reinterpret_cast<decltype(&PQsendPrepare)>(::dlsym(RTLD_NEXT, "PQsendPrepare"));
  parley::storage::noted().note({.text = query, .types = {types, types + (types ? count : 0)}});
  return send(connection, name, query, count, types);
}
