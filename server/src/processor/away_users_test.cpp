#include "processor/away_users.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace parley::processor {
namespace {

using namespace std::chrono_literals;

class FakeStore final : public chat::AwayStore {
 public:
  Task<std::int64_t> notify(chat::Burst burst) override {
    if (failures > 0) {
      --failures;
      throw std::runtime_error("the disk is full");
    }
    bursts.push_back(burst);
    co_return 2;
  }
  Task<std::vector<chat::Burst>> sweep(Timestamp, std::int64_t) override {
    co_return std::vector<chat::Burst>{};
  }
  int failures = 0;
  std::vector<chat::Burst> bursts;
};

class AwayUsersTest : public testing::Test {
 protected:
  AwayUsersTest() { boost::asio::co_spawn(loop, away.run(), boost::asio::detached); }
  ~AwayUsersTest() override {
    away.stop();
    loop.restart();
    loop.run();
  }
  // Runs until something was looked after, or it is clear that nothing will be.
  void wait_for(std::size_t bursts) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (store.bursts.size() < bursts && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_for(10ms);
    }
  }

  Loop loop{1};
  FakeStore store;
  AwayUsers away{store, loop, 20ms};
};

TEST_F(AwayUsersTest, ABurstIsLookedAfterOnceUpToItsLastMessage) {
  for (Seq seq = 1; seq <= 5; ++seq) away.sent(ChatId{1}, seq, {});
  wait_for(1);
  ASSERT_EQ(store.bursts.size(), 1u);
  EXPECT_EQ(store.bursts[0].up_to, 5);
  EXPECT_EQ(away.pushes(), 2u);
  away.sent(ChatId{1}, 6, {});
  wait_for(2);
  ASSERT_EQ(store.bursts.size(), 2u);
  EXPECT_EQ(store.bursts[1].up_to, 6);
}

TEST_F(AwayUsersTest, TheTracesOfRequestsThatHaveOneAreHandedOn) {
  const Trace trace{.high = 1, .low = 2, .parent = 3, .flags = 1};
  store.failures = 1;
  away.sent(ChatId{1}, 1, {});
  away.sent(ChatId{1}, 2, trace);
  wait_for(1);
  ASSERT_EQ(store.bursts.size(), 1u);
  EXPECT_EQ(store.bursts[0].traces, (std::vector<std::pair<Seq, Trace>>{{2, trace}}));
}

TEST_F(AwayUsersTest, WhatArrivedNeedsNobodysCare) {
  away.sent(ChatId{1}, 3, {});
  away.arrived(ChatId{1}, 3);
  away.sent(ChatId{2}, 3, {});
  away.arrived(ChatId{2}, 2);  // not all of it
  wait_for(1);
  ASSERT_EQ(store.bursts.size(), 1u);
  EXPECT_EQ(store.bursts[0].chat_id, ChatId{2});
}

TEST_F(AwayUsersTest, WhatCannotBeLookedAfterNowIsLater) {
  store.failures = 2;
  away.sent(ChatId{1}, 3, {});
  wait_for(1);
  ASSERT_EQ(store.bursts.size(), 1u);
  EXPECT_EQ(store.bursts[0].up_to, 3);
}

}  // namespace
}  // namespace parley::processor
