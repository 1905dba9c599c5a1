#include "notification/pushes.h"

#include <map>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/await_for_test.h"

namespace parley::notification {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using Outcome = Sending::Outcome;

class FakeDevices final : public DeviceStore {
 public:
  Task<Device> add(NewDevice) override { co_return Device{}; }
  Task<std::vector<Device>> list(UserId, SessionId) override { co_return std::vector<Device>{}; }
  Task<Result<void>> remove(UserId, DeviceId) override { co_return Result<void>{}; }
  Task<std::vector<KeptDevice>> of(UserId user) override {
    std::vector<KeptDevice> own;
    for (const auto& [id, device] : kept)
      if (device.user_id == user) own.push_back(device);
    co_return own;
  }
  Task<std::optional<KeptDevice>> find(DeviceId device) override {
    const auto found = kept.find(device);
    co_return found == kept.end() ? std::nullopt : std::optional{found->second};
  }
  Task<PushContext> context(UserId, ChatId, Seq) override { co_return now; }
  Task<void> record(NewPushRecord push) override {
    recorded.push_back(std::move(push));
    co_return;
  }
  Task<std::vector<PushRecord>> records(UserId) override { co_return std::vector<PushRecord>{}; }
  Task<NotificationSettings> settings(UserId) override { co_return now.settings; }
  Task<NotificationSettings> set_settings(UserId, NotificationSettings) override {
    co_return now.settings;
  }
  Task<std::int64_t> prune(Timestamp) override { co_return 0; }

  std::map<DeviceId, KeptDevice> kept;
  PushContext now;
  std::vector<NewPushRecord> recorded;
};

class FakeJobs final : public delivery::Jobs {
 public:
  Task<void> add(delivery::NewJob job) override {
    left.push_back(std::move(job));
    co_return;
  }
  Task<std::vector<delivery::Job>> take(std::vector<std::string>, std::int64_t,
                                        std::chrono::seconds) override {
    co_return std::vector<delivery::Job>{};
  }
  Task<void> done(delivery::JobId) override { co_return; }
  Task<void> failed(delivery::JobId, std::optional<Timestamp>, std::string) override { co_return; }
  Task<Counts> counts() override { co_return Counts{}; }

  std::vector<delivery::NewJob> left;
};

class FakePushSender final : public PushSender {
 public:
  Task<PushSending> send(DeviceAddress to, PushHint hint) override {
    sent.emplace_back(std::move(to), std::move(hint));
    co_return next;
  }
  PushSending next;
  std::vector<std::pair<DeviceAddress, PushHint>> sent;
};

class PushesTest : public testing::Test {
 protected:
  void has_device(std::uint64_t id, UserId user, PushService service, std::string token) {
    devices.kept[DeviceId{id}] = {.id = DeviceId{id},
                                  .user_id = user,
                                  .address = {.service = service, .token = std::move(token)}};
  }
  Sending carry_out(std::string payload) {
    return await(loop, pushes.carry_out(std::move(payload)));
  }

  Loop loop{1};
  FakeDevices devices;
  FakeJobs jobs;
  FakePushSender web, fcm;
  Pushes pushes{devices, jobs, {.web = &web, .fcm = &fcm}};
  const UserId anna{7};
};

TEST_F(PushesTest, AMessageGoesToEveryDeviceOfItsReader) {
  has_device(1, anna, PushService::web, "https://push.example/1");
  has_device(2, anna, PushService::fcm, "token");
  has_device(3, UserId{8}, PushService::fcm, "another");
  EXPECT_EQ(carry_out(R"({"user":"7","chat":"5","seq":9})").outcome, Outcome::sent);
  ASSERT_THAT(jobs.left, SizeIs(2));
  EXPECT_EQ(jobs.left[0].key, "1:7:5");  // a later one for this chat replaces it

  devices.now.badge = 3;
  for (const delivery::NewJob& job : std::vector{jobs.left}) carry_out(job.payload);
  ASSERT_THAT(web.sent, SizeIs(1));
  EXPECT_EQ(web.sent[0].first.token, "https://push.example/1");
  const PushHint& hint = web.sent[0].second;
  EXPECT_EQ(hint.chat_id, "5");
  EXPECT_EQ(hint.seq, 9);
  EXPECT_EQ(hint.badge, 3);
  EXPECT_EQ(hint.collapse_key, "chat-5");
  EXPECT_FALSE(hint.title || hint.body);
  EXPECT_THAT(fcm.sent, SizeIs(1));
  ASSERT_THAT(devices.recorded, SizeIs(2));
  EXPECT_EQ(devices.recorded[0].chat_id, ChatId{5});
  EXPECT_EQ(devices.recorded[0].outcome, PushOutcome::sent);
}

TEST_F(PushesTest, WhoHasGotItMeanwhileIsLeftInPeace) {
  has_device(1, anna, PushService::web, "https://push.example/1");
  devices.now.wanted = false;
  EXPECT_EQ(carry_out(R"({"user":"7","chat":"5","seq":9})").outcome, Outcome::sent);
  EXPECT_THAT(jobs.left, IsEmpty());
  EXPECT_EQ(carry_out(R"({"device":"1","user":"7","chat":"5","seq":9})").outcome, Outcome::sent);
  EXPECT_THAT(web.sent, IsEmpty());
}

TEST_F(PushesTest, APreviewIsShownToWhoAllowsItAndIsCutBetweenCharacters) {
  has_device(1, anna, PushService::web, "https://push.example/1");
  devices.now.settings.preview = true;
  devices.now.sender_name = "Bob";
  devices.now.chat_name = "Hikers";
  for (int i = 0; i < 200; ++i) devices.now.content += "é";
  carry_out(R"({"device":"1","user":"7","chat":"5","seq":9})");
  ASSERT_THAT(web.sent, SizeIs(1));
  EXPECT_EQ(web.sent[0].second.title, "Bob · Hikers");
  std::string body;
  for (int i = 0; i < 120; ++i) body += "é";
  EXPECT_EQ(web.sent[0].second.body, body + "…");
}

TEST_F(PushesTest, ADeviceThatChangedHandsIsNotToldOfOthers) {
  has_device(1, UserId{8}, PushService::web, "https://push.example/1");
  carry_out(R"({"device":"1","user":"7","chat":"5","seq":9})");
  carry_out(R"({"device":"2","user":"7","chat":"5","seq":9})");
  EXPECT_THAT(web.sent, IsEmpty());
}

TEST_F(PushesTest, ATestSaysNothingAndGoesToOneDevice) {
  has_device(1, anna, PushService::web, "https://push.example/1");
  devices.now.wanted = false;  // which is about messages
  EXPECT_EQ(carry_out(R"({"device":"1","reason":"test"})").outcome, Outcome::sent);
  ASSERT_THAT(web.sent, SizeIs(1));
  EXPECT_EQ(web.sent[0].second.reason, PushReason::test);
  EXPECT_EQ(web.sent[0].second.chat_id, "");
  ASSERT_THAT(devices.recorded, SizeIs(1));
  EXPECT_EQ(devices.recorded[0].reason, PushReason::test);
}

TEST_F(PushesTest, WhatBecameOfItIsRecordedAndOnlyThePostponedIsTriedAgain) {
  has_device(1, anna, PushService::fcm, "token");
  const std::string job = R"({"device":"1","user":"7","chat":"5","seq":9})";
  fcm.next = {.outcome = PushOutcome::gone, .why = "UNREGISTERED"};
  EXPECT_EQ(carry_out(job).outcome, Outcome::sent);
  fcm.next = {.outcome = PushOutcome::refused, .why = "too large"};
  EXPECT_EQ(carry_out(job).outcome, Outcome::sent);
  fcm.next = {
      .outcome = PushOutcome::postponed, .why = "429", .retry_after = std::chrono::seconds{30}};
  const Sending later = carry_out(job);
  EXPECT_EQ(later.outcome, Outcome::try_later);
  EXPECT_EQ(later.retry_after, std::chrono::seconds{30});
  ASSERT_THAT(devices.recorded, SizeIs(3));
  EXPECT_EQ(devices.recorded[0].outcome, PushOutcome::gone);
  EXPECT_EQ(devices.recorded[1].why, "too large");
}

TEST_F(PushesTest, OnePushServiceThatIsDownHoldsUpNoOther) {
  has_device(1, anna, PushService::web, "https://down.example/1");
  has_device(2, anna, PushService::web, "https://up.example/2");
  web.next = {.outcome = PushOutcome::postponed, .why = "503"};
  for (int i = 0; i < 8; ++i) carry_out(R"({"device":"1","user":"7","chat":"5","seq":9})");
  EXPECT_THAT(web.sent, SizeIs(5));  // then its breaker is open
  web.next = {};
  EXPECT_EQ(carry_out(R"({"device":"2","user":"7","chat":"5","seq":9})").outcome, Outcome::sent);
  EXPECT_THAT(web.sent, SizeIs(6));
}

TEST_F(PushesTest, WhatNobodyCanReadIsRefused) {
  for (const char* const payload : {"", "[]", "{", "{}", R"({"user":7})", R"({"device":"x"})"})
    EXPECT_EQ(carry_out(payload).outcome, Outcome::refused) << payload;
}

TEST_F(PushesTest, AServiceThisServerHasNoAccountWithIsSaidSo) {
  has_device(1, anna, PushService::apns, "token");
  carry_out(R"({"device":"1","user":"7","chat":"5","seq":9})");
  ASSERT_THAT(devices.recorded, SizeIs(1));
  EXPECT_EQ(devices.recorded[0].outcome, PushOutcome::refused);
}

}  // namespace
}  // namespace parley::notification
