#include "broker/redis/client.h"

#include <array>

#include "broker/redis/server_for_test.h"

namespace parley::broker::redis {
namespace {

using namespace std::chrono_literals;

class RedisClient : public RedisTest {
 protected:
  static Outcome ask(Client& client, std::initializer_list<std::string_view> parts,
                     std::chrono::milliseconds limit = 20s) {
    return await(client.ask(make_command(parts), limit));
  }
  static bool works(Client& client) {
    const auto said = ask(client, {"GET", "nothing"});
    return said && said->kind == Reply::Kind::nil;
  }
};

TEST_F(RedisClient, AsksAndIsAnswered) {
  Client client{options_for(shared_url())};
  const auto key = "parley:test:" + std::to_string(::getpid());
  EXPECT_EQ(ask(client, {"SET", key, std::string_view{"a\0\r\n", 4}, "EX", "10"})->text, "OK");
  EXPECT_EQ(ask(client, {"GET", key})->text, (std::string{"a\0\r\n", 4}));
  EXPECT_EQ(ask(client, {"INCR", key})->kind, Reply::Kind::error);
  EXPECT_EQ(ask(client, {"DEL", key})->number, 1);
  EXPECT_FALSE(client.trouble());
}

TEST_F(RedisClient, AnswersEveryLoopInItsOrder) {
  Client client{options_for(shared_url())};
  std::vector<std::jthread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const BorrowedLoop loop;
      int left = 250;
      for (int i = 0; i < 250; ++i) {
        const std::string text = std::to_string(t) + "-" + std::to_string(i);
        Command command;
        append_command(command.bytes, {"ECHO", text});
        boost::asio::co_spawn(*loop, client.ask(std::move(command), 5s),
                              [&, text](std::exception_ptr, Outcome said) {
                                right += said && said->text == text;
                                --left;
                              });
      }
      const auto guard = boost::asio::make_work_guard(*loop);
      while (left > 0) loop->run_one();
    });
  }
  threads.clear();
  EXPECT_EQ(right, 1000);
}

TEST_F(RedisClient, TeachesRedisAScriptItDoesNotKnow) {
  Server server;
  Client client{options_for(server.url())};
  const Script script{"return {KEYS[1], ARGV[1] + 1}"};
  for (int i = 0; i < 2; ++i) {
    const auto said = await(client.run(script, {"k"}, {"41"}, 20s));
    ASSERT_TRUE(said);
    ASSERT_EQ(said->items.size(), 2u);
    EXPECT_EQ(said->items[0].text, "k");
    EXPECT_EQ(said->items[1].number, 42);
    if (i == 0) server.ask({"SCRIPT", "FLUSH"});
  }
}

TEST_F(RedisClient, ChoosesTheDatabaseOfItsUrl) {
  Server server;
  Client client{options_for(server.url() + "/3")};
  ASSERT_EQ(ask(client, {"SET", "k", "v"})->text, "OK");
  EXPECT_EQ(server.ask({"EXISTS", "k"}).number, 0);
  EXPECT_TRUE(server.ask({"INFO", "keyspace"}).text.contains("db3:keys=1"));
}

TEST_F(RedisClient, SaysThatItsPasswordIsWrong) {
  Server server;
  Client client{options_for(server.url("hunter2"))};
  const auto said = ask(client, {"GET", "k"});
  ASSERT_FALSE(said);
  EXPECT_TRUE(said.error().contains("WRONGPASS")) << said.error();
  EXPECT_FALSE(said.error().contains("hunter2"));
  EXPECT_EQ(client.trouble(), said.error());
  const auto without =
      await(Client{options_for("redis://127.0.0.1:" + std::to_string(server.port()))}.ask(
          make_command({"GET", "k"}), 20s));
  ASSERT_FALSE(without);
  EXPECT_TRUE(without.error().contains("NOAUTH")) << without.error();
}

TEST_F(RedisClient, SaysThatNobodyListens) {
  const OwnPort nobody;
  Client client{options_for("redis://127.0.0.1:" + nobody.text())};
  const auto said = ask(client, {"GET", "k"});
  ASSERT_FALSE(said);
  EXPECT_TRUE(said.error().contains("onnection refused")) << said.error();
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(ask(client, {"GET", "k"}, 60s));  // does not wait for what is known to be down
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 30s);
}

TEST_F(RedisClient, ComesBackAfterRedisWasKilled) {
  Server server;
  Client client{options_for(server.url())};
  ASSERT_TRUE(works(client));
  server.kill();
  ASSERT_TRUE(eventually([&] { return !works(client); }));
  ASSERT_TRUE(eventually([&] { return client.trouble().has_value(); }));
  server.start();
  ASSERT_TRUE(eventually([&] { return works(client); }));
  EXPECT_FALSE(client.trouble());
}

TEST_F(RedisClient, ACommandSentWhileItReconnectsWaitsForThat) {
  Server server;
  Client client{options_for(server.url())};
  ASSERT_TRUE(works(client));
  for (int i = 0; i < 20; ++i) {
    server.ask({"CLIENT", "KILL", "TYPE", "normal"});
    // What was under way is lost; what comes after that is not.
    ASSERT_TRUE(works(client) || works(client));
  }
}

TEST_F(RedisClient, GivesUpACommandInTimeWhenRedisHangs) {
  Server server;
  Client client{options_for(server.url())};
  Client hasty{hasty_options_for(server.url())};
  ASSERT_TRUE(works(client));
  ASSERT_TRUE(eventually([&] { return works(hasty); }));
  server.freeze();
  const auto begun = std::chrono::steady_clock::now();
  const auto said = ask(client, {"GET", "k"}, 100ms);
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_FALSE(said);
  EXPECT_GE(took, 100ms);
  EXPECT_LT(took, 10s);  // and not until patience is over
  // When patience is over it is known to be down.
  EXPECT_FALSE(ask(hasty, {"GET", "k"}, 100ms));
  EXPECT_TRUE(eventually([&] {
    const auto trouble = hasty.trouble();
    return trouble && trouble->contains("no");
  }));
  server.thaw();
  EXPECT_TRUE(eventually([&] { return works(client) && works(hasty); }));
}

TEST_F(RedisClient, FindsOutByItselfThatAnIdleConnectionIsDead) {
  Server server;
  Client client{hasty_options_for(server.url())};
  ASSERT_TRUE(eventually([&] { return works(client); }));
  server.freeze();
  EXPECT_TRUE(eventually([&] { return client.trouble().has_value(); }));
  server.thaw();
  EXPECT_TRUE(eventually([&] { return !client.trouble().has_value(); }));
}

TEST_F(RedisClient, WhatItSleptThroughItselfIsNoSilenceOfRedis) {
  Server server;
  auto options = options_for(server.url());
  options.patience = 3s;
  Client client{options};
  ASSERT_TRUE(works(client));
  server.freeze();
  const BorrowedLoop loop;
  std::optional<Outcome> said;
  boost::asio::co_spawn(*loop, client.ask(make_command({"GET", "nothing"}), 60s),
                        [&](std::exception_ptr, Outcome outcome) { said = std::move(outcome); });
  loop->poll();
  client.run_there([] { std::this_thread::sleep_for(3'500ms); });
  std::this_thread::sleep_for(200ms);  // for it to be hasty, if it is
  server.thaw();
  const auto guard = boost::asio::make_work_guard(*loop);
  while (!said) loop->run_one();
  ASSERT_TRUE(*said) << said->error();
  EXPECT_EQ((*said)->kind, Reply::Kind::nil);
}

TEST_F(RedisClient, IsRefusedAfterThePasswordHasChanged) {
  Server server;
  Client client{options_for(server.url())};
  ASSERT_TRUE(works(client));
  server.ask({"CONFIG", "SET", "requirepass", "another"});
  server.ask({"CLIENT", "KILL", "TYPE", "normal"}, "another");
  EXPECT_TRUE(eventually([&] {
    const auto trouble = client.trouble();
    return trouble && trouble->contains("WRONGPASS");
  }));
  server.ask({"CONFIG", "SET", "requirepass", kPassword}, "another");
  EXPECT_TRUE(eventually([&] { return works(client); }));
}

TEST_F(RedisClient, AnswersEverybodyWhenItStops) {
  Server server;
  auto client = std::make_unique<Client>(options_for(server.url()));
  ASSERT_TRUE(works(*client));
  server.freeze();
  const BorrowedLoop loop;
  int failed = 0;
  for (int i = 0; i < 100; ++i) {
    boost::asio::co_spawn(*loop, client->ask(make_command({"GET", "k"}), 60s),
                          [&](std::exception_ptr, Outcome said) { failed += !said; });
  }
  loop->poll();
  client->stop();
  const auto guard = boost::asio::make_work_guard(*loop);
  while (failed < 100) loop->run_one();
  const auto later = ask(*client, {"GET", "k"});
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error(), "it is being stopped");
  EXPECT_EQ(failed, 100);
}

}  // namespace
}  // namespace parley::broker::redis
