#include "processor/digests.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/leases_for_test.h"

namespace parley::processor {
namespace {

using namespace std::chrono_literals;
using delivery::FakeLeases;
using notification::Absence;
using notification::AbsenceDecision;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
constexpr UserId kBob{7};

// Keeps absences as the store does.
class FakeStore final : public notification::DigestStore {
 public:
  Task<std::vector<Absence>> away_since(Timestamp until, std::int64_t most) override {
    if (fails) throw std::runtime_error("the store is away");
    ++looks;
    std::vector<Absence> found;
    for (const auto& [user, absence] : absences)
      if (absence.since <= until && std::ssize(found) < most) found.push_back(absence);
    co_return found;
  }
  Task<notification::Waiting> waiting(UserId) override { co_return waits; }
  Task<std::int64_t> settle(std::vector<AbsenceDecision> decisions) override {
    largest = std::max(largest, decisions.size());
    std::int64_t left = 0;
    for (AbsenceDecision& decision : decisions) {
      if (decision.later) {
        EXPECT_GT(*decision.later, decision.since);  // or it would be looked at for ever
        absences.at(decision.user_id).since = *decision.later;
        continue;
      }
      absences.erase(decision.user_id);
      if (!decision.mail) continue;
      mails.push_back(std::move(*decision.mail));
      ++left;
    }
    co_return left;
  }
  Task<void> turn_off(UserId) override { co_return; }

  bool fails = false;
  int looks = 0;
  std::size_t largest = 0;
  std::map<UserId, Absence> absences;
  notification::Waiting waits{.messages = 3, .chats = 1, .most = {{"Anna", 3}}};
  std::vector<delivery::NewJob> mails;
};

class DigestsTest : public testing::Test {
 protected:
  static Absence absence(UserId user, std::chrono::seconds ago) {
    return {.user_id = user,
            .since = kNow - ago,
            .last_active = kNow - ago,
            .email = "bob@example.org",
            .display_name = "Bob",
            .language = "en",
            .settings = {},
            .digest_at = {}};
  }
  // Bob has been away for so long.
  Absence& away(std::chrono::seconds ago) {
    return store.absences.insert_or_assign(kBob, absence(kBob, ago)).first->second;
  }
  std::unique_ptr<Digests> begin(std::uint64_t node = 1) {
    auto digests = std::make_unique<Digests>(
        Digests::Ties{.leases = leases,
                      .store = store,
                      .tokens = tokens,
                      .is_online = [this](UserId user) { return online.contains(user); }},
        node, Digests::Settings{.after = 24h, .public_url = "https://chat.example.org"}, clock,
        loop, 1ms);
    boost::asio::co_spawn(loop, digests->run(), boost::asio::detached);
    return digests;
  }
  template <class Condition>
  void run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_for(1ms);
    }
    EXPECT_TRUE(condition());
  }
  // Lets it look at everything twice.
  void look() {
    const auto digests = begin();
    const int looks = store.looks;
    run_until([&] { return store.looks >= looks + 2; });
    end(*digests);
  }
  void end(Digests& digests) {
    digests.stop();
    run_until([&] { return leases.holders.empty(); });
    loop.restart();
    loop.run_for(1ms);
  }

  Loop loop{1};
  ManualClock clock{kNow};
  FakeLeases leases;
  FakeStore store;
  notification::UnsubscribeTokens tokens{"key", clock};
  std::set<UserId> online;
};

TEST_F(DigestsTest, AreMailedAfterADay) {
  away(24h);
  const auto digests = begin();
  run_until([&] { return store.mails.size() == 1; });
  EXPECT_EQ(digests->mails(), 1u);
  EXPECT_TRUE(store.absences.empty());
  const auto job = boost::json::parse(store.mails[0].payload);
  EXPECT_EQ(job.at("to"), "bob@example.org");
  EXPECT_EQ(job.at("template"), "digest");
  const auto& values = job.at("values").as_object();
  EXPECT_EQ(values.at("name"), "Bob");
  EXPECT_EQ(values.at("messages"), "3 unread messages");
  EXPECT_EQ(values.at("chats"), "1 chat");
  EXPECT_EQ(values.at("link"), "https://chat.example.org/");
  EXPECT_THAT(store.mails[0].payload, Not(HasSubstr("Anna")));
  const std::string link{values.at("unsubscribe").as_string()};
  const std::string before = "https://chat.example.org/api/v1/notifications/unsubscribe/";
  ASSERT_THAT(link, StartsWith(before));
  EXPECT_EQ(tokens.check(link.substr(before.size())), kBob);
  end(*digests);
}

TEST_F(DigestsTest, AreNotMailedEarlier) {
  away(23h);
  look();
  EXPECT_TRUE(store.mails.empty());
  EXPECT_EQ(store.absences.size(), 1u);
}

TEST_F(DigestsTest, NameChatsToThoseWhoAllowPreviews) {
  away(25h).settings.preview = true;
  store.waits = {.messages = 9, .chats = 4, .most = {{"Climbers", 5}, {"Anna", 2}}};
  look();
  ASSERT_EQ(store.mails.size(), 1u);
  const auto job = boost::json::parse(store.mails[0].payload);
  EXPECT_EQ(job.at("template"), "digest_with_names");
  EXPECT_EQ(job.at("values").at("names"), "Climbers (5), Anna (2) and 2 more chats");
}

TEST_F(DigestsTest, AreNotForThoseWhoHaveNothingToRead) {
  away(25h);
  store.waits = {};
  look();
  EXPECT_TRUE(store.mails.empty());
  EXPECT_TRUE(store.absences.empty());
}

TEST_F(DigestsTest, AreNotForThoseWithoutAnAddressOrWhoWantNone) {
  away(25h).email.clear();
  look();
  EXPECT_TRUE(store.absences.empty());
  away(25h).settings.email_digest = false;
  look();
  EXPECT_TRUE(store.absences.empty());
  EXPECT_TRUE(store.mails.empty());
}

TEST_F(DigestsTest, ComeOnceInAnAbsence) {
  Absence& bob = away(25h);
  bob.last_active = kNow - 80h;
  bob.digest_at = kNow - 50h;
  look();
  EXPECT_TRUE(store.mails.empty());
  EXPECT_TRUE(store.absences.empty());
  away(25h).digest_at = kNow - 50h;  // they were back meanwhile
  look();
  EXPECT_EQ(store.mails.size(), 1u);
}

TEST_F(DigestsTest, WaitForThoseWhoAreThereOrWereActive) {
  away(25h);
  online.insert(kBob);
  look();
  EXPECT_EQ(store.absences.at(kBob).since, kNow);
  online.clear();
  away(25h).last_active = kNow - 2h;
  look();
  EXPECT_EQ(store.absences.at(kBob).since, kNow - 2h);
  EXPECT_TRUE(store.mails.empty());
}

TEST_F(DigestsTest, WaitForTheEndOfTheQuiet) {
  away(25h).settings.quiet_until = kNow + 5h;
  look();
  EXPECT_TRUE(store.mails.empty());
  clock.advance(5h);
  look();
  EXPECT_EQ(store.mails.size(), 1u);
}

TEST_F(DigestsTest, AreNoOldNews) {
  away(24h + Digests::kStale + 1s);
  look();
  EXPECT_TRUE(store.mails.empty());
  EXPECT_TRUE(store.absences.empty());
}

TEST_F(DigestsTest, AreLookedAtInBatchesAndByOneNode) {
  constexpr std::uint64_t kUsers = 2 * Digests::kBatch + 7;
  for (std::uint64_t id = 1; id <= kUsers; ++id)
    store.absences.emplace(UserId{id}, absence(UserId{id}, 25h));
  leases.holders["digests"] = 99;
  const auto waiting = begin(2);
  loop.restart();
  loop.run_for(10ms);
  EXPECT_TRUE(store.mails.empty());
  leases.holders.clear();
  run_until([&] { return store.mails.size() == kUsers; });
  EXPECT_EQ(store.largest, static_cast<std::size_t>(Digests::kBatch));
  end(*waiting);
}

TEST_F(DigestsTest, GoOnAfterAFailure) {
  away(25h);
  store.fails = true;
  const auto digests = begin();
  loop.restart();
  loop.run_for(10ms);
  store.fails = false;
  run_until([&] { return store.mails.size() == 1; });
  end(*digests);
}

}  // namespace
}  // namespace parley::processor
