#include "delivery/outbox_bound.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include "delivery/outbox_for_test.h"
#include "delivery/published_events.h"

namespace parley::delivery {
namespace {

using namespace std::chrono_literals;

class OutboxBoundTest : public testing::Test {
 protected:
  void fill(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
      outbox.add(user_created(PublishedEventId{++last}, UserId{7}, Timestamp{}));
  }
  // Runs it until `done`, or for a minute.
  template <class Done>
  bool becomes(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_for(1ms);
    }
    return done();
  }
  void start() { boost::asio::co_spawn(loop, bound.run(), boost::asio::detached); }
  void TearDown() override {
    bound.stop();
    loop.restart();
    loop.run_for(100ms);
  }

  MemoryOutbox outbox;
  std::uint64_t last = 0;
  bool ours = true;
  Loop loop{1};
  OutboxBound bound{outbox, 10, [this] { return ours; }, loop, 1ms};
};

TEST_F(OutboxBoundTest, TheOldestAreDroppedAndCounted) {
  fill(10);
  start();
  ASSERT_TRUE(becomes([&] { return bound.waiting() == 10; }));
  EXPECT_EQ(bound.health(), "ok");
  EXPECT_EQ(bound.dropped(), 0u);
  fill(3);
  ASSERT_TRUE(becomes([&] { return bound.dropped() == 3; }));
  EXPECT_EQ(outbox.size(), 10u);
  const auto dropping = [&] { return bound.health() != "ok"; };
  ASSERT_TRUE(becomes([&] { return !dropping(); })) << "once a look finds nothing to drop";
  EXPECT_EQ(bound.dropped(), 3u);
}

TEST_F(OutboxBoundTest, ManyAreDroppedInSeveralSteps) {
  fill(2 * Outbox::kDroppedAtOnce + 11);
  start();
  ASSERT_TRUE(becomes([&] { return outbox.size() == 10; }));
  EXPECT_TRUE(becomes([&] { return bound.dropped() == 2 * Outbox::kDroppedAtOnce + 1; }));
}

TEST_F(OutboxBoundTest, WhoIsNotToLookDropsNothing) {
  ours = false;
  fill(20);
  start();
  loop.run_for(20ms);
  EXPECT_EQ(outbox.size(), 20u);
  ours = true;
  EXPECT_TRUE(becomes([&] { return outbox.size() == 10; }));
}

TEST_F(OutboxBoundTest, AStoreThatIsAwayIsLookedIntoLater) {
  fill(12);
  outbox.fail(true);
  start();
  loop.run_for(20ms);
  EXPECT_EQ(bound.dropped(), 0u);
  outbox.fail(false);
  EXPECT_TRUE(becomes([&] { return bound.dropped() == 2; }));
}

}  // namespace
}  // namespace parley::delivery
