#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "storage/contract/plan_watch_for_test.h"
#include "storage/sqlite/fixture_for_test.h"
#include "storage/sqlite/migrate.h"

// Every statement that the tests run on SQLite goes by an index.

namespace parley::storage {
namespace {

using contract::FullScan;
using contract::MayScan;

constexpr std::array kMayScan{
    MayScan{"SELECT c.id, c.first_seq, c.last_seq, coalesce(m.entries", "checks a whole store"},
    MayScan{"SELECT 'users', count(*)", "counts a whole store, for a check"},
    MayScan{"SELECT 'absences', count(*)", "counts a whole store, for a check"},
    MayScan{"FROM messages m LEFT JOIN message_log l", "checks a whole copy"},
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
    MayScan{"FROM (SELECT chat_id FROM participants", "of some groups, found by index"},
    MayScan{"FROM watermark_log ORDER BY id", "reads all of it, once, when the store opens"},
    MayScan{"SELECT hash FROM client_ids",
            "makes a filter of all, now and then, on its own thread"},
    MayScan{"SELECT count(*) FROM watermark_log", contract::kOfATest},
    MayScan{"SELECT last_seq FROM chats", contract::kOfATest},
    MayScan{"SELECT change_id FROM chats", contract::kOfATest},
    MayScan{"SELECT count(*) FROM client_ids", contract::kOfATest},
    MayScan{"SELECT count(*) FROM messages", contract::kOfATest},
    MayScan{"SELECT (SELECT count(*) FROM privacy_exceptions)", contract::kOfATest},
    MayScan{"DELETE FROM audit_log", contract::kOfATest},
    MayScan{"UPDATE audit_log", contract::kOfATest},
    MayScan{"INTO audit_log SELECT", contract::kOfATest},
    MayScan{"SELECT count(*) FROM ended_sessions WHERE ?1", contract::kOfATest},
    MayScan{"SELECT count(*) FROM jobs", contract::kOfATest},
    MayScan{"SELECT payload, why FROM jobs", contract::kOfATest},
    MayScan{"FROM schema_version", "a row for each migration"},
    MayScan{"FROM sqlite_schema", "a row for each table"},
    MayScan{"SELECT count(*) FROM store_meta", "a handful of rows"},
};

// In a run of all tests; fewer would mean that they are not seen.
constexpr std::size_t kLeastStatements = 200;

struct Noted {
  std::string text;
};
contract::NotedStatements<Noted>& noted() {
  static contract::NotedStatements<Noted> statements;
  return statements;
}

// The scans in the plan of one statement. One that does not compile is about a table of a test.
std::vector<FullScan> scans_of(SqliteConnection& db, const std::string& text) {
  std::vector<FullScan> scans;
  sqlite3_stmt* statement = nullptr;
  const std::string explain = "EXPLAIN QUERY PLAN " + text;
  if (sqlite3_prepare_v2(db.handle(), explain.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    return scans;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    const std::string step{reinterpret_cast<const char*>(sqlite3_column_text(statement, 3))};
    if (!step.starts_with("SCAN ") || step.contains("VIRTUAL TABLE") ||
        step.contains("CONSTANT ROW") || step.contains("(subquery"))
      continue;
    scans.push_back({.statement = text, .scanned = step.substr(5)});
  }
  sqlite3_finalize(statement);
  return scans;
}

// A schema without rows.
class Schema {
 public:
  Schema() { migrate(db, sqlite_migrations(), directory.path() / "backups", Timestamp{}); }

  TemporaryDirectory directory;
  SqliteConnection db{directory.path() / "schema.db", SqliteConnection::Mode::write};
};

class Watch final : public testing::Environment {
  void TearDown() override {
    const auto statements = noted().all();
    if (statements.empty()) return;
    Schema schema;
    std::vector<FullScan> scans;
    for (const Noted& statement : statements)
      for (FullScan& scan : scans_of(schema.db, statement.text)) scans.push_back(std::move(scan));
    contract::expect_allowed(scans, statements, kMayScan);
    if (contract::all_tests_ran()) EXPECT_GE(statements.size(), kLeastStatements);
  }
};

[[maybe_unused]] const auto* const kWatch = testing::AddGlobalTestEnvironment(new Watch);

TEST(SqlitePlansTest, WhatHasNoIndexIsSeen) {
  constexpr auto kByUser = "SELECT chat_id FROM participants WHERE user_id = ?1";
  Schema schema;
  EXPECT_TRUE(scans_of(schema.db, kByUser).empty());
  schema.db.execute("DROP INDEX participants_by_user");
  const auto scans = scans_of(schema.db, kByUser);
  ASSERT_EQ(scans.size(), 1u);
  EXPECT_TRUE(scans[0].scanned.starts_with("participants")) << scans[0].scanned;
}

TEST(SqlitePlansTest, WhatIsPreparedIsNoted) {
  Schema schema;
  schema.db.run("SELECT 'noted' FROM leases");
  const auto all = noted().all();
  EXPECT_NE(std::ranges::find(all, "SELECT 'noted' FROM leases", &Noted::text), all.end());
}

}  // namespace
}  // namespace parley::storage

// Stands before SQLite's own function. What stores ask is prepared like this; SQLite's full-text
// search prepares statements of its own, with another flag beside.
int sqlite3_prepare_v3(sqlite3* db, const char* sql, int size, unsigned int flags,
                       sqlite3_stmt** statement, const char** tail) {
  static const auto prepare =
      reinterpret_cast<decltype(&sqlite3_prepare_v3)>(::dlsym(RTLD_NEXT, "sqlite3_prepare_v3"));
  if (flags == SQLITE_PREPARE_PERSISTENT) parley::storage::noted().note({.text = sql});
  return prepare(db, sql, size, flags, statement, tail);
}
