#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "storage/postgres/append_sql.h"
#include "storage/postgres/chat_world_for_test.h"
#include "storage/postgres/partitions.h"

// How PostgreSQL looks up what the hot path asks for, so that no plan creeps in that reads a whole
// table or a whole chat.

namespace parley::storage {
namespace {

struct Asked {
  ChatStatement statement;
  const char* parameters;
};
// Everything but transactions, with something for each parameter.
constexpr std::array kAsked{
    Asked{ChatStatement::lock_chats, "'{1,2}'"},
    Asked{ChatStatement::read_people, "'{1,2}','{1,2}','{0,1}'"},
    Asked{ChatStatement::find_repeats, "'{1,2}','{1,2}','{a,b}',370000000000000000"},
    Asked{ChatStatement::read_recipients, "'{1,2}'"},
    Asked{ChatStatement::read_senders, "'{1,2}','{1,2}','{3,4}'"},
    Asked{ChatStatement::insert_messages, "'{1}','{1}','{1}','{1}','{1}','{1}','{0}','{a}','{a}'"},
    Asked{ChatStatement::update_chats, "'{1}','{1}','{1}','{1}','{1}','{1}'"},
    Asked{ChatStatement::update_participants, "'{1}','{1}','{1}','{1}'"},
};

class AppendPlansTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    world.emplace();
    PostgresConnection db{{.url = world->where.url()}};
    make_partitions(db, Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}});
  }

  // The plan that a writer's connection would make now.
  std::string plan_of(const Asked& asked) {
    const Pipeline::Statement& statement =
        kChatStatements[static_cast<std::size_t>(asked.statement)];
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{
        PQconnectdb(world->where.url().c_str()), PQfinish};
    const auto run = [&](const std::string& sql) {
      return std::unique_ptr<PGresult, decltype(&PQclear)>{PQexec(connection.get(), sql.c_str()),
                                                           PQclear};
    };
    run(Pipeline::settings({}));
    const std::unique_ptr<PGresult, decltype(&PQclear)> prepared{
        PQprepare(connection.get(), statement.name, statement.text, 0, nullptr), PQclear};
    const auto answer =
        run(std::string{"EXPLAIN EXECUTE "} + statement.name + "(" + asked.parameters + ")");
    if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK) return PQresultErrorMessage(answer.get());
    std::string plan;
    for (int row = 0; row < PQntuples(answer.get()); ++row)
      plan += std::string{PQgetvalue(answer.get(), row, 0)} + "\n";
    return plan;
  }

  void expect_lookups() {
    for (const Asked& asked : kAsked) {
      const std::string plan = plan_of(asked);
      EXPECT_TRUE(plan.contains("Index") || plan.starts_with("Insert")) << plan;
      for (const char* wrong : {"Seq Scan", "Join Filter", "Materialize", "Hash", "Merge Join",
                                "Bitmap", "->  Sort", "ERROR"})
        EXPECT_EQ(plan.find(wrong), std::string::npos) << wrong << "\n" << plan;
    }
    const std::string repeats =
        plan_of({ChatStatement::find_repeats, "'{1}','{1}','{a}',370000000000000000"});
    EXPECT_NE(repeats.find("(client_id = a.client_id)"), std::string::npos) << repeats;
    EXPECT_EQ(repeats.find("Filter: (client_id"), std::string::npos) << repeats;
  }

  void fill(int first, int last) {
    const std::string ids =
        " FROM generate_series(" + std::to_string(first + 1) + ", " + std::to_string(last) + ") i";
    world->where.ask("INSERT INTO chats SELECT i, 0, '', '', 0, 1, 50, 50, 50, i, 0, 1" + ids);
    world->where.ask(
        "INSERT INTO participants (chat_id, user_id, role, delivered_seq, read_seq, joined_at,"
        " joined_seq, entered_seq, peer_id) SELECT i, i % 50 + u, 0, 0, 0, 0, 0, 0, i % 50 + 1 - "
        "u" +
        ids + ", generate_series(0, 1) u");
    world->where.ask(
        "INSERT INTO messages (chat_id, seq, id, kind, sender_id, created_at, message_count,"
        " content, client_id) SELECT i, s, 380000000000000000 + s * 1000 + i, 0, i, 0, s, 'x',"
        " s::text::bytea" +
        ids + ", generate_series(1, 50) s WHERE i <= 200");
  }

  std::optional<ChatWorld> world;
};

TEST_F(AppendPlansTest, RowsAreLookedUpByIndexInADatabaseNobodyKnows) { expect_lookups(); }

TEST_F(AppendPlansTest, RowsAreLookedUpByIndexAmongMany) {
  fill(0, 200);
  world->where.ask("ANALYZE");
  expect_lookups();
}

TEST_F(AppendPlansTest, RowsAreLookedUpByIndexInWhatWasEmptyWhenItWasAnalysed) {
  world->where.ask("VACUUM ANALYZE");
  fill(0, 200);
  expect_lookups();
}

// A plan that was made for few people is kept while they become many: what it asks about one pair
// it must not ask about all of them, which took gigabytes.
TEST_F(AppendPlansTest, WhoMaySeeWhomIsAskedForEachPair) {
  const std::string plan = world->where.ask(
      "PREPARE sights (text, bigint) AS SELECT p.* FROM json_each($1) w JOIN people p"
      " ON p.id = w.key WHERE p.viewer_id = $2;"
      " SET plan_cache_mode = force_generic_plan; EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE "
      "sights('{}', 1)");
  EXPECT_NE(plan.find("SubPlan"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("hashed SubPlan"), std::string::npos) << plan;
}

TEST_F(AppendPlansTest, PlansOfASmallDatabaseAreNotKeptWhenItGrows) {
  for (const char* table : {"chats", "participants"})
    world->where.ask(std::string{"ALTER TABLE "} + table + " SET (autovacuum_enabled = false)");
  PostgresChatWriters::Options options;
  options.writers = 1;
  ChatNode node{world->where.url(), 1, options};
  const UserId alice = world->user(), bob = world->user();
  const ChatId chat = world->direct(alice, bob);
  world->where.ask("VACUUM ANALYZE");
  node.send(alice, chat, "first");
  fill(10'000, 20'000);
  for (int i = 0; i < 100; ++i) node.send(alice, chat, std::to_string(i));

  // What is read to update a row, counted by the server.
  const auto read_by_index = [&] {
    return std::stoll(
        world->where.ask("SELECT pg_stat_get_tuples_returned(indexrelid)"
                         " FROM pg_index WHERE indexrelid = 'chats_pkey'::regclass"));
  };
  const auto settled = [&] {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    for (auto last = read_by_index();;) {  // what a connection has read is told once a second
      std::this_thread::sleep_for(std::chrono::milliseconds{1'100});
      node.deliver(bob, chat, 1);
      const auto now = read_by_index();
      if (now - std::exchange(last, now) < 20 || std::chrono::steady_clock::now() > deadline)
        return now;
    }
  };
  const auto before = settled();
  for (int i = 0; i < 100; ++i) node.send(alice, chat, "more" + std::to_string(i));
  EXPECT_LT(settled() - before, 100 * 20);
}

// An update that touches no index stays on its page: there is room for it, and nothing grows.
TEST_F(AppendPlansTest, ChatsAndParticipantsAreUpdatedInPlace) {
  ChatNode node{world->where.url(), 1};
  const UserId alice = world->user(), bob = world->user();
  const ChatId chat = world->direct(alice, bob);
  for (int i = 0; i < 200; ++i)
    node.deliver(bob, chat, node.send(alice, chat, std::to_string(i)).message.seq);
  node.writers.reset();  // which reports what it has done
  const auto counted = [&](const char* table) {
    return world->where.ask(std::string{"SELECT n_tup_upd > 0 AND n_tup_hot_upd >= n_tup_upd * 0.9"
                                        " FROM pg_stat_user_tables WHERE relname = '"} +
                            table + "'");
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while ((counted("chats") != "t" || counted("participants") != "t") &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  EXPECT_EQ(counted("chats"), "t");
  EXPECT_EQ(counted("participants"), "t");
}

}  // namespace
}  // namespace parley::storage
