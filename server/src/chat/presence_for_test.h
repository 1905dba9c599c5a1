#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "chat/presence.h"
#include "chat/world_for_test.h"

namespace parley::chat {

// What a device was told of somebody who is there, in order.
inline std::vector<PresenceState> states(const delivery::FakeReceiver& device, UserId of) {
  std::vector<PresenceState> told;
  for (const UserOnline& event : device.all<UserOnline>())
    if (event.user_id == of) told.push_back(event.state.value());
  return told;
}

// Presence on one node, and people who come and go there.
class PresenceTest : public ChatTest {
 protected:
  static constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
  static constexpr auto kDelay = std::chrono::milliseconds{60};

  explicit PresenceTest(std::chrono::milliseconds delay = kDelay)
      : presence{store, last_seen, store, router, clock, loop, delay} {
    for (auto* receiver : {&alices, &bobs, &carols, &daves}) receiver->leave();
    router.set_attendance(&presence);
    boost::asio::co_spawn(loop, presence.run(), [this](std::exception_ptr) { ended = true; });
  }
  ~PresenceTest() override {
    devices.clear();
    presence.stop();
    EXPECT_TRUE(run_until([this] { return ended; }));
  }

  // Lets the service work off what it has been told.
  void settle() {
    do loop.restart();
    while (loop.poll() != 0);
  }
  // A new device of somebody.
  delivery::FakeReceiver& connect(UserId user) {
    const ConnectionId number = 100 + ++connected;
    devices.push_back(
        std::make_unique<delivery::FakeReceiver>(router, hub, user, SessionId{number}, number));
    return *devices.back();
  }
  template <class E>
  bool hears(const delivery::FakeReceiver& device, UserId of, std::ptrdiff_t times = 1) {
    return run_until([&] { return count<E>(device, of) >= times; });
  }
  template <class E>
  static std::ptrdiff_t count(const delivery::FakeReceiver& device, UserId of) {
    const auto events = device.all<E>();
    return std::ranges::count(events, of, &E::user_id);
  }
  Result<Watched> watch(const delivery::FakeReceiver& device, ChatId chat) {
    return await(loop, presence.watch(by(device.user_id, device.connection), {chat}));
  }
  Presence status(UserId asker, UserId of) {
    return await(loop, presence.status(by(asker), {of})).value();
  }

  ManualClock clock{kNow};
  FakeLastSeen last_seen;
  PresenceService presence;
  std::vector<std::unique_ptr<delivery::FakeReceiver>> devices;
  ConnectionId connected = 0;
  bool ended = false;
};

}  // namespace parley::chat
