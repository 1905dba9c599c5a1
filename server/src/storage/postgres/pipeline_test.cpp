#include "storage/postgres/pipeline.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "storage/postgres/server_for_test.h"

namespace parley::storage {
namespace {

using namespace std::chrono_literals;

enum Asked : std::uint8_t { kNumbers, kDivide, kSleep, kBegin, kRollback, kWho };
constexpr std::array kStatements{
    Pipeline::Statement{"numbers", "SELECT g::bigint FROM generate_series(1, $1::bigint) g"},
    Pipeline::Statement{"divide", "SELECT 10 / $1::bigint"},
    Pipeline::Statement{"sleep", "SELECT pg_sleep($1::bigint)"},
    Pipeline::Statement{"begin", "BEGIN"},
    Pipeline::Statement{"rollback", "ROLLBACK"},
    Pipeline::Statement{"who", "SELECT pg_backend_pid()::bigint"},
};

class PipelineTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    make({.url = *postgres_for_tests(), .answer_within = 60s, .statement_within = 30s});
    ASSERT_FALSE(await(loop, pipeline->open()));
  }
  void TearDown() override { finish(); }

  void make(Pipeline::Options options) {
    finish();
    pipeline.emplace(loop, std::move(options), kStatements);
  }
  // What was begun comes to its end while it is there.
  void finish() {
    if (!pipeline) return;
    pipeline->close();
    loop.restart();
    loop.run_for(10s);
    pipeline.reset();
  }

  void ask(Asked statement) { pipeline->send(statement); }
  void ask(Asked statement, std::int64_t number) {
    const PgInteger parameter{number};
    pipeline->send(statement, std::array{parameter.binary()});
  }
  auto answers() { return await(loop, pipeline->exchange()); }

  Loop loop{1};
  std::optional<Pipeline> pipeline;
};

TEST_F(PipelineTest, AnswersComeInTheOrderOfTheQuestions) {
  for (int round = 0; round < 3; ++round) {
    ask(kNumbers, 3);
    ask(kBegin);
    ask(kNumbers, 0);
    ask(kDivide, 5);
    ask(kRollback);
    const auto rows = answers();
    ASSERT_TRUE(rows) << rows.error().why;
    ASSERT_EQ(rows->size(), 5u);
    EXPECT_EQ((*rows)[0].count(), 3);
    EXPECT_EQ((*rows)[0].integer(2, 0), 3);
    EXPECT_EQ((*rows)[2].count(), 0);
    EXPECT_EQ((*rows)[3].integer(0, 0), 2);
  }
}

TEST_F(PipelineTest, ARefusalSaysWhyAndTheConnectionGoesOn) {
  ask(kBegin);
  ask(kDivide, 0);
  ask(kNumbers, 1);
  const auto refused = answers();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Pipeline::Failure::Kind::refused);
  EXPECT_EQ(refused.error().sqlstate, "22012");
  EXPECT_EQ(refused.error().why, "division by zero");
  ask(kRollback);
  ask(kNumbers, 1);
  EXPECT_TRUE(answers());
}

TEST_F(PipelineTest, TheServerGivesUpASlowStatementByItself) {
  make({.url = *postgres_for_tests(), .answer_within = 60s, .statement_within = 1s});
  ASSERT_FALSE(await(loop, pipeline->open()));
  ask(kSleep, 50);
  const auto refused = answers();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sqlstate, "57014");
  EXPECT_TRUE(pipeline->is_open());
}

TEST_F(PipelineTest, NobodyWaitsBeyondTheDeadline) {
  Pipeline::Options options{.url = *postgres_for_tests(), .answer_within = 300ms};
  make(options);
  ASSERT_FALSE(await(loop, pipeline->open()));
  const auto start = std::chrono::steady_clock::now();
  ask(kSleep, 50);
  const auto lost = answers();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, Pipeline::Failure::Kind::lost);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 9s);  // it would take 10 s to be cancelled
  EXPECT_FALSE(pipeline->is_open());
  // It can be opened again; a slow machine may need more than one attempt for so short a deadline.
  const auto works = [&] {
    if (!pipeline->is_open() && await(loop, pipeline->open())) return false;
    ask(kNumbers, 1);
    return answers().has_value();
  };
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  bool worked = works();
  while (!worked && std::chrono::steady_clock::now() < deadline) worked = works();
  EXPECT_TRUE(worked);
}

TEST_F(PipelineTest, ALossIsToldAlsoWhenNothingWasAsked) {
  ask(kWho);
  const std::int64_t who = answers().value()[0].integer(0, 0);
  bool told = false;
  pipeline->on_loss([&] { told = true; });
  ask_postgres(*postgres_for_tests(), "SELECT pg_terminate_backend(" + std::to_string(who) + ")");
  loop.restart();
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!told && std::chrono::steady_clock::now() < deadline) loop.run_one_for(1s);
  EXPECT_TRUE(told);
  EXPECT_FALSE(pipeline->is_open());
  const auto lost = answers();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, Pipeline::Failure::Kind::lost);
}

TEST_F(PipelineTest, MuchIsReadWhileMuchIsSent) {
  make({.url = *postgres_for_tests(), .answer_within = 60s, .statement_within = 30s});
  ASSERT_FALSE(await(loop, pipeline->open()));
  // Answers of 60 MB to questions the server reads one after the other.
  for (int i = 0; i < 300; ++i) ask(kNumbers, 10'000);
  const auto rows = answers();
  ASSERT_TRUE(rows) << rows.error().why;
  for (const Rows& one : *rows) ASSERT_EQ(one.count(), 10'000);
}

TEST_F(PipelineTest, WhereNobodyListensItSaysSo) {
  make({.url = "postgres://app:hunter2@127.0.0.1:1/x", .connect_within = 30s});
  const auto failure = await(loop, pipeline->open());
  ASSERT_TRUE(failure);
  EXPECT_NE(failure->why.find("refused"), std::string::npos) << failure->why;
  EXPECT_EQ(failure->why.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace parley::storage
