#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include "storage/postgres/chat_world_for_test.h"

// What becomes of messages when the server behind them does not do what it should.

namespace parley::storage {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// Nothing is given up because the machine had no time for it.
PostgresChatWriters::Options patient() {
  PostgresChatWriters::Options options;
  options.each.connection.connect_within = 30s;
  options.each.connection.answer_within = 60s;
  options.each.connection.statement_within = 50s;
  options.each.connection.lock_within = 40s;
  options.each.outcome_within = 60s;
  options.writers = 2;
  return options;
}

PostgresChatWriters::Options impatient() {
  PostgresChatWriters::Options options;
  options.each.connection.connect_within = 2s;
  options.each.connection.answer_within = 2s;
  options.each.connection.statement_within = 1'800ms;
  options.each.connection.lock_within = 1'500ms;
  options.each.outcome_within = 20s;
  options.writers = 2;
  return options;
}

template <class Condition>
bool becomes_true(const Condition& condition) {
  const auto deadline = SteadyClock::now() + 60s;
  while (!condition()) {
    if (SteadyClock::now() > deadline) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

class ChatFaultsTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_installed()) GTEST_SKIP() << "PostgreSQL is not installed";
  }

  void begin(std::string_view settings = {}) {
    server.emplace(settings);
    world.emplace(*server);
    alice = world->user();
    bob = world->user();
    chat = world->direct(alice, bob);
  }
  void connect(PostgresChatWriters::Options options = patient()) {
    node.emplace(world->where.url(), 1, std::move(options));
    ASSERT_TRUE(becomes_true([&] { return refusal_of(*node, "to begin with").empty(); }));
  }

  bool recovers() {
    return becomes_true([&] { return !node->writers->trouble(); });
  }
  // Why a message cannot be kept.
  std::string refusal_of(ChatNode& asked, const std::string& client_id) {
    try {
      asked.try_send(alice, chat, client_id);
      return "";
    } catch (const StorageUnavailable& failure) {
      return failure.what();
    }
  }

  std::optional<PrivatePostgres> server;
  std::optional<ChatWorld> world;
  std::optional<ChatNode> node;
  UserId alice, bob;
  ChatId chat;
};

// What a client does: it sends again until it has an answer.
struct Acked {
  std::map<std::string, chat::Accepted> messages;
  int refusals = 0;
};
Task<void> insist(PostgresChatWriters& writers, UserId me, ChatId chat, std::string name, int count,
                  const std::atomic<bool>& enough, Acked& acked) {
  boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>,
                                    Loop::executor_type>
      timer{co_await boost::asio::this_coro::executor};
  for (int i = 0; i < count; ++i) {
    const std::string id = name + std::to_string(i);
    while (i == count / 2 && !enough) {  // not all is to be over before the trouble was
      timer.expires_after(5ms);
      co_await timer.async_wait(use_task);
    }
    for (bool done = false; !done;) {
      try {
        auto sent = co_await writers.append({.chat_id = chat,
                                             .sender_id = me,
                                             .type = MessageType::text,
                                             .content = id,
                                             .client_message_id = id});
        acked.messages.emplace(id, std::move(sent.value()));
        co_await writers.mark(
            {.chat_id = chat, .user_id = me, .receipt = {.delivered = 1 << 20, .read = 1 << 20}});
        done = true;
      } catch (const StorageUnavailable&) {
        ++acked.refusals;
      }
      timer.expires_after(5ms);
      co_await timer.async_wait(use_task);
    }
  }
}

class UnderLoadTest : public ChatFaultsTest {
 public:
  static constexpr int kSenders = 8, kEach = 60;

  // While `trouble` does its worst, again and again until all have sent what they want to. It says
  // whether that was enough to speak of.
  void survive(const std::function<bool()>& trouble) {
    std::vector<Acked> acked(kSenders);
    std::atomic<int> running = kSenders;
    std::atomic<bool> enough = false;
    ChatNode other{world->where.url(), 2, impatient()};
    std::jthread senders{[&] {
      run_on_threads(2, kSenders / 2, [&](int i) -> Task<void> {
        return insist_and_count(*(i % 2 ? *node : other).writers, i % 4 < 2 ? alice : bob, chat,
                                "s" + std::to_string(i) + "-", enough,
                                acked[static_cast<std::size_t>(i)], running);
      });
    }};
    while (running > 0) enough = trouble();
    senders.join();
    ASSERT_TRUE(recovers());

    EXPECT_EQ(world->faults(chat), "");
    EXPECT_EQ(world->where.ask("SELECT message_count FROM chats"),
              std::to_string(kSenders * kEach + 1));
    const std::string kept =
        "," +
        world->where.ask(
            "SELECT string_agg(convert_from(client_id, 'UTF8') || ' ' || seq || ' ' || id, ',')"
            " FROM messages WHERE kind = 0") +
        ",";
    for (const Acked& one : acked) {
      EXPECT_EQ(one.messages.size(), static_cast<std::size_t>(kEach));
      for (const auto& [id, accepted] : one.messages) {
        const std::string told = "," + id + " " + std::to_string(accepted.message.seq) + " " +
                                 ChatWorld::text(accepted.message.id) + ",";
        EXPECT_NE(kept.find(told), std::string::npos) << told;
      }
    }
  }

 private:
  static Task<void> insist_and_count(PostgresChatWriters& writers, UserId me, ChatId chat,
                                     std::string name, const std::atomic<bool>& enough,
                                     Acked& acked, std::atomic<int>& running) {
    co_await insist(writers, me, chat, std::move(name), kEach, enough, acked);
    --running;
  }
};

TEST_F(UnderLoadTest, WhatWasAckedIsThereOnceWhenConnectionsAreEnded) {
  begin();
  connect(impatient());
  int ended = 0;
  survive([&] {
    std::this_thread::sleep_for(30ms);
    ended += std::stoi(
        world->where.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                         " WHERE application_name = 'parley' AND datname = current_database()"));
    return ended > 10;
  });
}

TEST_F(UnderLoadTest, WhatWasAckedIsThereOnceWhenTheServerCrashes) {
  begin();
  connect(impatient());
  int crashes = 0;
  survive([&] {
    std::this_thread::sleep_for(200ms);
    if (++crashes <= 4) server->restart(crashes % 2 ? SIGKILL : SIGINT);
    return crashes >= 4;
  });
}

TEST_F(ChatFaultsTest, AServerThatStandsStillIsNotWaitedForLong) {
  begin();
  connect(impatient());
  server->freeze();
  const auto start = SteadyClock::now();
  EXPECT_NE(refusal_of(*node, "lost"), "");
  EXPECT_LT(SteadyClock::now() - start, 15s);
  EXPECT_NE(node->writers->trouble(), std::nullopt);
  const auto again = SteadyClock::now();
  for (int i = 0; i < 20; ++i)
    EXPECT_NE(refusal_of(*node, "lost"), "") << "and nobody waits for it any more";
  EXPECT_LT(SteadyClock::now() - again, 20 * 1s) << "half of what the waiting would take";
  server->thaw();
  EXPECT_TRUE(recovers()) << "by itself";
  EXPECT_TRUE(becomes_true([&] { return refusal_of(*node, "lost").empty(); }));
  EXPECT_EQ(node->send(alice, chat, "lost").message.seq, 2);
  EXPECT_EQ(world->faults(chat), "");
}

// The server commits, and the answer is lost.
class UnheardTest : public ChatFaultsTest {
 public:
  void SetUp() override {
    ChatFaultsTest::SetUp();
    if (IsSkipped()) return;
    begin();
    connect();  // patiently: the connection is to be lost, not given up
  }

  // Calls `ask` again and again until a commit that was made by it was not heard of.
  void lose_an_answer_to(const std::function<void()>& ask) {
    set("nobody");  // the one whose copy a commit waits for, once the server has noticed
    std::atomic<bool> enough = false;
    std::jthread asker{[&] {
      while (!enough) {
        ask();
        std::this_thread::sleep_for(1ms);
      }
    }};
    const bool waits = becomes_true([&] {
      return world->where.ask(
                 "SELECT count(*) > 0 FROM pg_stat_activity"
                 " WHERE wait_event = 'SyncRep' AND application_name = 'parley'") == "t";
    });
    enough = true;
    ask_postgres(server->url(),
                 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                 " WHERE application_name = 'parley'");
    set("");
    asker.join();
    ASSERT_TRUE(waits);
    EXPECT_NE(server->log().find("canceling the wait for synchronous replication"),
              std::string::npos);
  }

 private:
  void set(const char* standby) {
    world->where.ask(std::string{"ALTER SYSTEM SET synchronous_standby_names = '"} + standby + "'");
    world->where.ask("SELECT pg_reload_conf()");
  }
};

TEST_F(UnheardTest, AMessageIsRecognisedAndStaysTheFirst) {
  std::vector<chat::Accepted> accepted;
  lose_an_answer_to([&] {
    accepted.push_back(node->send(alice, chat, "in doubt " + std::to_string(accepted.size())));
  });
  Seq seq = 1;
  for (const chat::Accepted& one : accepted) {
    EXPECT_TRUE(one.first_time);
    EXPECT_EQ(one.message.seq, ++seq);
    EXPECT_EQ(one.message.content, "hello");
  }
  EXPECT_EQ(world->chat_column(chat, "last_seq"), std::to_string(seq));
  EXPECT_EQ(world->faults(chat), "");
}

TEST_F(UnheardTest, AMarkStillTellsWhomItConcerns) {
  constexpr Seq kLast = 20'000;
  // As if so many had been sent.
  world->where.ask("UPDATE chats SET last_seq = " + std::to_string(kLast));
  std::vector<chat::Moved> moved;
  lose_an_answer_to([&] {
    ASSERT_LT(std::ssize(moved), kLast);
    moved.push_back(node->read(bob, chat, std::ssize(moved) + 1));
  });
  Seq seq = 0;
  for (const chat::Moved& one : moved) {
    EXPECT_EQ(one.before, (Receipt{seq, seq}));
    ++seq;
    EXPECT_EQ(one.after, (Receipt{seq, seq}));
    EXPECT_EQ(one.delivered_authors, std::vector{alice});
    EXPECT_EQ(one.read_authors, std::vector{alice});
  }
}

TEST_F(ChatFaultsTest, AFullDiskRefusesEverythingAndIsOverByItself) {
  begin();
  connect();
  world->where.ask(
      "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN RAISE 'no space left on device' USING ERRCODE = '53100'; END $$;"
      "CREATE TRIGGER full_disk BEFORE INSERT ON messages FOR EACH ROW"
      " EXECUTE FUNCTION full_disk();"
      "CREATE TRIGGER full_disk BEFORE INSERT ON store_meta FOR EACH ROW"
      " EXECUTE FUNCTION full_disk()");
  EXPECT_NE(refusal_of(*node, "a").find("no space left"), std::string::npos);
  EXPECT_NE(refusal_of(*node, "b").find("no space left"), std::string::npos);
  EXPECT_NE(node->writers->trouble().value_or("").find("no space left"), std::string::npos);
  EXPECT_EQ(world->chat_column(chat, "last_seq"), "1");
  world->where.ask("DROP FUNCTION full_disk CASCADE");
  EXPECT_TRUE(recovers());
  EXPECT_TRUE(node->send(alice, chat, "a").first_time);
  EXPECT_EQ(world->faults(chat), "");
}

TEST_F(ChatFaultsTest, AStandbyIsNotWrittenToUntilItIsPromoted) {
  begin();
  connect();
  server->stop();
  std::ofstream{server->data_directory() / "standby.signal"};
  server->start();
  // Either the connection was lost, or the next one is refused: it is said what kind of server it
  // is.
  EXPECT_TRUE(becomes_true([&] {
    refusal_of(*node, "a");
    return node->writers->trouble().value_or("").find("read-only") != std::string::npos;
  })) << node->writers->trouble().value_or("no trouble");
  ask_postgres(server->url(), "SELECT pg_promote()");
  EXPECT_TRUE(recovers());
  EXPECT_EQ(node->send(alice, chat, "a").message.seq, 2);
}

TEST_F(ChatFaultsTest, AServerThatTurnsReadOnlyIsLeft) {
  begin();
  connect();
  world->where.ask(
      "CREATE FUNCTION read_only() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN RAISE 'this is a standby now' USING ERRCODE = '25006'; END $$;"
      "CREATE TRIGGER read_only BEFORE INSERT ON messages FOR EACH ROW"
      " EXECUTE FUNCTION read_only()");
  const auto connections = [&] {
    return world->where.ask(
        "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity"
        " WHERE application_name = 'parley' AND datname = current_database()");
  };
  const std::string before = connections();
  EXPECT_NE(refusal_of(*node, "a").find("standby"), std::string::npos);
  world->where.ask("DROP FUNCTION read_only CASCADE");
  EXPECT_TRUE(recovers());
  EXPECT_TRUE(node->send(alice, chat, "a").first_time);
  EXPECT_NE(connections(), before);
}

TEST_F(ChatFaultsTest, WhatIsWrongWithTheAddressIsSaidWithoutThePassword) {
  begin();
  const std::string url = world->where.url();
  std::string wrong = url;
  wrong.replace(wrong.find("secret"), 6, "hunter2");
  ChatNode stranger{wrong, 2, patient()};
  const std::string refused = refusal_of(stranger, "a");
  EXPECT_NE(refused.find("password authentication failed"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("hunter2"), std::string::npos);
  EXPECT_NE(stranger.writers->trouble(), std::nullopt);

  ChatNode lost{with_database(url, "nowhere"), 3, patient()};
  const std::string missing = refusal_of(lost, "a");
  EXPECT_NE(missing.find("\"nowhere\" does not exist"), std::string::npos) << missing;

  const TestDatabase empty{server->url(), "template1"};
  ChatNode early{empty.url(), 4, patient()};
  const std::string bare = refusal_of(early, "a");
  EXPECT_NE(bare.find("\"chats\" does not exist"), std::string::npos) << bare;

  ChatNode nonsense{"postgres://[", 5, patient()};
  EXPECT_NE(refusal_of(nonsense, "a"), "");
}

TEST_F(ChatFaultsTest, AServerThatComesLaterIsFound) {
  begin();
  server->stop();
  node.emplace(world->where.url(), 1, patient());
  EXPECT_NE(refusal_of(*node, "a"), "");
  server->start();
  EXPECT_TRUE(recovers());
  EXPECT_EQ(node->send(alice, chat, "a").message.seq, 1);
}

TEST_F(ChatFaultsTest, StoppingDoesNotWaitForAServerThatIsGone) {
  begin();
  connect();
  server->stop(SIGKILL);
  EXPECT_NE(refusal_of(*node, "a"), "");
  const auto start = SteadyClock::now();
  node->writers->stop();
  EXPECT_LT(SteadyClock::now() - start, 25s);
}

Task<void> send_once(PostgresChatWriters& writers, UserId me, ChatId chat, int attempt,
                     std::atomic<int>& firsts) {
  const auto sent = co_await writers.append({.chat_id = chat,
                                             .sender_id = me,
                                             .type = MessageType::text,
                                             .content = "x",
                                             .client_message_id = std::to_string(attempt)});
  if (sent && sent->first_time) ++firsts;
}

TEST_F(ChatFaultsTest, WhoLosesADeadlockTriesAgain) {
  begin("deadlock_timeout = 300ms");
  const ChatId second = world->direct(alice, alice);
  ASSERT_LT(chat, second);
  PostgresConnection backwards{{.url = world->where.url()}};
  backwards.execute("SET deadlock_timeout = '60s'");  // so that the writer is the one who loses
  const auto lock = [&](ChatId id) {
    backwards.execute("SELECT FROM chats WHERE id = " + ChatWorld::text(id) + " FOR UPDATE");
  };
  PostgresChatWriters::Options options = patient();
  options.writers = 1;
  node.emplace(world->where.url(), 1, options);
  const auto deadlocked = [&] {
    return server->log().find("deadlock detected") != std::string::npos;
  };
  // Both messages have to be in one batch: on a busy machine they are not each time.
  for (int attempt = 0; attempt < 20 && !deadlocked(); ++attempt) {
    backwards.execute("BEGIN");
    lock(second);
    std::atomic<int> firsts = 0;
    std::jthread senders{[&] {
      run_on_threads(1, 2, [&](int i) {
        return send_once(*node->writers, alice, i ? second : chat, attempt, firsts);
      });
    }};
    ASSERT_TRUE(becomes_true([&] {
      return world->where.ask(
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                 " AND datname = current_database()") == "1";
    }));
    lock(chat);
    backwards.execute("COMMIT");
    senders.join();
    EXPECT_EQ(firsts, 2);
  }
  EXPECT_EQ(node->writers->trouble(), std::nullopt);
  EXPECT_TRUE(deadlocked());
}

TEST_F(ChatFaultsTest, AChatThatSomebodyHoldsIsNotWaitedForLong) {
  begin();
  PostgresChatWriters::Options options = patient();
  options.each.connection.lock_within = 1'500ms;
  connect(options);
  PostgresConnection holder{{.url = world->where.url()}};
  holder.execute("BEGIN");
  holder.execute("SELECT FROM chats FOR UPDATE");
  EXPECT_NE(refusal_of(*node, "a").find("lock timeout"), std::string::npos);
  holder.execute("ROLLBACK");
  EXPECT_TRUE(node->send(alice, chat, "a").first_time);
  EXPECT_EQ(node->writers->trouble(), std::nullopt);
}

}  // namespace
}  // namespace parley::storage
