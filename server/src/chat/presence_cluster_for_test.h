#pragma once

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "chat/fakes_for_test.h"
#include "chat/presence.h"
#include "chat/presence_for_test.h"
#include "delivery/cluster_for_test.h"

namespace parley::chat {

// Three nodes on one store. Alice has a direct chat with Bob, and a group with Bob and Carol.
class PresenceClusterTest : public testing::Test, protected delivery::TestCluster {
 protected:
  using FakeReceiver = delivery::FakeReceiver;
  using TestNode = delivery::TestNode;
  static constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
  static constexpr auto kDelay = std::chrono::milliseconds{80};
  static constexpr auto kOnlineDelay = std::chrono::milliseconds{20};

  struct Parts {
    Parts(PresenceClusterTest& test, TestNode& its_node, std::chrono::milliseconds delay = kDelay)
        : node(its_node),
          presence(test.store, test.last_seen, test.store, node.router, test.clock, test.loop,
                   delay, kOnlineDelay) {
      node.visitors.next = &presence;
      boost::asio::co_spawn(test.loop, presence.run(),
                            [this](std::exception_ptr) { ended = true; });
    }
    TestNode& node;
    PresenceService presence;
    bool ended = false;
  };

  explicit PresenceClusterTest(std::chrono::milliseconds delay_of_second = kDelay)
      : second{*this, two, delay_of_second} {
    for (int i = 0; i < 4; ++i) look();
    beat();
  }
  ~PresenceClusterTest() override {
    for (const auto& node : nodes) node->devices.clear();
    for (auto* const part : {&first, &second, &third}) {
      part->node.visitors.next = nullptr;
      part->presence.stop();
      EXPECT_TRUE(run_until([part] { return part->ended; }));
    }
  }

  bool run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      settle();
      loop.restart();
      loop.run_for(std::chrono::milliseconds{1});
    }
    return done();
  }
  void run_for(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    run_until([end] { return std::chrono::steady_clock::now() >= end; });
  }
  template <class E>
  static std::ptrdiff_t count(const FakeReceiver& device, UserId of) {
    return std::ranges::count(device.all<E>(), of, &E::user_id);
  }
  template <class E>
  bool hears(const FakeReceiver& device, UserId of) {
    return run_until([&] { return count<E>(device, of) > 0; });
  }
  bool watch(Parts& where, const FakeReceiver& device) {
    Caller caller;
    caller.user_id = device.user_id;
    caller.connection = device.connection;
    return await(loop, where.presence.watch(caller, {group})).has_value();
  }

  FakeChats store;
  FakeLastSeen last_seen;
  ManualClock clock{kNow};
  const UserId alice = store.add_user("alice");
  const UserId bob = store.add_user("bob");
  const UserId carol = store.add_user("carol");
  const ChatId direct = store.add_chat(ChatType::direct, {alice, bob});
  const ChatId group = store.add_chat(ChatType::group, {alice, bob, carol});

  TestNode& one = start(1);
  TestNode& two = start(2);
  TestNode& three = start(3);
  Parts first{*this, one};
  Parts second;
  Parts third{*this, three};
};

}  // namespace parley::chat
