#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/await_for_test.h"
#include "base/clock.h"
#include "base/id_source.h"
#include "micro/server_cpu.h"
#include "storage/postgres/database.h"
#include "storage/postgres/message_store.h"
#include "storage/sql/chat_store.h"
#include "storage/sql/user_store.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/message_store.h"

// What a list of chats costs, a page of sync, and whether somebody may see forty others: by
// themselves, on both engines. PostgreSQL's are skipped without PARLEY_TEST_POSTGRES, a server on
// this machine whose processor time is counted too.
namespace {

using namespace parley;

constexpr int kDirect = 90;
constexpr int kGroups = 10;
constexpr int kGroup = 30;
constexpr int kOthers = 2000;  // of whom most have to do with each other only

struct SqliteEngine {
  static bool there() { return true; }
  static std::filesystem::path folder() {
    const char* given = std::getenv("PARLEY_MICRO_DATA");
    return std::filesystem::path{given ? given : "build/bench-data/micro"} += "-lists";
  }
  SqliteEngine() {
    std::filesystem::remove_all(folder());
    database.emplace(storage::Options{.directory = folder()}, ids, clock);
    messages.emplace(*database);
  }
  ~SqliteEngine() {
    messages.reset();
    database.reset();
    std::filesystem::remove_all(folder());
  }
  // The rows are as they are when nobody has written for a while.
  void settle() { std::this_thread::sleep_for(std::chrono::seconds{2}); }
  double server_micros() const { return 0; }

  SystemClock clock;
  IdSource ids{clock, 1};
  std::optional<storage::SqliteDatabase> database;
  std::optional<storage::SqliteMessageStore> messages;
};

struct PostgresEngine {
  static std::string server() {
    const char* given = std::getenv("PARLEY_TEST_POSTGRES");
    return given ? given : "";
  }
  static bool there() { return !server().empty(); }
  PostgresEngine() : where(server(), "template1"), cpu(where) {
    database.emplace(storage::PostgresOptions{.url = where.url(), .readers = 1}, ids, clock);
    messages.emplace(*database);
  }
  void settle() { where.ask("VACUUM ANALYZE"); }
  double server_micros() const { return cpu.micros(); }

  SystemClock clock;
  IdSource ids{clock, 1};
  storage::TestDatabase where;
  micro::ServerCpu cpu;
  std::optional<storage::PostgresDatabase> database;
  std::optional<storage::PostgresMessageStore> messages;
};

// Somebody with a hundred chats, in which there is something to be read.
template <class Engine>
class World {
 public:
  World() {
    me = user("me");
    for (int i = 0; i < kOthers; ++i) others.push_back(user("other" + std::to_string(i)));
    for (int i = 0; i + 1 < kOthers; i += 2) converse(direct(others[at(i)], others[at(i + 1)]), i);
    for (int i = 0; i < kDirect; ++i) converse(direct(me, others[at(i)]), i);
    for (int i = 0; i < kGroups; ++i) {
      std::vector<UserId> members{others.begin() + i, others.begin() + i + kGroup};
      const UserId creator = members.back();
      members.push_back(me);
      converse({.chat = await(chats.create_group({.creator = creator,
                                                  .name = "Group",
                                                  .description = "",
                                                  .members = std::move(members)}))
                            .value()
                            .entry.chat_id,
                .one = creator,
                .other = me},
               i);
    }
    engine.settle();
  }

  static World& shared() {
    static World world;
    return world;
  }

  Engine engine;
  storage::SqlUserStore users{*engine.database};
  storage::SqlChatStore chats{*engine.database, 1024};
  UserId me;
  std::vector<UserId> others;

 private:
  struct Pair {
    ChatId chat;
    UserId one;
    UserId other;
  };

  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  UserId user(std::string name) {
    return await(users.create({.username = name,
                               .display_name = name,
                               .email = {},
                               .phone_number = {},
                               .password_hash = "-"},
                              nullptr))
        .value()
        .id;
  }
  Pair direct(UserId one, UserId other) {
    return {
        .chat = await(chats.open_direct(one, other)).value().chat.id, .one = one, .other = other};
  }
  void converse(Pair pair, int number) {
    Seq seq = 0;
    for (int i = 0; i < 4; ++i) {
      if (i == 2)
        await(engine.messages->mark({.chat_id = pair.chat,
                                     .user_id = pair.one,
                                     .receipt = {.delivered = seq, .read = seq}}))
            .value();
      chat::Draft draft{
          .chat_id = pair.chat,
          .sender_id = i % 2 == 0 ? pair.other : pair.one,
          .content = std::string(100, 'x'),
          .client_message_id = std::to_string(number) + '-' + std::to_string(++drafts_)};
      seq = await(engine.messages->append(std::move(draft))).value().message.seq;
    }
  }

  std::uint64_t drafts_ = 0;
};

template <class Engine, class Act>
void measure(benchmark::State& state, Act act) {
  if (!Engine::there()) {
    state.SkipWithError("PARLEY_TEST_POSTGRES names no server");
    return;
  }
  World<Engine>& world = World<Engine>::shared();
  const BorrowedLoop loop;
  for (int i = 0; i < 20; ++i) act(world, *loop);  // statements are prepared, and planned once
  const double cpu = micro::process_cpu_micros();
  const double server = world.engine.server_micros();
  for (auto _ : state) act(world, *loop);
  const auto calls = static_cast<double>(state.iterations());
  state.counters["micros"] = (micro::process_cpu_micros() - cpu) / calls;
  state.counters["serverMicros"] = (world.engine.server_micros() - server) / calls;
}

template <class Engine>
void ListChats(benchmark::State& state) {
  measure<Engine>(state, [&](World<Engine>& world, Loop& loop) {
    const auto page = await(loop, world.chats.list(world.me, {}, state.range(0)));
    if (std::ssize(page.value().chats) != state.range(0)) state.SkipWithError("not all chats");
  });
}

template <class Engine>
void SyncChats(benchmark::State& state) {
  measure<Engine>(state, [&](World<Engine>& world, Loop& loop) {
    const auto page = await(loop, world.engine.messages->sync(world.me, {}, state.range(0)));
    if (std::ssize(page.value().chats) != state.range(0)) state.SkipWithError("not all chats");
  });
}

template <class Engine>
void Sights(benchmark::State& state) {
  measure<Engine>(state, [&](World<Engine>& world, Loop& loop) {
    std::vector<Gaze> gazes;
    for (int i = 0; i < state.range(0); ++i)
      gazes.push_back({.viewer = world.me, .owner = world.others[static_cast<std::size_t>(i)]});
    benchmark::DoNotOptimize(await(loop, world.chats.sights(std::move(gazes))));
  });
}

#define PARLEY_LISTS(Name)             \
  BENCHMARK(Name<SqliteEngine>)        \
      ->ArgName("size")                \
      ->Arg(1)                         \
      ->Arg(20)                        \
      ->Arg(100)                       \
      ->UseRealTime()                  \
      ->Unit(benchmark::kMicrosecond); \
  BENCHMARK(Name<PostgresEngine>)      \
      ->ArgName("size")                \
      ->Arg(1)                         \
      ->Arg(20)                        \
      ->Arg(100)                       \
      ->UseRealTime()                  \
      ->Unit(benchmark::kMicrosecond)

PARLEY_LISTS(ListChats);
PARLEY_LISTS(SyncChats);
PARLEY_LISTS(Sights);

}  // namespace
