#include "storage/sqlite/seen_drafts.h"

#include <chrono>
#include <map>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "storage/contract/concurrency_suite.h"
#include "storage/contract/people.h"
#include "storage/sqlite/fixture_for_test.h"

namespace parley::storage::contract {
namespace {

class SeenDraftsTest : public Suite<SqliteFixture> {
 public:
  void SetUp() override {
    engine.close();
    engine.options.dedup_window = 20;
    engine.open();
    alice = user("alice");
    bob = user("bob");
    chat = direct(alice, bob);
  }

  void send_many(int from, int to) {
    for (int i = from; i < to; ++i)
      EXPECT_TRUE(try_send(alice, chat, std::to_string(i), "id " + std::to_string(i))->first_time);
  }
  void expect_all_known(int from, int to) {
    for (int i = from; i < to; ++i) {
      const auto again = try_send(alice, chat, "again", "id " + std::to_string(i)).value();
      ASSERT_FALSE(again.first_time) << i;
      ASSERT_EQ(again.message.seq, i + 1);
      ASSERT_EQ(again.message.content, std::to_string(i));
    }
  }
  std::int64_t indexed() {
    SqliteConnection db{engine.options.directory / "parley.db", SqliteConnection::Mode::read};
    auto row = db.query("SELECT count(*) FROM client_ids");
    row.next();
    return row.integer(0);
  }

  UserId alice, bob;
  ChatId chat;
};

TEST_F(SeenDraftsTest, RepeatsAreKnownHoweverManyCameSince) {
  send_many(0, 500);
  EXPECT_GT(indexed(), 400) << "only the window is in memory";
  expect_all_known(0, 500);
}

TEST_F(SeenDraftsTest, RepeatsAreKnownAfterRestarts) {
  for (int from = 0; from < 300; from += 50) {
    send_many(from, from + 50);
    engine.reopen();
    expect_all_known(0, from + 50);
  }
  EXPECT_EQ(log(bob, chat).size(), 300u);
}

TEST_F(SeenDraftsTest, OlderIdsMoveToTheTableInALull) {
  send_many(0, 15);  // half of the window is full, and nothing forces it out
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (indexed() < 10 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  EXPECT_EQ(indexed(), 10);
  expect_all_known(0, 15);
}

TEST_F(SeenDraftsTest, ALargeWindowKeepsTheSendPathFreeOfTheTable) {
  engine.close();
  engine.options.dedup_window = 100'000;
  engine.open();
  send_many(0, 500);
  EXPECT_EQ(indexed(), 0);
}

TEST_F(SeenDraftsTest, TheFilterSparesNewDraftsTheTable) {
  send_many(0, 400);
  engine.reopen();
  // The filter is taken over at a commit after it was built.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  std::uint64_t cost = 0;
  int i = 400;
  do {
    const std::uint64_t before_it = engine.database->statements_written();
    send_many(i, i + 1);
    cost = engine.database->statements_written() - before_it;
    ++i;
  } while (cost != 2 && std::chrono::steady_clock::now() < deadline);
  EXPECT_EQ(cost, 2u);
  expect_all_known(0, i);
}

TEST(ClientIdWindowTest, HoldsWhatAMultimapWouldHold) {
  EXPECT_TRUE(rc::check("add and remove", [] {
    ClientIdWindow window;
    std::multimap<std::uint64_t, std::uint64_t> model;
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 60));
    std::uint64_t entry = 0;
    for (const int step : steps) {
      // Few hashes, side by side at both ends of the table: many collisions, also over the edge.
      const std::uint64_t hash = static_cast<std::uint64_t>(step % 20) * 0x0300000000000000ULL +
                                 (step % 3 == 0 ? 0xff00000000000000ULL : 0);
      if (step % 4 != 0 || model.empty()) {
        window.add({.hash = hash, .entry = ++entry});
        model.emplace(hash, entry);
      } else {
        const auto victim = std::next(model.begin(), step % std::ssize(model));
        window.remove({.hash = victim->first, .entry = victim->second});
        model.erase(victim);
      }
    }
    RC_ASSERT(window.size() == model.size());
    for (const auto& [hash, kept] : model)
      RC_ASSERT(window.find(hash, [&](std::uint64_t found) { return found == kept; }));
    std::size_t found = 0;
    for (const SeenId seen : window.slots()) found += seen.entry != 0 ? 1 : 0;
    RC_ASSERT(found == model.size());
  }));
}

TEST(BloomFilterTest, NeverForgetsAndSeldomErrs) {
  BloomFilter filter{10'000};
  const auto hash = [](std::uint64_t i) {
    std::uint64_t x = i * 0x9e3779b97f4a7c15ULL;
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9ULL;
    return x ^ (x >> 32);
  };
  for (std::uint64_t i = 0; i < 10'000; ++i) filter.add(hash(i));
  int wrong = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(filter.may_contain(hash(i)));
    wrong += filter.may_contain(hash(i + 1'000'000)) ? 1 : 0;
  }
  EXPECT_LT(wrong, 300) << "three in a hundred";
}

}  // namespace
}  // namespace parley::storage::contract
