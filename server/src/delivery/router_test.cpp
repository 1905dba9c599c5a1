#include "delivery/router.h"

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/receiver_for_test.h"

namespace parley::delivery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr UserId kAlice{1};
constexpr UserId kBob{2};
constexpr SessionId kPhone{11};
constexpr SessionId kLaptop{12};

// A loop with its thread and hub, as the server has several.
class HubThread {
 public:
  explicit HubThread(Router& router) : hub(router.make_hub(loop)) {}
  ~HubThread() { stop(); }

  void start() {
    thread_ = std::thread{[this] { loop.run(); }};
  }
  void stop() {
    loop.stop();
    if (thread_.joinable()) thread_.join();
  }

  // Runs `act` on the thread and waits for its end.
  template <class Act>
  auto run(Act act) {
    using Task = std::packaged_task<std::invoke_result_t<Act>()>;
    const auto task = std::make_shared<Task>(std::move(act));
    auto result = task->get_future();
    boost::asio::post(loop, [task] { (*task)(); });
    return result.get();
  }

  Loop loop{1};
  Hub& hub;

 private:
  boost::asio::executor_work_guard<Loop::executor_type> work_{loop.get_executor()};
  std::thread thread_;
};

class Visitors final : public Attendance {
 public:
  void arrived(UserId user) override { note('+', user); }
  void left(UserId user, bool away) override { note(away ? '~' : '-', user); }
  void attention_changed(UserId user) override { note('*', user); }
  std::vector<std::string> heard() const {
    const std::lock_guard lock{mutex_};
    return heard_;
  }

 private:
  void note(char what, UserId user) {
    const std::lock_guard lock{mutex_};
    heard_.push_back(what + std::to_string(user.value()));
  }

  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
};

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router.set_attendance(&visitors);
    here.start();
    there.start();
  }
  ~RouterTest() override {
    // Receivers leave on their own threads.
    here.run([this] { on_here.clear(); });
    there.run([this] { on_there.clear(); });
  }

  FakeReceiver& join(HubThread& where, UserId user, SessionId session = kPhone) {
    auto& list = &where == &here ? on_here : on_there;
    return *where.run([&] {
      list.push_back(std::make_unique<FakeReceiver>(router, where.hub, user, session, ++number_));
      return list.back().get();
    });
  }

  // The seqs a receiver was told of, once everything on its way has come: what `here` handed over
  // goes in the turn after this one, and is taken in one turn of `there`.
  std::vector<Seq> told(HubThread& where, const FakeReceiver& receiver) {
    settle();
    return where.run([&] {
      std::vector<Seq> seqs;
      for (const MessageRead& read : receiver.all<MessageRead>()) seqs.push_back(read.seq);
      return seqs;
    });
  }
  bool signed_out(HubThread& where, const FakeReceiver& receiver) {
    settle();
    return where.run([&] { return receiver.signed_out; });
  }
  void settle() {
    for (int turn = 0; turn < 3; ++turn) {
      here.run([] {});
      there.run([] {});
    }
  }

  static Event read(Seq seq) {
    return MessageRead{.chat_id = ChatId{5}, .user_id = kAlice, .seq = seq, .at = {}};
  }
  void deliver(HubThread& from, Seq seq, std::vector<UserId> to, ConnectionId except = 0) {
    from.run([&] { router.deliver(read(seq), std::move(to), except); });
  }

  Visitors visitors;
  Router router;
  HubThread here{router};
  HubThread there{router};
  std::vector<std::unique_ptr<FakeReceiver>> on_here, on_there;

 private:
  ConnectionId number_ = 0;
};

TEST_F(RouterTest, TellsConnectionsOfItsOwnThreadAtOnce) {
  FakeReceiver& alice = join(here, kAlice);
  const auto heard_within = here.run([&] {
    router.deliver(read(1), {kAlice});
    return alice.heard.size();
  });
  EXPECT_EQ(heard_within, 1u);
}

TEST_F(RouterTest, TellsConnectionsOfOtherThreads) {
  FakeReceiver& bob = join(there, kBob);
  deliver(here, 1, {kAlice, kBob});
  EXPECT_THAT(told(there, bob), ElementsAre(1));
}

TEST_F(RouterTest, TellsFromAThreadThatHasNoHub) {
  FakeReceiver& alice = join(here, kAlice);
  FakeReceiver& bob = join(there, kBob);
  router.deliver(read(1), {kAlice, kBob});
  EXPECT_THAT(told(here, alice), ElementsAre(1));
  EXPECT_THAT(told(there, bob), ElementsAre(1));
}

TEST_F(RouterTest, TellsEveryConnectionOfARecipientAndNobodyElse) {
  FakeReceiver& phone = join(here, kAlice, kPhone);
  FakeReceiver& laptop = join(there, kAlice, kLaptop);
  FakeReceiver& bob = join(there, kBob);
  deliver(here, 7, {kAlice});
  EXPECT_THAT(told(here, phone), ElementsAre(7));
  EXPECT_THAT(told(there, laptop), ElementsAre(7));
  EXPECT_THAT(told(there, bob), IsEmpty());
}

TEST_F(RouterTest, LeavesOutTheConnectionThatAsked) {
  FakeReceiver& asked = join(here, kAlice);
  FakeReceiver& other = join(here, kAlice);
  FakeReceiver& far = join(there, kAlice);
  deliver(here, 1, {kAlice}, asked.connection);
  EXPECT_THAT(told(here, asked), IsEmpty());
  EXPECT_THAT(told(here, other), ElementsAre(1));
  EXPECT_THAT(told(there, far), ElementsAre(1));

  // It may be on another thread than the one that delivers.
  deliver(here, 2, {kAlice}, far.connection);
  EXPECT_THAT(told(there, far), ElementsAre(1));
  EXPECT_THAT(told(here, asked), ElementsAre(2));
}

TEST_F(RouterTest, HandsOverATurnsDeliveriesInOneBatchAndInOrder) {
  FakeReceiver& bob = join(there, kBob);
  // While `there` is held up, everything must wait outside of it: one wake-up for all.
  std::promise<void> go;
  std::promise<std::size_t> turns;
  boost::asio::post(there.loop, [&] { go.get_future().wait(); });
  here.run([&] {
    for (Seq seq = 1; seq <= 100; ++seq) router.deliver(read(seq), {kBob});
  });
  here.run([&] { router.deliver(read(101), {kBob}); });
  here.run([] {});
  here.run([] {});
  // Posted behind the wake-up: by then the whole lot has been told, in a single turn.
  boost::asio::post(there.loop, [&] { turns.set_value(bob.heard.size()); });
  go.set_value();
  EXPECT_EQ(turns.get_future().get(), 101u);
  std::vector<Seq> expected(101);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(told(there, bob), expected);
}

TEST_F(RouterTest, EncodesAnEventOnceForAllThreads) {
  struct Encoder final : Receiver {
    explicit Encoder(std::atomic<int>& calls) : encoded(calls) {}
    void receive(const std::shared_ptr<const Announcement>& announcement) override {
      announcement->frame(Dialect::parley_v1, [this](const Event&) {
        ++encoded;
        return std::make_shared<const std::string>("frame");
      });
    }
    void sign_out() override {}
    std::atomic<int>& encoded;
  };
  std::atomic<int> encoded = 0;
  Encoder one{encoded}, two{encoded};
  one.user_id = two.user_id = kAlice;
  here.run([&] { router.add(here.hub, one); });
  there.run([&] { router.add(there.hub, two); });
  deliver(here, 1, {kAlice});
  settle();
  EXPECT_EQ(encoded, 1);
  here.run([&] { router.remove(here.hub, one); });
  there.run([&] { router.remove(there.hub, two); });
}

TEST_F(RouterTest, TellsNobodyWhoHasLeft) {
  FakeReceiver& alice = join(here, kAlice);
  FakeReceiver& bob = join(there, kBob);
  here.run([&] { alice.leave(); });
  // Bob leaves when the delivery is on its way to his thread.
  std::promise<void> go;
  boost::asio::post(there.loop, [&] {
    go.get_future().wait();
    bob.leave();
  });
  deliver(here, 1, {kAlice, kBob});
  here.run([] {});
  go.set_value();
  EXPECT_THAT(told(here, alice), IsEmpty());
  EXPECT_THAT(told(there, bob), IsEmpty());
}

TEST_F(RouterTest, SignsOutTheSessionThatIsNamed) {
  FakeReceiver& phone = join(here, kAlice, kPhone);
  FakeReceiver& tab = join(there, kAlice, kPhone);
  FakeReceiver& laptop = join(there, kAlice, kLaptop);
  FakeReceiver& bob = join(there, kBob, kPhone);
  here.run([&] { router.sign_out(kAlice, kPhone, {}); });
  EXPECT_TRUE(signed_out(here, phone));
  EXPECT_TRUE(signed_out(there, tab));
  EXPECT_FALSE(signed_out(there, laptop));
  EXPECT_FALSE(signed_out(there, bob));
}

TEST_F(RouterTest, SignsOutAllSessionsWhenNoneIsNamed) {
  FakeReceiver& phone = join(here, kAlice, kPhone);
  FakeReceiver& laptop = join(there, kAlice, kLaptop);
  FakeReceiver& bob = join(there, kBob);
  router.sign_out(kAlice, {}, {});
  EXPECT_TRUE(signed_out(here, phone));
  EXPECT_TRUE(signed_out(there, laptop));
  EXPECT_FALSE(signed_out(there, bob));
}

TEST_F(RouterTest, NotesTheFirstArrivalAndTheLastDepartureAcrossThreads) {
  EXPECT_FALSE(router.online(kAlice));
  FakeReceiver& first = join(here, kAlice);
  EXPECT_THAT(visitors.heard(), ElementsAre("+1"));
  FakeReceiver& second = join(here, kAlice);
  FakeReceiver& third = join(there, kAlice);
  FakeReceiver& bob = join(there, kBob);
  EXPECT_THAT(visitors.heard(), ElementsAre("+1", "+2"));
  EXPECT_EQ(router.connections(), 4u);

  here.run([&] { first.leave(); });
  here.run([&] { second.leave(); });
  EXPECT_TRUE(router.online(kAlice)) << "on the other thread";
  there.run([&] { bob.leave(); });
  EXPECT_THAT(visitors.heard(), ElementsAre("+1", "+2", "-2"));
  there.run([&] { third.leave(); });
  EXPECT_THAT(visitors.heard(), ElementsAre("+1", "+2", "-2", "-1"));
  EXPECT_FALSE(router.online(kAlice));
  EXPECT_EQ(router.connections(), 0u);

  join(there, kAlice);
  EXPECT_THAT(visitors.heard(), SizeIs(5));
  EXPECT_TRUE(router.online(kAlice));
}

TEST_F(RouterTest, NotesWhetherSomebodyIsAtAnyOfTheirConnections) {
  const auto say = [this](HubThread& where, const FakeReceiver& device, bool attended) {
    where.run([&] { router.set_attended(device.user_id, device.connection, attended); });
  };
  FakeReceiver& phone = join(here, kAlice);
  FakeReceiver& tablet = join(here, kAlice);
  FakeReceiver& laptop = join(there, kAlice);
  EXPECT_TRUE(router.attended(kAlice));
  say(here, phone, false);
  say(here, phone, false);
  say(there, laptop, false);
  EXPECT_TRUE(router.attended(kAlice));
  EXPECT_THAT(visitors.heard(), ElementsAre("+1"));
  say(here, tablet, false);
  EXPECT_FALSE(router.attended(kAlice));
  EXPECT_TRUE(router.online(kAlice));
  say(there, laptop, true);
  EXPECT_TRUE(router.attended(kAlice));
  EXPECT_THAT(visitors.heard(), ElementsAre("+1", "*1", "*1"));
  // The only one at which somebody was goes; a new one has somebody at it.
  there.run([&] { laptop.leave(); });
  EXPECT_FALSE(router.attended(kAlice));
  join(there, kAlice);
  EXPECT_TRUE(router.attended(kAlice));
  EXPECT_THAT(visitors.heard(), ElementsAre("+1", "*1", "*1", "*1", "*1"));
}

TEST_F(RouterTest, WhoWasAwayLeavesAway) {
  FakeReceiver& phone = join(here, kAlice);
  here.run([&] {
    router.set_attended(kAlice, phone.connection, false);
    router.set_attended(kAlice, 99, true);
    router.set_attended(kBob, phone.connection, true);
    phone.leave();
    router.set_attended(kAlice, phone.connection, true);
  });
  EXPECT_FALSE(router.attended(kAlice));
  EXPECT_FALSE(router.attended(kBob));
  EXPECT_THAT(visitors.heard(), ElementsAre("+1", "*1", "~1"));
}

TEST_F(RouterTest, StaysRightWhileThreadsComeGoAndTellAtOnce) {
  constexpr int kRounds = 2'000;
  const auto busy = [&](HubThread& where, SessionId session) {
    boost::asio::post(where.loop, [&, session] {
      for (int i = 0; i < kRounds; ++i) {
        FakeReceiver passing{router, where.hub, kAlice, session, 1'000};
        router.deliver(read(i + 1), {kAlice, kBob});
        EXPECT_EQ(passing.heard.size(), 1u);
        EXPECT_TRUE(router.online(kAlice));
      }
    });
  };
  FakeReceiver& bob = join(there, kBob);
  busy(here, kPhone);
  busy(there, kLaptop);
  EXPECT_THAT(told(there, bob), SizeIs(2 * kRounds));
  EXPECT_FALSE(router.online(kAlice));
  EXPECT_EQ(router.connections(), 1u);
}

TEST(RouterHubsTest, AreAtMostSixtyFour) {
  Router router;
  Loop loop{1};
  for (std::size_t i = 0; i < Router::kMostHubs; ++i) EXPECT_EQ(router.make_hub(loop).index(), i);
  EXPECT_THROW(router.make_hub(loop), std::length_error);
}

}  // namespace
}  // namespace parley::delivery
