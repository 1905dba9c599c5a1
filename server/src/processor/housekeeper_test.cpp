#include "processor/housekeeper.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include "delivery/leases_for_test.h"

namespace parley::processor {
namespace {

using namespace std::chrono_literals;
using delivery::FakeLeases;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};

class FakeStores final : public delivery::Housekeeping, public chat::AwayStore {
 public:
  Task<std::int64_t> remove_expired() override {
    ++tidied;
    co_return 3;
  }
  Task<Cut> cut_logs(Timestamp before, Timestamp undelivered_before, std::uint64_t from) override {
    cuts.emplace_back(before, undelivered_before);
    co_return Cut{.entries = 10, .next = from == 0 ? 7u : 0u};
  }
  Task<std::int64_t> notify(chat::Burst burst) override {
    notified.push_back(burst);
    co_return 1;
  }
  Task<std::vector<chat::Burst>> sweep(Timestamp until, std::int64_t) override {
    swept_until = until;
    if (fails) throw std::runtime_error("the store is away");
    co_return std::exchange(waiting, {});
  }

  int tidied = 0;
  bool fails = false;
  Timestamp swept_until;
  std::vector<chat::Burst> waiting, notified;
  std::vector<std::pair<Timestamp, Timestamp>> cuts;
};

class NoDevices final : public notification::DeviceStore {
 public:
  Task<Device> add(notification::NewDevice) override { co_return Device{}; }
  Task<std::vector<Device>> list(UserId, SessionId) override { co_return std::vector<Device>{}; }
  Task<Result<void>> remove(UserId, DeviceId) override { co_return Result<void>{}; }
  Task<std::vector<notification::KeptDevice>> of(UserId) override {
    co_return std::vector<notification::KeptDevice>{};
  }
  Task<std::optional<notification::KeptDevice>> find(DeviceId) override { co_return std::nullopt; }
  Task<notification::PushContext> context(UserId, ChatId, Seq) override {
    co_return notification::PushContext{};
  }
  Task<void> record(notification::NewPushRecord) override { co_return; }
  Task<std::vector<PushRecord>> records(UserId) override { co_return std::vector<PushRecord>{}; }
  Task<NotificationSettings> settings(UserId) override { co_return NotificationSettings{}; }
  Task<NotificationSettings> set_settings(UserId, NotificationSettings settings) override {
    co_return settings;
  }
  Task<std::int64_t> prune(Timestamp before) override {
    pruned_before = before;
    co_return 2;
  }
  Timestamp pruned_before;
};

class HousekeeperTest : public testing::Test {
 protected:
  std::unique_ptr<Housekeeper> begin(std::uint64_t node, Retention retention = {}) {
    auto housekeeper = std::make_unique<Housekeeper>(
        Housekeeper::Stores{leases, stores, stores, devices}, node, retention, clock, loop, 5ms);
    boost::asio::co_spawn(loop, housekeeper->run(), boost::asio::detached);
    return housekeeper;
  }
  template <class Condition>
  void run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_for(2ms);
    }
    EXPECT_TRUE(condition());
  }
  void end(Housekeeper& housekeeper) {
    housekeeper.stop();
    run_until([&] { return !housekeeper.leads(); });
  }

  Loop loop{1};
  ManualClock clock{kNow};
  FakeLeases leases;
  FakeStores stores;
  NoDevices devices;
};

TEST_F(HousekeeperTest, LooksAfterWhatADeadNodeLeft) {
  stores.waiting = {{.chat_id = ChatId{1}, .up_to = 4}, {.chat_id = ChatId{2}, .up_to = 9}};
  const auto housekeeper = begin(1);
  run_until([&] { return stores.notified.size() == 2; });
  EXPECT_EQ(stores.swept_until, kNow - 30s);
  EXPECT_EQ(housekeeper->late_pushes(), 2u);
  end(*housekeeper);
}

TEST_F(HousekeeperTest, OneDoesItAndTheNextGoesOnAtOnce) {
  const auto first = begin(1), second = begin(2);
  run_until([&] { return first->leads(); });
  EXPECT_FALSE(second->leads());
  end(*first);
  run_until([&] { return second->leads(); });
  end(*second);
}

TEST_F(HousekeeperTest, TidiesOnceAnHourAndKeepsMessagesUnlessToldOtherwise) {
  const auto housekeeper = begin(1);
  run_until([&] { return housekeeper->removed() == 5; });
  EXPECT_EQ(devices.pruned_before, kNow - std::chrono::days{60});
  loop.restart();
  loop.run_for(30ms);
  EXPECT_EQ(stores.tidied, 1);
  EXPECT_TRUE(stores.cuts.empty());
  end(*housekeeper);
}

TEST_F(HousekeeperTest, CutsLogsToTheirEnd) {
  const auto housekeeper =
      begin(1, {.messages = std::chrono::days{90}, .undelivered = std::chrono::days{365}});
  run_until([&] { return housekeeper->entries_cut() == 20; });
  ASSERT_EQ(stores.cuts.size(), 2u);
  EXPECT_EQ(stores.cuts[0].first, kNow - std::chrono::days{90});
  EXPECT_EQ(stores.cuts[0].second, kNow - std::chrono::days{365});
  end(*housekeeper);
}

TEST_F(HousekeeperTest, GoesOnAfterAFailure) {
  stores.fails = true;
  const auto housekeeper = begin(1);
  run_until([&] { return housekeeper->leads(); });
  stores.waiting = {{.chat_id = ChatId{1}, .up_to = 4}};
  stores.fails = false;
  run_until([&] { return stores.notified.size() == 1; });
  end(*housekeeper);
}

}  // namespace
}  // namespace parley::processor
