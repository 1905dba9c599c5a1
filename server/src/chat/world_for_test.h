#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "base/clock.h"
#include "chat/fakes_for_test.h"
#include "chat/groups.h"
#include "chat/receipts.h"
#include "chat/service.h"
#include "delivery/receiver_for_test.h"

namespace parley::chat {

// Alice, Bob and Carol, each at one device, and Dave, whom nobody knows. Alice has a direct chat
// with Bob and a group with Bob and Carol.
class ChatTest : public testing::Test {
 protected:
  static constexpr std::chrono::milliseconds kGroupDelay{100};

  static Caller by(UserId user, ConnectionId connection = 0) {
    Caller caller;
    caller.user_id = user;
    caller.session_id = SessionId{user.value()};
    caller.connection = connection;
    return caller;
  }
  static SendMessage saying(ChatId chat, std::string content, std::string id = "c1") {
    return {chat, std::move(content), std::move(id), {}};
  }

  Result<Sent> send(UserId sender, ChatId chat, std::string content, std::string id,
                    ConnectionId connection = 0) {
    return await(loop, service.send(by(sender, connection),
                                    saying(chat, std::move(content), std::move(id))));
  }

  // Lets the loop run until `done`, for at most a few seconds; says whether it came to that.
  bool run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_for(std::chrono::milliseconds{1});
    }
    return done();
  }
  // Lets the loop run, to see that nothing happens.
  void run_for(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    run_until([end] { return std::chrono::steady_clock::now() >= end; });
  }

  template <class T>
  static Errc refusal(const Result<T>& result) {
    return result ? Errc::internal : result.error().code;
  }
  template <class T>
  static std::string refused_field(const Result<T>& result) {
    return result || result.error().fields.empty() ? "" : result.error().fields[0].field;
  }

  Loop loop{1};
  FakeChats store;
  delivery::Router router;
  delivery::Hub& hub = router.make_hub(loop);
  Receipts receipts{router, loop, kGroupDelay};
  Service service{store, store, router, receipts, 64};
  Groups groups{store, service, router};

  const UserId alice = store.add_user("alice");
  const UserId bob = store.add_user("bob");
  const UserId carol = store.add_user("carol");
  const UserId dave = store.add_user("dave");
  const ChatId direct = store.add_chat(ChatType::direct, {alice, bob});
  const ChatId group = [this] {
    const ChatId id = store.add_chat(ChatType::group, {alice, bob, carol});
    store.chats[id].admins = {alice};
    return id;
  }();
  const ChatId nowhere{404};

  delivery::FakeReceiver alices{router, hub, alice, SessionId{1}, 1};
  delivery::FakeReceiver bobs{router, hub, bob, SessionId{2}, 2};
  delivery::FakeReceiver carols{router, hub, carol, SessionId{3}, 3};
  delivery::FakeReceiver daves{router, hub, dave, SessionId{4}, 4};
};

}  // namespace parley::chat
