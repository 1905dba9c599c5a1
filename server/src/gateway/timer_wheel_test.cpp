#include "gateway/timer_wheel.h"

#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

using namespace std::chrono_literals;
using Clock = TimerWheel::Clock;

// Never early is exact; late by a tick of rounding and a tick of waiting for the next look.
constexpr auto kLatest = 2 * TimerWheel::kTick;

class Alarm final : public TimerWheel::Timer {
 public:
  explicit Alarm(std::function<void()> then = [] {}) : then_(std::move(then)) {}
  void expired() override {
    ++rung;
    then_();
  }
  int rung = 0;

 private:
  std::function<void()> then_;
};

class TimerWheelTest : public testing::Test {
 protected:
  // Lets time pass as start() does, a tick at a time.
  void pass(std::chrono::milliseconds time) {
    const auto end = now + time;
    while (now < end) {
      now = std::min(now + TimerWheel::kTick, end);
      wheel.advance(now);
    }
  }
  void pass_at_once(std::chrono::milliseconds time) { wheel.advance(now += time); }

  Loop loop{1};
  TimerWheel wheel{loop};
  Clock::time_point now = Clock::now();
};

TEST_F(TimerWheelTest, CallsNeverEarlyAndAtMostHalfASecondLate) {
  for (auto delay = 0ms; delay < 2'000ms; delay += 37ms) {
    Alarm alarm;
    const auto due = now + delay;
    wheel.set(alarm, due);
    while (alarm.rung == 0) {
      ASSERT_LE(now, due + kLatest) << delay.count();
      now += 10ms;
      wheel.advance(now);
    }
    EXPECT_GE(now, due) << delay.count();
  }
}

TEST_F(TimerWheelTest, CallsOnce) {
  Alarm alarm;
  wheel.set(alarm, now + 1s);
  EXPECT_TRUE(alarm.waits());
  pass(5s);
  EXPECT_EQ(alarm.rung, 1);
  EXPECT_FALSE(alarm.waits());
}

TEST_F(TimerWheelTest, CallsWhatIsLongDueAtTheNextTick) {
  Alarm alarm;
  wheel.set(alarm, now - 1h);
  EXPECT_EQ(alarm.rung, 0);
  pass(kLatest);
  EXPECT_EQ(alarm.rung, 1);
}

TEST_F(TimerWheelTest, ForgetsTheOldTimeWhenSetAnew) {
  Alarm later;
  wheel.set(later, now + 1s);
  wheel.set(later, now + 5s);
  pass(4s);
  EXPECT_EQ(later.rung, 0);
  pass(1s + kLatest);
  EXPECT_EQ(later.rung, 1);

  Alarm sooner;
  wheel.set(sooner, now + 5s);
  wheel.set(sooner, now + 1s);
  pass(1s + kLatest);
  EXPECT_EQ(sooner.rung, 1);
}

TEST_F(TimerWheelTest, KeepsTimersThatAreDueInALaterRound) {
  // The wheel has 64 seconds: these share a slot.
  Alarm first, second, third;
  wheel.set(first, now + 10s);
  wheel.set(second, now + 74s);
  wheel.set(third, now + 138s);
  pass(10s + kLatest);
  EXPECT_THAT((std::vector{first.rung, second.rung, third.rung}), testing::ElementsAre(1, 0, 0));
  pass(63s);
  EXPECT_EQ(second.rung, 0);
  pass(1s);
  EXPECT_EQ(second.rung, 1);
  EXPECT_EQ(third.rung, 0);
  pass(64s);
  EXPECT_EQ(third.rung, 1);
}

TEST_F(TimerWheelTest, CallsEverythingOnceAfterALongPause) {
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (auto delay = 0s; delay < 300s; delay += 3s) {
    alarms.push_back(std::make_unique<Alarm>());
    wheel.set(*alarms.back(), now + delay);
  }
  Alarm later;
  wheel.set(later, now + 2h);
  pass_at_once(1h);
  for (const auto& alarm : alarms) EXPECT_EQ(alarm->rung, 1);
  EXPECT_EQ(later.rung, 0);
  pass_at_once(1h + kLatest);
  EXPECT_EQ(later.rung, 1);
}

TEST_F(TimerWheelTest, TakesATimerThatIsSetWhileTheLoopWasHeldUp) {
  // The wheel has not been looked at for two minutes when the timer is set.
  now += 2min;
  Alarm alarm;
  wheel.set(alarm, now + 5s);
  pass(4s);
  EXPECT_EQ(alarm.rung, 0);
  pass(1s + kLatest);
  EXPECT_EQ(alarm.rung, 1);
}

TEST_F(TimerWheelTest, LetsATimerSetItselfAgain) {
  Alarm* self = nullptr;
  Alarm alarm{[&] { wheel.set(*self, now + 1s); }};
  self = &alarm;
  wheel.set(alarm, now + 1s);
  pass(10s);
  EXPECT_GE(alarm.rung, 10 * 1'000 / 1'500);
  EXPECT_LE(alarm.rung, 10);
  EXPECT_TRUE(alarm.waits());
}

TEST_F(TimerWheelTest, CallsATimerThatIsAlwaysDueOncePerTick) {
  Alarm* self = nullptr;
  Alarm alarm{[&] { wheel.set(*self, now); }};
  self = &alarm;
  wheel.set(alarm, now);
  pass_at_once(10s);
  EXPECT_EQ(alarm.rung, 1);
}

TEST_F(TimerWheelTest, DoesNotCallWhatWasDestroyedWhileItWaited) {
  Alarm before, after;
  auto gone = std::make_unique<Alarm>([] { FAIL() << "called after its end"; });
  wheel.set(before, now + 1s);
  wheel.set(*gone, now + 1s);
  wheel.set(after, now + 1s);
  gone.reset();
  pass(1s + kLatest);
  EXPECT_EQ(before.rung, 1);
  EXPECT_EQ(after.rung, 1);
}

TEST_F(TimerWheelTest, LetsATimerDestroyItselfAndOthersThatAreDueWithIt) {
  auto doomed = std::make_unique<Alarm>([] { FAIL() << "called after its end"; });
  std::unique_ptr<Alarm> self;
  bool called = false;
  self = std::make_unique<Alarm>([&] {
    called = true;
    doomed.reset();
    // The function goes with the timer: nothing of it is used behind this.
    self.reset();
  });
  wheel.set(*self, now + 1s);
  wheel.set(*doomed, now + 1s);
  pass(2s);
  EXPECT_TRUE(called);
  EXPECT_FALSE(self || doomed);
}

TEST_F(TimerWheelTest, LeavesNothingBehindWhenItGoesFirst) {
  Alarm alarm;
  {
    TimerWheel short_lived{loop};
    short_lived.set(alarm, now + 1s);
  }
  EXPECT_FALSE(alarm.waits());
  wheel.set(alarm, now + 1s);
  pass(2s);
  EXPECT_EQ(alarm.rung, 1);
}

TEST_F(TimerWheelTest, TicksByItselfOnceStarted) {
  Alarm alarm{[&] { loop.stop(); }};
  const auto due = Clock::now() + 300ms;
  wheel.set(alarm, due);
  wheel.start();
  loop.run_for(30s);  // at most
  EXPECT_EQ(alarm.rung, 1);
  EXPECT_GE(Clock::now(), due);
  EXPECT_LT(Clock::now(), due + 29s);
}

}  // namespace
}  // namespace parley::gateway
