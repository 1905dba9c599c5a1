#include "base/id_source.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace parley {
namespace {

using namespace std::chrono_literals;
using TestId = Id<struct TestKind>;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};

struct IdSourceTest : testing::Test {
  TestId next() { return ids.next<struct TestKind>(); }

  ManualClock clock{kNow};
  IdSource ids{clock, 5};
};

TEST_F(IdSourceTest, IdsTellWhenTheyWereMade) {
  EXPECT_EQ(IdSource::time_of(next().value()), kNow);
  clock.advance(1234ms);
  EXPECT_EQ(IdSource::time_of(next().value()), kNow + 1234ms);
}

TEST_F(IdSourceTest, IdsIncreaseWhileTheClockStandsStill) {
  TestId last = next();
  for (int i = 0; i < 20'000; ++i) {  // more than the 4096 of one millisecond
    const TestId id = next();
    ASSERT_GT(id, last);
    last = id;
  }
  // Borrowed from the future, one millisecond per 4096.
  EXPECT_EQ(IdSource::time_of(last.value()), kNow + 4ms);
}

TEST_F(IdSourceTest, IdsIncreaseWhenTheClockGoesBack) {
  const TestId before = next();
  clock.advance(-1h);
  const TestId after = next();
  EXPECT_GT(after, before);
  clock.advance(2h);
  EXPECT_EQ(IdSource::time_of(next().value()), kNow + 1h);
}

TEST_F(IdSourceTest, ThreadsNeverGetTheSameId) {
  constexpr int kEach = 50'000;
  std::vector<std::vector<std::uint64_t>> got(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : got) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) mine.push_back(next().value());
      });
    }
    for (int i = 0; i < 100; ++i) clock.advance(i % 3 == 0 ? -2ms : 1ms);
  }
  std::vector<std::uint64_t> all;
  for (const auto& mine : got) {
    EXPECT_TRUE(std::ranges::is_sorted(mine));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

TEST_F(IdSourceTest, NodesNeverMakeTheSameId) {
  IdSource other{clock, 6};
  std::set<std::uint64_t> all;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(all.insert(next().value()).second);
    EXPECT_TRUE(all.insert(other.next<struct TestKind>().value()).second);
  }
}

TEST_F(IdSourceTest, ContinuesAfterWhatAnEarlierRunGaveOut) {
  clock.advance(1h);
  IdSource earlier{clock, 1023};  // another node number, and a faster clock
  std::uint64_t seen = 0;
  for (int i = 0; i < 4096; ++i) seen = earlier.next<struct TestKind>().value();
  clock.advance(-2h);
  ids.continue_after(seen);
  EXPECT_GT(next().value(), seen);
}

TEST_F(IdSourceTest, ContinuingAfterSomethingOldChangesNothing) {
  const TestId last = next();
  ids.continue_after(1);
  ids.continue_after(last.value() - 1);
  EXPECT_GT(next(), last);
}

TEST_F(IdSourceTest, FirstAtDividesOlderFromNewer) {
  const TestId older = next();
  clock.advance(1ms);
  const TestId newer = next();
  EXPECT_LT(older.value(), IdSource::first_at(kNow + 1ms));
  EXPECT_GE(newer.value(), IdSource::first_at(kNow + 1ms));
}

TEST_F(IdSourceTest, IsNeverTheIdOfNothing) {
  ManualClock wrong{Timestamp{}};  // 1970
  IdSource source{wrong, 0};
  EXPECT_TRUE(source.next<struct TestKind>());
}

TEST_F(IdSourceTest, RefusesNodesThatDoNotFit) {
  EXPECT_NO_THROW((IdSource{clock, 1023}));
  EXPECT_THROW((IdSource{clock, 1024}), std::invalid_argument);
}

RC_GTEST_PROP(IdSource, IdsStrictlyIncreaseWhateverTheClockDoes, ()) {
  ManualClock clock{kNow};
  IdSource ids{clock, *rc::gen::inRange(0U, 1024U)};
  std::uint64_t last = 0;
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(-5'000, 5'000))) {
    clock.advance(std::chrono::milliseconds{step});
    if (step % 7 == 0) ids.continue_after(last + static_cast<unsigned>(step + 5'000));
    const auto floor = step % 7 == 0 ? last + static_cast<unsigned>(step + 5'000) : last;
    const auto id = ids.next<struct TestKind>().value();
    RC_ASSERT(id > floor);
    RC_ASSERT((id >> 63) == 0U);
    last = id;
  }
}

}  // namespace
}  // namespace parley
