#include "storage/copy/copy.h"

#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/copy/tables.h"
#include "storage/copy/target.h"
#include "storage/copy/world_for_test.h"
#include "storage/postgres/fixture_for_test.h"

namespace parley::storage {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Injected : std::exception {};

class CopyTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    target.emplace();
  }

  std::filesystem::path file() const { return source.options.directory / "parley.db"; }
  CopyOptions options() { return {.from = file(), .to = target->url()}; }
  CopyReport copy(CopyOptions chosen) { return copy_store(chosen, source.clock()); }
  CopyReport copy() { return copy(options()); }
  std::string refusal(CopyOptions chosen) {
    try {
      copy(std::move(chosen));
    } catch (const StorageUnavailable& failure) {
      return failure.what();
    } catch (const std::runtime_error& failure) {
      return failure.what();
    }
    return "";
  }
  std::string refusal() { return refusal(options()); }

  // In small batches, until so many have been written.
  CopyOptions broken_after(int batches) {
    CopyOptions chosen = options();
    chosen.batch.rows = 7;
    chosen.progress = [left = batches](std::string_view, std::int64_t) mutable {
      if (--left == 0) throw Injected{};
    };
    return chosen;
  }

  static void expect_complete(const CopyReport& report) {
    EXPECT_TRUE(report.is_complete());
    EXPECT_EQ(report.tables.size(), copied_tables().size());
    for (const CopiedTableReport& table : report.tables) {
      EXPECT_EQ(table.source.rows, table.target.rows) << table.table;
      EXPECT_EQ(table.source.checksum, table.target.checksum) << table.table;
    }
  }

  SqliteFixture source;
  std::optional<TestDatabase> target;
};

// The stores on a database that something was copied into.
class CopiedFixture : public PostgresFixture {
 public:
  explicit CopiedFixture(const TestDatabase& copied) : PostgresFixture(Existing{copied.url()}) {}
};

TEST_F(CopyTest, EverythingIsThereAfterwards) {
  const CopyWorld world = seed_world(source);
  const auto before = observe(source, world);
  source.close();

  const CopyReport report = copy();
  expect_complete(report);
  EXPECT_FALSE(report.went_on);
  std::int64_t rows = 0;
  for (const CopiedTableReport& table : report.tables) {
    // The world is there to have something of every kind.
    EXPECT_GT(table.source.rows, 0) << table.table;
    rows += table.source.rows;
  }
  EXPECT_EQ(report.rows_copied, rows);

  CopiedFixture copied{*target};
  const auto after = observe(copied, world);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i], after[i]) << i;
}

TEST_F(CopyTest, ChatsGoOnWhereTheyWere) {
  const CopyWorld world = seed_world(source);
  const auto cursor = await(source.messages().sync(world.alice, {}, 100)).value();
  source.close();
  expect_complete(copy());

  CopiedFixture copied{*target};
  copied.clock().set(source.clock().now() + std::chrono::minutes{1});
  // A device sends what it had sent, and does not know of the answer.
  const auto again = await(copied.messages().append({.chat_id = world.direct,
                                                     .sender_id = world.bob,
                                                     .type = MessageType::text,
                                                     .content = "message 39",
                                                     .client_message_id = "d39"}))
                         .value();
  EXPECT_FALSE(again.first_time);
  EXPECT_EQ(again.message.seq, 40);
  const auto next = await(copied.messages().append({.chat_id = world.direct,
                                                    .sender_id = world.alice,
                                                    .type = MessageType::text,
                                                    .content = "new",
                                                    .client_message_id = "new"}))
                        .value();
  EXPECT_TRUE(next.first_time);
  EXPECT_EQ(next.message.seq, 41);
  EXPECT_GT(next.message.id, again.message.id);
  // Who was signed in is so still.
  EXPECT_TRUE(await(copied.sessions().rotate(std::string(32, 'r'), std::string(32, 'n'),
                                             Timestamp::max(), "192.0.2.1"))
                  .has_value());
  // What a client knows as its place means nothing here: it starts over, with all chats.
  const auto over = await(copied.messages().sync(world.alice, cursor.cursor, 100)).value();
  EXPECT_NE(over.epoch, cursor.epoch);
  EXPECT_EQ(over.chats.size(), cursor.chats.size());
  EXPECT_FALSE(over.has_more);
  // And then hears of what changes only.
  const auto none = await(copied.messages().sync(world.alice, over.cursor, 100)).value();
  EXPECT_TRUE(none.chats.empty());
  // Who has left is told so.
  const auto left = await(copied.messages().sync(world.carol, {}, 100)).value();
  EXPECT_EQ(left.chats.size(), 1u);
}

TEST_F(CopyTest, EntriesOfOldMonthsHaveTheirPartitions) {
  seed_world(source);
  source.close();
  expect_complete(copy());
  EXPECT_EQ(target->ask("SELECT count(*) FROM messages_other"), "0");
  // July to October, every thirty days, and the day of the test.
  EXPECT_EQ(
      target->ask("SELECT string_agg(name, ' ' ORDER BY name) FROM (SELECT DISTINCT"
                  " CAST(CAST(tableoid AS regclass) AS TEXT) AS name FROM messages) AS found"),
      "messages_20260701 messages_20260801 messages_20260901 messages_20261001"
      " messages_20261101");
}

// A value as both engines write it, for row 0 (least), 1 (greatest) and 2 (nothing, where that may
// be). Read back with the words of PostgreSQL, by nobody who has a part in the copy.
std::string literal(CopiedColumn::Kind kind, int row, bool for_postgres) {
  switch (kind) {
    case CopiedColumn::Kind::integer:
      return row == 0 ? "(-9223372036854775807 - 1)" : row == 1 ? "9223372036854775807" : "7";
    case CopiedColumn::Kind::text:
      return row == 0 ? "''" : row == 1 ? "'ÿ\\\r\n\t\"ﬁ🧗🏽\U0010FFFF'" : "'x'";
    case CopiedColumn::Kind::bytes: {
      const std::string digits = row == 0 ? "" : row == 1 ? "00ff80c3285c0a" : "78";
      return for_postgres ? "CAST('\\x" + digits + "' AS BYTEA)" : "x'" + digits + "'";
    }
  }
  return "";
}

TEST_F(CopyTest, EveryColumnKeepsWhatIsLeastAndGreatestAndNothing) {
  source.close();
  std::set<std::pair<std::string_view, std::string_view>> may_be_null;
  std::map<std::pair<std::string_view, std::string_view>, std::string> types;
  {
    SqliteConnection db{file(), SqliteConnection::Mode::write};
    for (const CopiedTable& table : copied_tables()) {
      for (const CopiedColumn& column : table.columns) {
        auto row =
            db.query("SELECT \"notnull\", pk, type FROM pragma_table_info(?1) WHERE name = ?2",
                     table.name, column.name);
        if (!row.next()) continue;  // PostgreSQL's own
        if (row.integer(0) == 0 && row.integer(1) == 0)
          may_be_null.emplace(table.name, column.name);
        types[{table.name, column.name}] = row.string(2);
      }
      for (const int row : {0, 1, 2}) {
        std::string columns, values;
        for (const CopiedColumn& column : table.columns) {
          const auto type = types.find({table.name, column.name});
          if (type == types.end()) continue;
          const bool null = row == 2 && may_be_null.contains({table.name, column.name});
          std::string value = null ? "NULL" : literal(column.kind, row, false);
          // What PostgreSQL keeps as bytes because it may hold a U+0000.
          if (!null && column.kind == CopiedColumn::Kind::bytes && type->second == "TEXT")
            value = "CAST(" + value + " AS TEXT)";
          columns += (columns.empty() ? "" : ", ") + std::string{column.name};
          values += (values.empty() ? "" : ", ") + value;
        }
        db.execute("INSERT INTO " + std::string{table.name} + " (" + columns + ") VALUES (" +
                   values + ")");
      }
    }
  }
  const CopyReport report = copy();
  expect_complete(report);
  for (const CopiedTableReport& table : report.tables) EXPECT_EQ(table.source.rows, 3);
  for (const CopiedTable& table : copied_tables()) {
    for (const int row : {0, 1, 2}) {
      std::string same;
      for (const CopiedColumn& column : table.columns) {
        if (column.owner != CopiedColumn::Owner::both) continue;
        const bool null = row == 2 && may_be_null.contains({table.name, column.name});
        same += (same.empty() ? "" : " AND ") + std::string{column.name} +
                (null ? " IS NULL" : " = " + literal(column.kind, row, true));
      }
      const std::string count = "SELECT count(*) FROM " + std::string{table.name} + " WHERE ";
      EXPECT_EQ(target->ask(count + same), "1") << count << same;
    }
  }
}

TEST_F(CopyTest, ItGoesOnAfterEveryBatchAtWhichItMayEnd) {
  const CopyWorld world = seed_world(source);
  const auto before = observe(source, world);
  source.close();
  int runs = 1;
  for (;; ++runs) {
    ASSERT_LT(runs, 200);
    try {
      const CopyReport report = copy(broken_after(3));
      expect_complete(report);
      EXPECT_TRUE(report.went_on);
      break;
    } catch (const Injected&) {
    }
  }
  EXPECT_GT(runs, 10);
  CopiedFixture copied{*target};
  EXPECT_EQ(before, observe(copied, world));
}

TEST_F(CopyTest, ABatchThatFailsInTheMiddleLeavesNothing) {
  seed_world(source);
  source.close();
  EXPECT_THROW(copy(broken_after(1)), Injected);  // so there is a schema
  target->ask(
      "CREATE FUNCTION refuse_some() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " IF new.seq = 25 THEN RAISE EXCEPTION 'no room'; END IF; RETURN new; END $$");
  target->ask(
      "CREATE TRIGGER refuse_some BEFORE INSERT ON messages FOR EACH ROW"
      " EXECUTE FUNCTION refuse_some()");
  CopyOptions chosen = options();
  chosen.batch.rows = 10;
  const std::string why = refusal(chosen);
  EXPECT_THAT(why, HasSubstr("messages: "));
  EXPECT_THAT(why, HasSubstr("no room"));
  EXPECT_EQ(target->ask("SELECT count(*) % 10 FROM messages"), "0");
  // Nobody serves half a store.
  EXPECT_THROW(CopiedFixture{*target}, std::runtime_error);
  target->ask("DROP TRIGGER refuse_some ON messages");
  expect_complete(copy(chosen));
}

TEST_F(CopyTest, ALostConnectionIsGoneOnFrom) {
  seed_world(source);
  source.close();
  CopyOptions chosen = options();
  chosen.batch.rows = 10;
  chosen.progress = [&](std::string_view table, std::int64_t rows) {
    if (table == "messages" && rows == 20)
      target->ask(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
          " WHERE datname = current_database() AND pid <> pg_backend_pid()");
  };
  EXPECT_THAT(refusal(chosen), HasSubstr("messages: "));
  EXPECT_EQ(target->ask("SELECT count(*) FROM messages"), "20");
  const CopyReport report = copy();
  expect_complete(report);
  EXPECT_TRUE(report.went_on);
}

TEST_F(CopyTest, AFinishedCopyIsLeftAlone) {
  seed_world(source);
  source.close();
  expect_complete(copy());
  target->ask("UPDATE users SET about = 'served since'");
  const CopyReport report = copy();
  EXPECT_TRUE(report.was_finished);
  EXPECT_TRUE(report.is_complete());
  EXPECT_EQ(report.rows_copied, 0);
  EXPECT_EQ(target->ask("SELECT count(*) FROM users WHERE about <> 'served since'"), "0");
}

TEST_F(CopyTest, ADifferenceIsFound) {
  seed_world(source);
  source.close();
  for (const std::string change :
       {"UPDATE participants SET read_seq = read_seq + 1", "UPDATE contacts SET name = NULL",
        "UPDATE passkeys SET public_key = public_key || '\\x00'", "DELETE FROM blocks"}) {
    target.emplace();
    CopyOptions chosen = options();
    chosen.progress = [&](std::string_view table, std::int64_t) {
      if (table == "messages") target->ask(change);
    };
    const CopyReport report = copy(chosen);
    EXPECT_FALSE(report.is_complete());
    std::vector<std::string_view> different;
    for (const CopiedTableReport& table : report.tables)
      if (!table.is_equal()) different.push_back(table.table);
    ASSERT_EQ(different.size(), 1u) << change;
    EXPECT_THAT(change, HasSubstr(std::string{different[0]}));
    EXPECT_THROW(CopiedFixture{*target}, std::runtime_error);
  }
}

TEST_F(CopyTest, AServerThatRunsOnTheSourceIsInTheWay) {
  EXPECT_THAT(refusal(), HasSubstr("stop it first"));
  source.close();
  expect_complete(copy());
}

TEST_F(CopyTest, AServerThatRunsOnTheTargetIsInTheWay) {
  source.close();
  PostgresFixture served;
  CopyOptions chosen = options();
  chosen.to = served.where.url();
  chosen.patience = {};
  EXPECT_THAT(refusal(chosen), HasSubstr("a parley server uses this database"));
  served.close();
  chosen.patience = options().patience;
  expect_complete(copy(chosen));
}

TEST_F(CopyTest, AnotherCopyIsInTheWayUntilItEnds) {
  seed_world(source);
  source.close();
  CopyOptions meanwhile = options();
  meanwhile.progress = [this](std::string_view, std::int64_t) {
    CopyTarget{target->url(), "another", source.clock().now(), {}};
  };
  EXPECT_THAT(refusal(meanwhile), HasSubstr("another copy into this database is under way"));
  expect_complete(copy());
}

TEST_F(CopyTest, AnotherCopyIsInTheWay) {
  seed_world(source);
  source.close();
  CopyOptions chosen = options();
  std::string why;
  bool asked = false;
  chosen.progress = [&](std::string_view, std::int64_t) {
    if (asked) return;
    asked = true;
    SqliteFixture other;
    other.close();
    CopyOptions second = options();
    second.from = other.options.directory / "parley.db";
    why = refusal(second);
  };
  expect_complete(copy(chosen));
  EXPECT_THAT(why, HasSubstr("another copy into this database"));
}

TEST_F(CopyTest, ASourceThatIsNoneIsRefused) {
  source.close();
  CopyOptions chosen = options();
  chosen.from = source.directory.path() / "nothing.db";
  EXPECT_THAT(refusal(chosen), HasSubstr("there is no store at"));
  std::ofstream{chosen.from} << "a letter, and no database at all";
  EXPECT_THAT(refusal(chosen), HasSubstr("is no SQLite database"));
  std::filesystem::remove(chosen.from);
  {
    SqliteConnection other{chosen.from, SqliteConnection::Mode::write};
    other.execute("CREATE TABLE cats (name TEXT)");
  }
  EXPECT_THAT(refusal(chosen), HasSubstr("is no Parley store"));
  EXPECT_EQ(target->ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

TEST_F(CopyTest, ASourceOfAnotherVersionIsRefused) {
  source.close();
  const auto change = [&](const std::string& sql) {
    SqliteConnection db{file(), SqliteConnection::Mode::write};
    db.execute(sql);
  };
  change("CREATE TABLE kept AS SELECT * FROM schema_version ORDER BY version DESC LIMIT 1");
  change("DELETE FROM schema_version WHERE version = (SELECT version FROM kept)");
  EXPECT_THAT(refusal(), HasSubstr("bring it up with `parley migrate"));
  change("INSERT INTO schema_version SELECT version, name, checksum, applied_at FROM kept");
  change("INSERT INTO schema_version SELECT version + 1, 'later', 'x', 0 FROM kept");
  EXPECT_THAT(refusal(), HasSubstr("run a newer parley"));
  EXPECT_EQ(target->ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

TEST_F(CopyTest, ATargetThatHoldsAnythingIsRefused) {
  source.close();
  target->ask("CREATE TABLE cats (name TEXT)");
  EXPECT_THAT(refusal(), HasSubstr("it has 'cats', which is no Parley's"));
  target->ask("DROP TABLE cats");
  {
    PostgresFixture lived;
    lived.close();
    lived.where.ask(
        "INSERT INTO users (id, username, display_name, password_hash, created_at)"
        " VALUES (1, 'a', 'A', '', 0)");
    CopyOptions chosen = options();
    chosen.to = lived.where.url();
    EXPECT_THAT(refusal(chosen), HasSubstr("there are rows in 'users'"));
  }
  expect_complete(copy());
}

TEST_F(CopyTest, ATargetWithAPartOfAnotherStoreIsRefused) {
  seed_world(source);
  source.close();
  EXPECT_THROW(copy(broken_after(5)), Injected);
  SqliteFixture other;
  other.close();
  CopyOptions chosen = options();
  chosen.from = other.options.directory / "parley.db";
  EXPECT_THAT(refusal(chosen), HasSubstr("a part of another copy"));

  // A server has written to the store since: what was copied of it may not be true any more.
  source.clock().advance(std::chrono::hours{1});
  source.open();
  await(source.users().create({.username = "dora", .display_name = "D", .password_hash = "x"}))
      .value();
  source.close();
  EXPECT_THAT(refusal(), HasSubstr("a part of another copy"));
}

TEST_F(CopyTest, ATargetWithANewerSchemaIsRefused) {
  source.close();
  PostgresFixture lived;
  lived.close();
  lived.where.ask(
      "INSERT INTO schema_version SELECT max(version) + 1, 'later', 'x', 0, 1 FROM schema_version");
  CopyOptions chosen = options();
  chosen.to = lived.where.url();
  EXPECT_THAT(refusal(chosen), HasSubstr("the newer parley that made it"));
}

TEST_F(CopyTest, AServerThatLetsNobodyInIsRefused) {
  source.close();
  CopyOptions chosen = options();
  const auto at = chosen.to.find('@');
  const auto colon = chosen.to.rfind(':', at);
  chosen.to.replace(colon + 1, at - colon - 1, "wrong-secret");
  const std::string why = refusal(chosen);
  EXPECT_THAT(why, HasSubstr("cannot reach PostgreSQL"));
  EXPECT_THAT(why, Not(HasSubstr("wrong-secret")));
  chosen.to = "postgres://app:wrong-secret@127.0.0.1:1/parley";
  EXPECT_THAT(refusal(chosen), HasSubstr("cannot reach PostgreSQL"));
  chosen.to = "postgres://app:wrong-secret@[::1/parley";
  EXPECT_THAT(refusal(chosen), HasSubstr("the URL of PostgreSQL cannot be read"));
}

TEST_F(CopyTest, TextThatPostgresDoesNotKeepIsNamed) {
  source.close();
  {
    SqliteConnection db{file(), SqliteConnection::Mode::write};
    db.execute(
        "INSERT INTO users (id, username, display_name, password_hash, created_at)"
        " VALUES (5, 'a', 'A' || char(0) || 'B', '', 0)");
  }
  EXPECT_THAT(refusal(), HasSubstr("users: display_name holds a U+0000"));
}

}  // namespace
}  // namespace parley::storage
