#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>

#include "base/clock.h"
#include "base/id_source.h"
#include "base/task.h"
#include "micro/server_cpu.h"
#include "storage/postgres/chat_writers.h"
#include "storage/postgres/migrate.h"
#include "storage/postgres/partitions.h"
#include "storage/postgres/server_for_test.h"
#include "storage/sql/migration.h"

// What is written on the hot path of PostgreSQL, by itself: the durable part of the rounds of
// `pairs`. Skipped without PARLEY_TEST_POSTGRES, a server on this machine whose processor time is
// counted too. How fast its disk is shows in the time a round takes, not in what it costs.
namespace {

using namespace parley;
using micro::process_cpu_micros;

constexpr std::size_t kPairs = 100;
constexpr std::size_t kGroup = 100;

// A database of its own with kPairs direct chats and one group, and one loop to call it from.
class Store {
 public:
  explicit Store(std::string server)
      : database_(std::move(server), "template1"), server_(database_) {
    {
      storage::PostgresConnection db{{.url = database_.url()}};
      storage::migrate(db, storage::postgres_migrations(), clock_.now());
      storage::make_partitions(db, clock_.now());
    }
    database_.ask(
        "INSERT INTO users (id, username, display_name, password_hash, created_at)"
        " SELECT i, 'user' || i, 'User', '-', 0 FROM generate_series(1, 200) i");
    database_.ask(
        "INSERT INTO chats SELECT 1000 + i, 0, '', '', 0, 1, 0, 0, 0, 1000 + i, 0, 1"
        " FROM generate_series(1, 100) i");
    database_.ask(
        "INSERT INTO participants (chat_id, user_id, role, delivered_seq, read_seq, joined_at,"
        " joined_seq, entered_seq, peer_id) SELECT 1000 + i, u, 0, 0, 0, 0, 0, 0, 4 * i - 1 - u"
        " FROM generate_series(1, 100) i, LATERAL (VALUES (2 * i - 1), (2 * i)) p (u)");
    database_.ask("INSERT INTO chats VALUES (5000, 1, '', '', 0, 1, 0, 0, 0, 5000, 0, 1)");
    database_.ask(
        "INSERT INTO participants (chat_id, user_id, role, delivered_seq, read_seq, joined_at,"
        " joined_seq, entered_seq) SELECT 5000, i, 0, 0, 0, 0, 0, 0 FROM generate_series(1, 100) "
        "i");
    database_.ask("VACUUM ANALYZE");
    for (std::uint64_t i = 1; i <= kPairs; ++i)
      pairs.push_back(
          {.author = UserId{2 * i - 1}, .reader = UserId{2 * i}, .chat = ChatId{1000 + i}});
    storage::PostgresChatWriters::Options options;
    options.each.connection.url = database_.url();
    if (const char* given = std::getenv("PARLEY_MICRO_WRITERS"))
      options.writers = static_cast<unsigned>(std::atoi(given));
    writers.emplace(options, ids_, clock_);
  }

  // The server that is given; null without one.
  static Store* shared() {
    static const std::unique_ptr<Store> store = []() -> std::unique_ptr<Store> {
      const char* given = std::getenv("PARLEY_TEST_POSTGRES");
      return given && *given ? std::make_unique<Store>(given) : nullptr;
    }();
    return store.get();
  }

  struct Pair {
    UserId author;
    UserId reader;
    ChatId chat;
    std::uint64_t sent = 0;
  };

  void start(Task<void> task) {
    boost::asio::co_spawn(loop_, std::move(task), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  // Until all that was started has ended.
  void run() {
    const auto guard = boost::asio::make_work_guard(loop_);
    loop_.restart();
    while (running > 0) loop_.run_one();
  }

  double server_cpu_micros() const { return server_.micros(); }

  std::vector<Pair> pairs;
  std::optional<storage::PostgresChatWriters> writers;
  std::size_t running = 0;
  std::uint64_t group_sent = 0;

 private:
  SystemClock clock_;
  IdSource ids_{clock_, 1};
  Loop loop_{1};
  storage::TestDatabase database_;
  const micro::ServerCpu server_;
};

chat::Draft draft(UserId author, ChatId chat, const std::string& number) {
  return {.chat_id = chat,
          .sender_id = author,
          .content = number + std::string(150 - number.size(), 'x'),
          .client_message_id = "b5e1f00d-" + number};
}

// One of a pair's callers: a message, then the other's receipt, until `rounds` are used up.
Task<void> make_rounds(Store& store, Store::Pair& pair, std::uint64_t& rounds) {
  while (rounds > 0) {
    --rounds;
    const std::string number = std::to_string(pair.sent++);
    const auto accepted = co_await store.writers->append(draft(pair.author, pair.chat, number));
    const Seq seq = accepted.value().message.seq;
    const auto moved = co_await store.writers->mark(
        {.chat_id = pair.chat, .user_id = pair.reader, .receipt = {.delivered = seq, .read = 0}});
    benchmark::DoNotOptimize(moved.value().after.delivered);
  }
  --store.running;
}

// Everybody in a group sends and marks.
Task<void> make_group_rounds(Store& store, UserId me, std::uint64_t& rounds) {
  while (rounds > 0) {
    --rounds;
    const std::string number = std::to_string(store.group_sent++);
    const auto accepted = co_await store.writers->append(draft(me, ChatId{5000}, number));
    const Seq seq = accepted.value().message.seq;
    const auto moved = co_await store.writers->mark(
        {.chat_id = ChatId{5000}, .user_id = me, .receipt = {.delivered = seq, .read = seq}});
    benchmark::DoNotOptimize(moved.value().after.delivered);
  }
  --store.running;
}

template <class Start>
void measure(benchmark::State& state, std::uint64_t chunk, Start start) {
  Store* const store = Store::shared();
  if (!store) {
    state.SkipWithError("PARLEY_TEST_POSTGRES names no server");
    return;
  }
  double cpu = 0, server_cpu = 0;
  std::uint64_t commits = 0, done = 0;
  for (auto _ : state) {
    const double cpu_before = micro::process_cpu_micros(),
                 server_before = store->server_cpu_micros();
    const std::uint64_t commits_before = store->writers->commits();
    std::uint64_t rounds = chunk;
    start(*store, rounds);
    store->run();
    cpu += micro::process_cpu_micros() - cpu_before;
    server_cpu += store->server_cpu_micros() - server_before;
    commits += store->writers->commits() - commits_before;
    done += chunk;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(done));
  state.counters["microsPerRound"] = cpu / static_cast<double>(done);
  state.counters["serverMicrosPerRound"] = server_cpu / static_cast<double>(done);
  state.counters["callsPerCommit"] =
      2.0 * static_cast<double>(done) / static_cast<double>(std::max<std::uint64_t>(commits, 1));
}

// `window` callers for each of `pairs` chats, each with one call outstanding.
void PostgresRound(benchmark::State& state) {
  const auto pairs = static_cast<std::size_t>(state.range(0));
  const auto window = static_cast<std::size_t>(state.range(1));
  measure(state, pairs * window == 1 ? 1'000 : 20'000, [&](Store& store, std::uint64_t& rounds) {
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      for (std::size_t i = 0; i < window; ++i) {
        ++store.running;
        store.start(make_rounds(store, store.pairs[pair], rounds));
      }
    }
  });
}
BENCHMARK(PostgresRound)
    ->ArgNames({"pairs", "window"})
    ->Args({1, 1})
    ->Args({100, 1})
    ->Args({100, 16})
    ->Args({100, 64})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void PostgresGroupRound(benchmark::State& state) {
  measure(state, 5'000, [&](Store& store, std::uint64_t& rounds) {
    for (std::uint64_t member = 1; member <= kGroup; ++member) {
      ++store.running;
      store.start(make_group_rounds(store, UserId{member}, rounds));
    }
  });
}
BENCHMARK(PostgresGroupRound)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
