#include <algorithm>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>

#include "base/clock.h"
#include "base/id_source.h"
#include "base/task.h"
#include "broker/redis/client.h"
#include "broker/redis/server_for_test.h"
#include "micro/server_cpu.h"
#include "storage/postgres/database.h"
#include "storage/postgres/server_for_test.h"
#include "storage/sql/user_store.h"
#include "storage/sqlite/fixture_for_test.h"

// What a profile costs that is read from the store, and what it would cost to have it from Redis
// instead: the processor time of this process and that of the engine, per profile. Decision 0014
// rests on it. Those of PostgreSQL are skipped without PARLEY_TEST_POSTGRES, those of Redis where
// none is installed.
namespace {

using namespace parley;

constexpr std::uint64_t kUsers = 1000;
constexpr std::uint64_t kChunk = 20'000;

// `window` callers on one loop, each with one call outstanding.
void measure(benchmark::State& state, const std::function<Task<void>(std::uint64_t)>& ask,
             const std::function<double()>& engine_micros) {
  Loop loop{1};
  double cpu = 0, engine_cpu = 0;
  std::uint64_t done = 0;
  for (auto _ : state) {
    const double before = micro::process_cpu_micros(), engine_before = engine_micros();
    std::uint64_t left = kChunk;
    std::int64_t running = state.range(0);
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      boost::asio::co_spawn(
          loop,
          [&]() -> Task<void> {
            while (left > 0) co_await ask(--left % kUsers + 1);
            --running;
          },
          [](const std::exception_ptr& failure) {
            if (failure) std::rethrow_exception(failure);
          });
    }
    const auto guard = boost::asio::make_work_guard(loop);
    loop.restart();
    while (running > 0) loop.run_one();
    cpu += micro::process_cpu_micros() - before;
    engine_cpu += engine_micros() - engine_before;
    done += kChunk;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(done));
  state.counters["micros"] = cpu / static_cast<double>(done);
  state.counters["engineMicros"] = engine_cpu / static_cast<double>(done);
}

// What somebody has written about themselves, with their keys.
std::string key_of(char c) { return std::string(43, c) + "="; }

struct OnPostgres {
  explicit OnPostgres(std::string server) : test(std::move(server), "template1") {
    database.emplace(storage::PostgresOptions{.url = test.url()}, ids, clock);
    test.ask(
        "INSERT INTO users (id, username, display_name, about, email, email_verified,"
        " password_hash, created_at, language, public_key, identity_key)"
        " SELECT i, 'user' || i, 'Somebody ' || i, 'I climb, and I read.', 'u' || i ||"
        " '@example.org', 1, '-', 0, 'en', '" +
        key_of('p') + "', '" + key_of('i') + "' FROM generate_series(1, " + std::to_string(kUsers) +
        ") i");
    test.ask("VACUUM ANALYZE");
    users.emplace(*database);
  }
  static OnPostgres* shared() {
    static const std::unique_ptr<OnPostgres> one = []() -> std::unique_ptr<OnPostgres> {
      const char* given = std::getenv("PARLEY_TEST_POSTGRES");
      return given && *given ? std::make_unique<OnPostgres>(given) : nullptr;
    }();
    return one.get();
  }

  SystemClock clock;
  IdSource ids{clock, 1};
  storage::TestDatabase test;
  std::optional<storage::PostgresDatabase> database;
  std::optional<storage::SqlUserStore> users;
  const micro::ServerCpu server{test};
};

template <class Ask>
void on_postgres(benchmark::State& state, Ask ask) {
  OnPostgres* const store = OnPostgres::shared();
  if (!store) return state.SkipWithError("PARLEY_TEST_POSTGRES names no server");
  measure(
      state, [&](std::uint64_t user) { return ask(*store->users, user); },
      [&] { return store->server.micros(); });
}

Task<void> find(user::UserStore& users, std::uint64_t user) {
  const auto profile = co_await users.find(UserId{user});
  benchmark::DoNotOptimize(profile.value().username.size());
}

// As `user:get` does: with what the one who asks may see.
Task<void> find_by_name(user::UserStore& users, std::uint64_t user) {
  const auto seen =
      co_await users.find_by_name(UserId{user % kUsers + 1}, "user" + std::to_string(user));
  benchmark::DoNotOptimize(seen.value().username.size());
}

void ProfileFromPostgres(benchmark::State& state) { on_postgres(state, find); }
BENCHMARK(ProfileFromPostgres)->Arg(1)->Arg(64)->UseRealTime()->Unit(benchmark::kMillisecond);

void PersonFromPostgres(benchmark::State& state) { on_postgres(state, find_by_name); }
BENCHMARK(PersonFromPostgres)->Arg(1)->Arg(64)->UseRealTime()->Unit(benchmark::kMillisecond);

void ProfileFromSqlite(benchmark::State& state) {
  static storage::SqliteFixture store;
  if (!await(store.users().find_by_name(UserId{1}, "user1"))) {
    await(store.database->write([](storage::Transaction& transaction) {
      for (std::uint64_t i = 1; i <= kUsers; ++i)
        transaction.db().run(
            "INSERT INTO users (id, username, display_name, about, password_hash, created_at,"
            " public_key, identity_key) VALUES (?1, ?2, ?2, 'I climb, and I read.', '-', 0, ?3,"
            " ?4)",
            UserId{i}, "user" + std::to_string(i), key_of('p'), key_of('i'));
      return true;
    }));
  }
  measure(state, [&](std::uint64_t user) { return find(store.users(), user); }, [] { return 0.0; });
}
BENCHMARK(ProfileFromSqlite)->Arg(1)->Arg(64)->UseRealTime()->Unit(benchmark::kMillisecond);

// Only brings the bytes: taking them apart would come on top.
void ProfileFromRedis(benchmark::State& state) {
  namespace redis = broker::redis;
  if (!redis::installed()) return state.SkipWithError("there is no redis-server");
  static const auto server = std::make_unique<redis::Server>();
  redis::Client client{redis::options_for(server->url())};
  for (std::uint64_t i = 1; i <= kUsers; ++i)
    server->ask({"SET", "parley:cache:profile:" + std::to_string(i), std::string(420, 'x')});
  const auto used = [&] {
    const std::string info = server->ask({"INFO", "cpu"}).text;
    double sum = 0;
    for (const std::string_view name : {"used_cpu_sys:", "used_cpu_user:"})
      sum += std::strtod(info.data() + info.find(name) + name.size(), nullptr);
    return sum * 1e6;
  };
  measure(
      state,
      [&](std::uint64_t user) -> Task<void> {
        const auto reply = co_await client.ask(
            redis::make_command({"GET", "parley:cache:profile:" + std::to_string(user)}),
            std::chrono::seconds{1});
        if (reply->text.size() != 420) throw std::runtime_error("no profile");
      },
      used);
  client.stop();
}
BENCHMARK(ProfileFromRedis)->Arg(1)->Arg(64)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
