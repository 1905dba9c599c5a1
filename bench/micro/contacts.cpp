#include <cstdlib>
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
#include "storage/sql/contact_store.h"
#include "storage/sql/user_store.h"
#include "storage/sqlite/database.h"
#include "user/phone_hash.h"

// Contact sync and search by themselves, among 100,000 people with verified numbers.
namespace {

using namespace parley;

constexpr std::size_t kPeople = 100'000;
constexpr std::size_t kBook = 5'000;

std::filesystem::path contacts_folder() {
  const char* given = std::getenv("PARLEY_MICRO_DATA");
  return std::filesystem::path{given != nullptr ? given : "build/bench-data/micro"} / "contacts";
}

std::string number_of(std::size_t person) { return "+4915" + std::to_string(10'000'000 + person); }

class Town {
 public:
  Town() {
    std::filesystem::remove_all(contacts_folder());
    database_ = std::make_unique<storage::SqliteDatabase>(
        storage::Options{.directory = contacts_folder()}, ids_, clock_);
    users_ = std::make_unique<storage::SqlUserStore>(*database_);
    contacts = std::make_unique<storage::SqlContactStore>(*database_);
    for (std::size_t first = 0; first < kPeople; first += 1'000) {
      for (std::size_t i = 0; i < 1'000; ++i) start(move_in(first + i));
      run();
    }
    start(prepare());
    run();
  }
  ~Town() {
    contacts.reset();
    database_.reset();
    std::filesystem::remove_all(contacts_folder());
  }
  Town(const Town&) = delete;
  Town& operator=(const Town&) = delete;

  static Town& shared() {
    static Town town;
    return town;
  }

  void start(Task<void> task) {
    boost::asio::co_spawn(loop_, std::move(task), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  void run() {
    loop_.restart();
    loop_.run();
  }

  // An address book of which `registered` numbers are here, spread over the town.
  std::vector<std::string> book(std::size_t registered) const {
    std::vector<std::string> hashes;
    for (std::size_t i = 0; i < kBook; ++i)
      hashes.push_back(user::phone_hash(
          salt.salt, i < registered ? number_of(i * (kPeople / kBook)) : number_of(kPeople + i)));
    return hashes;
  }

  user::PhoneSalt salt;
  UserId reader;
  std::unique_ptr<storage::SqlContactStore> contacts;

 private:
  Task<void> move_in(std::size_t person) {
    user::NewUser user{.username = "person" + std::to_string(person) + "x",
                       .display_name = "Person Number" + std::to_string(person),
                       .phone_number = number_of(person),
                       .phone_verified = true,
                       .password_hash = "-"};
    const auto made = co_await users_->create(std::move(user), nullptr);
    reader = made.value().id;
  }
  Task<void> prepare() {
    salt = co_await contacts->phone_salt();
    while (co_await contacts->rotate_phone_salt()) {
    }
  }

  SystemClock clock_;
  IdSource ids_{clock_, 1};
  Loop loop_{1};
  std::unique_ptr<storage::SqliteDatabase> database_;
  std::unique_ptr<storage::SqlUserStore> users_;
};

Task<void> sync_book(Town& town, std::vector<std::string> hashes, std::size_t& found) {
  const auto synced = co_await town.contacts->add_hashed(town.reader, town.salt.id, hashes);
  found = synced.value().size();
}

Task<void> forget_book(Town& town, std::vector<std::string> hashes) {
  const auto removed = co_await town.contacts->remove_hashed(town.reader, town.salt.id, hashes);
  benchmark::DoNotOptimize(removed.value());
}

// contact:sync of 5,000 hashes, `registered` of them known; all of those are new contacts when
// `fresh`, and contacts already when not.
void ContactSync(benchmark::State& state) {
  Town& town = Town::shared();
  const auto hashes = town.book(static_cast<std::size_t>(state.range(0)));
  const bool fresh = state.range(1) != 0;
  std::size_t found = 0;
  if (!fresh) {
    town.start(sync_book(town, hashes, found));
    town.run();
  }
  for (auto _ : state) {
    town.start(sync_book(town, hashes, found));
    town.run();
    if (!fresh) continue;
    state.PauseTiming();
    town.start(forget_book(town, hashes));
    town.run();
    state.ResumeTiming();
  }
  town.start(forget_book(town, hashes));
  town.run();
  state.counters["found"] = static_cast<double>(found);
}
BENCHMARK(ContactSync)
    ->ArgNames({"registered", "fresh"})
    ->Args({500, 0})
    ->Args({500, 1})
    ->Args({5000, 0})
    ->Args({5000, 1})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

Task<void> search(Town& town, std::string text, std::size_t& found) {
  const auto users = co_await town.contacts->search(town.reader, std::move(text), 20);
  found = users.value().size();
}

// The worst cases: a beginning that everybody has, in usernames (0) or in display names (1); and
// one that few have (2).
void UserSearch(benchmark::State& state) {
  Town& town = Town::shared();
  const std::vector<std::string> texts{"pers", "numb", "number4711"};
  std::size_t found = 0;
  for (auto _ : state) {
    town.start(search(town, texts[static_cast<std::size_t>(state.range(0))], found));
    town.run();
  }
  state.counters["found"] = static_cast<double>(found);
}
BENCHMARK(UserSearch)->Arg(0)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
