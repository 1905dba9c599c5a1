#include "app/work_watch.h"

#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace parley::app {
namespace {

using namespace std::chrono_literals;

class WorkWatchTest : public testing::Test {
 protected:
  void start(std::chrono::milliseconds patience) {
    watch.emplace(std::vector<WorkWatch::Duty>{{.lacking = "nobody sends mails",
                                                .is_done = [this] { return is_done(); }}},
                  loop, 1ms, patience);
    boost::asio::co_spawn(loop, watch->run(), boost::asio::detached);
  }
  Task<std::optional<bool>> is_done() {
    ++looks;
    if (throws) throw std::runtime_error{"the store is away"};
    co_return done;
  }
  template <class Done>
  bool becomes(Done is_so) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!is_so() && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_for(1ms);
    }
    return is_so();
  }
  bool looked_again() {
    const int before = looks;
    return becomes([&] { return looks > before + 3; });
  }
  void TearDown() override {
    watch->stop();
    loop.restart();
    loop.run_for(100ms);
  }

  Loop loop{1};
  std::optional<WorkWatch> watch;
  std::optional<bool> done = true;
  bool throws = false;
  int looks = 0;
};

TEST_F(WorkWatchTest, WhatNobodyDoesForAWhileIsSaidUntilSomebodyDoes) {
  start(20ms);
  ASSERT_TRUE(looked_again());
  EXPECT_EQ(watch->health(), "ok");
  done = false;
  ASSERT_TRUE(becomes([&] { return watch->health() == "degraded: nobody sends mails"; }));
  done = true;
  EXPECT_TRUE(becomes([&] { return watch->health() == "ok"; }));
}

TEST_F(WorkWatchTest, ForAMomentNobodyIsBlamed) {
  done = false;
  start(1h);
  ASSERT_TRUE(looked_again());
  EXPECT_EQ(watch->health(), "ok");
}

TEST_F(WorkWatchTest, WhatCannotBeSeenBlamesNobody) {
  done = std::nullopt;
  start(1ms);
  ASSERT_TRUE(looked_again());
  EXPECT_EQ(watch->health(), "ok");
  throws = true;
  ASSERT_TRUE(looked_again());
  EXPECT_EQ(watch->health(), "ok");
}

}  // namespace
}  // namespace parley::app
