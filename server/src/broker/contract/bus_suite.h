#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "delivery/bus.h"

namespace parley::broker {

// A listener that writes down what it is told, as "from:message", "+" and "-".
class BusNotes final : public delivery::Bus::Listener {
 public:
  void received(delivery::NodeId from, std::string_view message) override {
    note(std::to_string(static_cast<unsigned>(from)) + ":" + std::string{message});
  }
  void connected() override { note("+"); }
  void disconnected() override { note("-"); }

  // Until it was told that much, or half a minute is over.
  bool wait_for(std::size_t notes) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{30}, [&] { return all_.size() >= notes; });
  }
  std::vector<std::string> all() {
    const std::lock_guard lock{mutex_};
    return all_;
  }
  void forget() {
    const std::lock_guard lock{mutex_};
    all_.clear();
  }
  // Whether two threads ever called at once.
  bool crowded() const { return crowded_; }

 private:
  void note(std::string text) {
    if (inside_.exchange(true)) crowded_ = true;
    {
      const std::lock_guard lock{mutex_};
      all_.push_back(std::move(text));
    }
    changed_.notify_all();
    inside_ = false;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
  std::atomic<bool> inside_{false};
  std::atomic<bool> crowded_{false};
};

// What every adapter of delivery::Bus promises. A Subject has `delivery::Bus& bus(unsigned id)` for
// the nodes 1, 2 and 3, to none of which anybody listens yet; and `static bool installed()` when
// what it needs may be missing.
template <class Subject>
class BusContract : public testing::Test {
 protected:
  void SetUp() override {
    if constexpr (requires { Subject::installed(); })
      if (!Subject::installed()) GTEST_SKIP() << "what this needs is not installed";
  }

  using Notes = std::vector<std::string>;
  static delivery::NodeId id(unsigned node) { return static_cast<delivery::NodeId>(node); }

  // Everybody is there, and has been told so.
  void listen() {
    for (unsigned node = 1; node <= 3; ++node) {
      subject.bus(node).listen(notes[node]);
      ASSERT_TRUE(notes[node].wait_for(1));
      ASSERT_EQ(notes[node].all(), Notes{"+"});
      notes[node].forget();
    }
  }
  void TearDown() override {
    if (this->IsSkipped()) return;
    for (unsigned node = 1; node <= 3; ++node) {
      subject.bus(node).stop();
      EXPECT_FALSE(notes[node].crowded());
    }
  }

  BusNotes notes[4];  // outlive the buses
  Subject subject;
};

TYPED_TEST_SUITE_P(BusContract);

TYPED_TEST_P(BusContract, BringsAMessageToOneNode) {
  this->listen();
  this->subject.bus(1).send(this->id(2), "hello");
  ASSERT_TRUE(this->notes[2].wait_for(1));
  EXPECT_EQ(this->notes[2].all(), (typename TestFixture::Notes{"1:hello"}));
  // What is sent later arrives; the earlier would have before it.
  this->subject.bus(1).send(this->id(3), "there");
  ASSERT_TRUE(this->notes[3].wait_for(1));
  EXPECT_EQ(this->notes[3].all(), (typename TestFixture::Notes{"1:there"}));
  EXPECT_TRUE(this->notes[1].all().empty());
}

TYPED_TEST_P(BusContract, BroadcastsToEveryOtherNode) {
  this->listen();
  this->subject.bus(1).broadcast("all");
  this->subject.bus(2).send(this->id(1), "one");
  for (unsigned node : {1u, 2u, 3u}) ASSERT_TRUE(this->notes[node].wait_for(1));
  EXPECT_EQ(this->notes[1].all(), (typename TestFixture::Notes{"2:one"}));
  EXPECT_EQ(this->notes[2].all(), (typename TestFixture::Notes{"1:all"}));
  EXPECT_EQ(this->notes[3].all(), (typename TestFixture::Notes{"1:all"}));
}

TYPED_TEST_P(BusContract, CarriesAnyBytes) {
  this->listen();
  using namespace std::string_literals;
  const auto large = std::string(1 << 20, '\xff') + "end";
  for (const auto& message : {""s, "a\0\r\n\xff"s, large})
    this->subject.bus(1).send(this->id(2), message);
  ASSERT_TRUE(this->notes[2].wait_for(3));
  const auto all = this->notes[2].all();
  EXPECT_EQ(all[0], "1:");
  EXPECT_EQ(all[1], "1:a\0\r\n\xff"s);
  EXPECT_TRUE(all[2] == "1:" + large);
}

TYPED_TEST_P(BusContract, KeepsTheOrderOfASender) {
  this->listen();
  typename TestFixture::Notes expected;
  for (int i = 0; i < 3'000; ++i) {
    const std::string text = std::to_string(i);
    expected.push_back("1:" + text);
    if (i % 7 == 3) {
      this->subject.bus(1).broadcast(text);
    } else {
      this->subject.bus(1).send(this->id(2), text);
    }
    if (i % 11 == 0) this->subject.bus(1).send(this->id(3), "aside");
  }
  ASSERT_TRUE(this->notes[2].wait_for(3'000));
  EXPECT_EQ(this->notes[2].all(), expected);
}

TYPED_TEST_P(BusContract, TakesMessagesFromManyThreads) {
  this->listen();
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([this, t] {
        for (int i = 0; i < 500; ++i)
          this->subject.bus(1 + t % 2).send(this->id(3),
                                            std::to_string(t) + "-" + std::to_string(i));
      });
    }
  }
  ASSERT_TRUE(this->notes[3].wait_for(2'000));
  const auto all = this->notes[3].all();
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), 2'000u);
}

TYPED_TEST_P(BusContract, AListenerMayAnswer) {
  struct Echo final : delivery::Bus::Listener {
    void received(delivery::NodeId from, std::string_view message) override {
      bus->send(from, "re " + std::string{message});
    }
    void connected() override { up = true; }
    void disconnected() override {}
    delivery::Bus* bus = nullptr;
    std::atomic<bool> up{false};
  } echo;
  echo.bus = &this->subject.bus(2);
  echo.bus->listen(echo);
  this->subject.bus(1).listen(this->notes[1]);
  ASSERT_TRUE(this->notes[1].wait_for(1));
  const auto late = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!echo.up && std::chrono::steady_clock::now() < late) std::this_thread::yield();
  this->notes[1].forget();
  this->subject.bus(1).send(this->id(2), "hello");
  EXPECT_TRUE(this->notes[1].wait_for(1));
  EXPECT_EQ(this->notes[1].all(), (typename TestFixture::Notes{"2:re hello"}));
  echo.bus->stop();
}

TYPED_TEST_P(BusContract, ToldNothingMoreAfterItHasStopped) {
  this->listen();
  std::atomic<bool> over{false};
  std::jthread sender{[&] {
    while (!over) this->subject.bus(1).send(this->id(2), "x");
  }};
  EXPECT_TRUE(this->notes[2].wait_for(10));
  this->subject.bus(2).stop();
  const auto told = this->notes[2].all().size();
  // Whatever was on its way then has passed when this arrives.
  this->subject.bus(1).send(this->id(3), "later");
  EXPECT_TRUE(this->notes[3].wait_for(1));
  over = true;
  EXPECT_EQ(this->notes[2].all().size(), told);
}

TYPED_TEST_P(BusContract, WhatIsSentToNobodyIsLost) {
  this->listen();
  this->subject.bus(1).send(this->id(999), "lost");
  this->subject.bus(1).send(this->id(1), "to myself");
  this->subject.bus(1).send(this->id(2), "kept");
  ASSERT_TRUE(this->notes[2].wait_for(1));
  EXPECT_EQ(this->notes[2].all(), (typename TestFixture::Notes{"1:kept"}));
  EXPECT_TRUE(this->notes[1].all().empty());
}

REGISTER_TYPED_TEST_SUITE_P(BusContract, BringsAMessageToOneNode, BroadcastsToEveryOtherNode,
                            CarriesAnyBytes, KeepsTheOrderOfASender, TakesMessagesFromManyThreads,
                            AListenerMayAnswer, ToldNothingMoreAfterItHasStopped,
                            WhatIsSentToNobodyIsLost);

}  // namespace parley::broker
