#include "delivery/event_relay.h"

#include <functional>
#include <set>

#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "delivery/outbox_for_test.h"
#include "delivery/published_events.h"

namespace parley::delivery {
namespace {

class FakeLog final : public EventLog {
 public:
  bool available() const override {
    ++looks;
    return there;
  }
  Task<std::vector<PublishedEventId>> publish(std::vector<PublishedEvent> events) override {
    std::vector<PublishedEventId> accepted;
    for (const PublishedEvent& event : events) {
      asked.push_back(event.id);
      if (refused.erase(event.id.value()) == 0) accepted.push_back(event.id);
    }
    co_return accepted;
  }

  bool there = true;
  mutable int looks = 0;
  std::set<std::uint64_t> refused;  // once each
  std::vector<PublishedEventId> asked;
};

class EventRelayTest : public testing::Test {
 protected:
  void add(std::uint64_t id) { outbox.add(user_created(PublishedEventId{id}, UserId{1}, {})); }
  // Runs the relay until `so`, and whether that has come in time.
  bool runs_until(const std::function<bool()>& so) {
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!so() && std::chrono::steady_clock::now() < late)
      loop->run_one_for(std::chrono::milliseconds{20});
    return so();
  }
  void SetUp() override {
    loop->restart();
    boost::asio::co_spawn(*loop, relay.run(), [this](std::exception_ptr failure) {
      ended = true;
      EXPECT_FALSE(failure);
    });
  }
  void TearDown() override {
    relay.stop();
    EXPECT_TRUE(runs_until([this] { return ended; }));
  }

  BorrowedLoop loop;
  MemoryOutbox outbox;
  FakeLog log;
  EventRelay relay{outbox, log, *loop};
  bool ended = false;
};

TEST_F(EventRelayTest, EverythingIsPublishedOnceInItsOrder) {
  for (std::uint64_t id = 1; id <= 1'234; ++id) add(id);
  EXPECT_TRUE(runs_until([this] { return outbox.size() == 0; }));
  ASSERT_EQ(log.asked.size(), 1'234U);
  for (std::size_t i = 0; i < log.asked.size(); ++i) EXPECT_EQ(log.asked[i].value(), i + 1);
  EXPECT_EQ(relay.published(), 1'234U);
  add(2'000);
  EXPECT_TRUE(runs_until([this] { return outbox.size() == 0; }));
}

TEST_F(EventRelayTest, WhatIsNotTakenStaysAndIsTriedAgain) {
  log.refused = {2, 3};
  for (const std::uint64_t id : {1U, 2U, 3U, 4U}) add(id);
  EXPECT_TRUE(runs_until([this] { return outbox.size() == 0; }));
  const std::vector<PublishedEventId> expected{PublishedEventId{1}, PublishedEventId{2},
                                               PublishedEventId{3}, PublishedEventId{4},
                                               PublishedEventId{2}, PublishedEventId{3}};
  EXPECT_EQ(log.asked, expected);
}

TEST_F(EventRelayTest, WhileTheLogIsAwayTheOutboxIsLeftAlone) {
  log.there = false;
  add(1);
  EXPECT_TRUE(runs_until([this] { return log.looks >= 3; }));
  EXPECT_TRUE(log.asked.empty());
  EXPECT_EQ(outbox.takes(), 0);
  EXPECT_EQ(outbox.size(), 1U);
  log.there = true;
  EXPECT_TRUE(runs_until([this] { return outbox.size() == 0; }));
}

TEST_F(EventRelayTest, AStoreThatFailsEndsNothing) {
  outbox.fail(true);
  add(1);
  EXPECT_TRUE(runs_until([this] { return outbox.takes() >= 2; }));
  EXPECT_TRUE(log.asked.empty());
  outbox.fail(false);
  EXPECT_TRUE(runs_until([this] { return outbox.size() == 0; }));
}

}  // namespace
}  // namespace parley::delivery
