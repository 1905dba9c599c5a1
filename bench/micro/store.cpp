#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>

#include "base/clock.h"
#include "base/id_source.h"
#include "base/task.h"
#include "storage/sql/chat_store.h"
#include "storage/sql/user_store.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/message_store.h"

// The store by itself, through its ports and without a network: what `pairs` asks of it, and what
// `history` does.
namespace {

using namespace parley;

constexpr std::size_t kPairs = 100;

std::filesystem::path data_folder() {
  const char* given = std::getenv("PARLEY_MICRO_DATA");
  return given != nullptr ? given : "build/bench-data/micro";
}

double process_cpu_micros() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

// A store with kPairs direct chats, and one loop to call it from. Made once and kept until the
// program ends, so that every repetition writes on.
class Store {
 public:
  Store() {
    std::filesystem::remove_all(data_folder());
    database_ = std::make_unique<storage::SqliteDatabase>(
        storage::Options{.directory = data_folder()}, ids_, clock_);
    users_ = std::make_unique<storage::SqlUserStore>(*database_);
    chats_ = std::make_unique<storage::SqlChatStore>(*database_, 1024);
    messages = std::make_unique<storage::SqliteMessageStore>(*database_);
    start(open_pairs());
    run();
  }
  ~Store() {
    messages.reset();
    database_.reset();
    std::filesystem::remove_all(data_folder());
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  static Store& shared() {
    static Store store;
    return store;
  }

  struct Pair {
    UserId author;
    UserId reader;
    ChatId chat;
    std::uint64_t sent = 0;
  };

  void start(Task<void> task) {
    boost::asio::co_spawn(loop_, std::move(task), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }

  // Until all that was started has ended.
  void run() {
    loop_.restart();
    loop_.run();
  }

  std::uint64_t commits() { return database_->writer().commits(); }

  std::vector<Pair> pairs;
  std::unique_ptr<storage::SqliteMessageStore> messages;

 private:
  Task<void> open_pairs() {
    for (std::size_t i = 0; i < kPairs; ++i) {
      Pair pair;
      pair.author = co_await make_user("author" + std::to_string(i));
      pair.reader = co_await make_user("reader" + std::to_string(i));
      const auto opened = co_await chats_->open_direct(pair.author, pair.reader);
      pair.chat = opened.value().chat.id;
      pairs.push_back(pair);
    }
  }

  Task<UserId> make_user(std::string name) {
    user::NewUser user{.username = name,
                       .display_name = name,
                       .email = {},
                       .phone_number = {},
                       .password_hash = "-"};
    const auto profile = co_await users_->create(std::move(user), nullptr);
    co_return profile.value().id;
  }

  SystemClock clock_;
  IdSource ids_{clock_, 1};
  Loop loop_{1};
  std::unique_ptr<storage::SqliteDatabase> database_;
  std::unique_ptr<storage::SqlUserStore> users_;
  std::unique_ptr<storage::SqlChatStore> chats_;
};

// One of a pair's callers: a message, then the other's receipt, until `rounds` are used up.
Task<void> make_rounds(Store& store, Store::Pair& pair, std::uint64_t& rounds) {
  while (rounds > 0) {
    --rounds;
    const std::string number = std::to_string(pair.sent++);
    chat::Draft draft{.chat_id = pair.chat,
                      .sender_id = pair.author,
                      .content = number + std::string(150 - number.size(), 'x'),
                      .client_message_id = "b5e1f00d-" + number};
    const auto accepted = co_await store.messages->append(std::move(draft));
    const Seq seq = accepted.value().message.seq;
    chat::Mark mark{
        .chat_id = pair.chat, .user_id = pair.reader, .receipt = {.delivered = seq, .read = 0}};
    const auto moved = co_await store.messages->mark(std::move(mark));
    benchmark::DoNotOptimize(moved.value().after.delivered);
  }
}

// `window` callers for each of 100 chats, each with one call outstanding: the durable part of the
// rounds of `pairs`. The figure is CPU of the whole process, the writer's and the callers' threads.
void StoreRound(benchmark::State& state) {
  Store& store = Store::shared();
  const auto window = static_cast<std::size_t>(state.range(0));
  constexpr std::uint64_t kChunk = 20'000;
  double cpu = 0;
  std::uint64_t commits = 0;
  std::uint64_t done = 0;
  for (auto _ : state) {
    const double cpu_before = process_cpu_micros();
    const std::uint64_t commits_before = store.commits();
    std::uint64_t rounds = kChunk;
    for (Store::Pair& pair : store.pairs) {
      for (std::size_t i = 0; i < window; ++i) store.start(make_rounds(store, pair, rounds));
    }
    store.run();
    cpu += process_cpu_micros() - cpu_before;
    commits += store.commits() - commits_before;
    done += kChunk;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(done));
  state.counters["microsPerRound"] = cpu / static_cast<double>(done);
  state.counters["callsPerCommit"] =
      2.0 * static_cast<double>(done) / static_cast<double>(std::max<std::uint64_t>(commits, 1));
}
BENCHMARK(StoreRound)
    ->ArgName("window")
    ->Arg(1)
    ->Arg(16)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

Task<void> read_page(Store& store, const Store::Pair& pair) {
  const auto page =
      co_await store.messages->history(pair.reader, {.chat_id = pair.chat,
                                                     .before = static_cast<Seq>(pair.sent),
                                                     .after = {},
                                                     .around = {},
                                                     .limit = 50});
  benchmark::DoNotOptimize(page.value().messages.size());
}

// A page of 50 by itself, with the hand-over to a reader's thread and back.
void StorePage(benchmark::State& state) {
  Store& store = Store::shared();
  std::size_t next = 0;
  for (auto _ : state) {
    store.start(read_page(store, store.pairs[next++ % kPairs]));
    store.run();
  }
}
BENCHMARK(StorePage)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
