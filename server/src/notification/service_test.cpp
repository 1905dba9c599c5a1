#include "notification/service.h"

#include <functional>
#include <map>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/waiter.h"

namespace parley::notification {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Outcome = Sending::Outcome;

// Jobs in memory that are due at once and remember what became of them.
class FakeJobs final : public delivery::Jobs {
 public:
  Task<void> add(delivery::NewJob job) override {
    waiting.push_back({.id = delivery::JobId{++last}, .kind = job.kind, .payload = job.payload});
    co_return;
  }
  Task<std::vector<delivery::Job>> take(std::vector<std::string>, std::int64_t most,
                                        std::chrono::seconds) override {
    most_asked = std::max(most_asked, most);
    std::vector<delivery::Job> taken;
    while (!waiting.empty() && std::ssize(taken) < most) {
      taken.push_back(std::move(waiting.front()));
      waiting.erase(waiting.begin());
    }
    co_return taken;
  }
  Task<void> done(delivery::JobId job) override {
    finished.push_back(job);
    co_return;
  }
  Task<void> failed(delivery::JobId job, std::optional<Timestamp> retry_at,
                    std::string why) override {
    failures.emplace_back(job, retry_at, std::move(why));
    co_return;
  }
  Task<Counts> counts() override { co_return Counts{.waiting = 7}; }

  std::uint64_t last = 0;
  std::int64_t most_asked = 0;
  std::vector<delivery::Job> waiting;
  std::vector<delivery::JobId> finished;
  std::vector<std::tuple<delivery::JobId, std::optional<Timestamp>, std::string>> failures;
};

class FakeSenders final : public Mailer, public SmsSender {
 public:
  Task<Sending> send(Mail mail) override {
    mails.push_back(std::move(mail));
    if (before) co_await before();
    if (fail) throw std::runtime_error("out of memory");
    co_return next;
  }
  Task<Sending> send(Sms sms) override {
    messages.push_back(std::move(sms));
    co_return next;
  }

  Sending next;
  bool fail = false;
  std::function<Task<void>()> before;
  std::vector<Mail> mails;
  std::vector<Sms> messages;
};

class NotificationTest : public testing::Test {
 protected:
  void leave(const std::string& kind, const std::string& payload, std::int64_t attempt = 1) {
    jobs.waiting.push_back(
        {.id = delivery::JobId{++jobs.last}, .kind = kind, .payload = payload, .attempt = attempt});
  }
  // Lets the service look at the jobs until nothing is left to do.
  void work() {
    boost::asio::co_spawn(loop, service.run(), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
    loop.restart();
    while (loop.poll() != 0) {
    }
  }

  void expect_wait(std::size_t failure, std::chrono::milliseconds wait) {
    const auto retry_at = std::get<1>(jobs.failures.at(failure));
    ASSERT_TRUE(retry_at);
    EXPECT_GE(*retry_at, clock.now() + wait);
    EXPECT_LE(*retry_at, clock.now() + wait * 6 / 5);
  }

  const std::string mail = R"({"to":"anna@example.org","template":"verify_email","language":"en",)"
                           R"("values":{"name":"Anna","link":"https://x/#t"}})";
  const std::string sms =
      R"({"to":"+4915112345678","template":"one_time_code","values":{"code":"123456"}})";

  Loop loop{1};
  ManualClock clock{Timestamp{1'000'000s}};
  FakeJobs jobs;
  FakeSenders senders;
  Service service{jobs, senders, senders, clock, loop};
};

TEST_F(NotificationTest, SendsWhatWasLeftToIt) {
  leave("mail", mail);
  leave("sms", sms);
  work();
  ASSERT_THAT(senders.mails, SizeIs(1));
  EXPECT_EQ(senders.mails[0].to, "anna@example.org");
  EXPECT_THAT(senders.mails[0].text, testing::HasSubstr("https://x/#t"));
  ASSERT_THAT(senders.messages, SizeIs(1));
  EXPECT_EQ(senders.messages[0].to, "+4915112345678");
  EXPECT_THAT(senders.messages[0].text, testing::StartsWith("123456 "));
  EXPECT_THAT(jobs.finished, ElementsAre(delivery::JobId{1}, delivery::JobId{2}));
  EXPECT_EQ(service.mails().sent, 1U);
  EXPECT_EQ(service.waiting(), 7);
}

TEST_F(NotificationTest, TriesAgainEverMoreSlowly) {
  senders.next = {.outcome = Outcome::try_later, .why = "greylisted"};
  leave("mail", mail, 1);
  leave("mail", mail, 2);
  leave("mail", mail, 3);
  leave("mail", mail, 100);
  work();
  ASSERT_THAT(jobs.failures, SizeIs(4));
  const std::vector<std::chrono::seconds> waits{5s, 30s, 300s, 300s};
  for (std::size_t i = 0; i < waits.size(); ++i) expect_wait(i, waits[i]);
}

TEST_F(NotificationTest, WaitsAsLongAsItIsTold) {
  senders.next = {.outcome = Outcome::try_later, .why = "busy", .retry_after = 90s};
  leave("mail", mail, 1);
  work();
  expect_wait(0, 90s);
}

TEST_F(NotificationTest, GivesUpWhatIsRefusedOrUseless) {
  senders.next = {.outcome = Outcome::refused, .why = "no such mailbox"};
  leave("mail", mail);
  work();
  ASSERT_THAT(jobs.failures, SizeIs(1));
  EXPECT_EQ(std::get<1>(jobs.failures[0]), std::nullopt);
  EXPECT_EQ(std::get<2>(jobs.failures[0]), "no such mailbox");
}

TEST_F(NotificationTest, GivesUpACodeThatNobodyNeedsAnyMore) {
  senders.next = {.outcome = Outcome::try_later};
  leave("sms", sms, 4);
  work();
  EXPECT_EQ(std::get<1>(jobs.failures.at(0)), std::nullopt);
}

TEST_F(NotificationTest, GivesUpWhatItCannotRead) {
  leave("mail", "junk");
  leave("mail", "[]");
  leave("mail", R"({"to":"a@b.de","template":"nonsense"})");
  leave("sms", R"({"to":"+49301234567","template":"verify_email"})");
  work();
  EXPECT_THAT(senders.mails, IsEmpty());
  EXPECT_THAT(senders.messages, IsEmpty());
  EXPECT_THAT(jobs.failures, SizeIs(4));
}

TEST_F(NotificationTest, AMailToNobodyIsDoneWithoutSending) {
  leave("mail", R"({"to":"","template":"reset_password","values":{}})");
  work();
  EXPECT_THAT(senders.mails, IsEmpty());
  EXPECT_THAT(jobs.finished, SizeIs(1));
}

TEST_F(NotificationTest, StopsAskingWhoDoesNotAnswer) {
  senders.next = {.outcome = Outcome::try_later, .why = "connection refused"};
  for (int i = 0; i < 8; ++i) leave("mail", mail);
  leave("sms", sms);
  work();
  EXPECT_THAT(senders.mails, SizeIs(5));
  EXPECT_THAT(jobs.failures, SizeIs(8));
  EXPECT_EQ(service.mail_breaker().state(CircuitBreaker::Clock::now()),
            CircuitBreaker::State::open);
  EXPECT_EQ(service.sms_breaker().state(CircuitBreaker::Clock::now()),
            CircuitBreaker::State::closed);
}

TEST_F(NotificationTest, WhatIsNotSentSaysNothingOfTheServer) {
  senders.next = {.outcome = Outcome::try_later, .why = "connection refused"};
  for (int i = 0; i < 5; ++i) leave("mail", mail);
  leave("mail", R"({"to":"","template":"reset_password","values":{}})");
  leave("mail", "junk");
  work();
  EXPECT_EQ(service.mail_breaker().state(CircuitBreaker::Clock::now()),
            CircuitBreaker::State::open);
}

TEST_F(NotificationTest, ASenderThatFailsIsTriedAgain) {
  senders.fail = true;
  for (int i = 0; i < 6; ++i) leave("mail", mail);
  work();
  EXPECT_THAT(senders.mails, SizeIs(5));
  EXPECT_THAT(jobs.finished, IsEmpty());
  EXPECT_EQ(service.mail_breaker().state(CircuitBreaker::Clock::now()),
            CircuitBreaker::State::open);
}

TEST_F(NotificationTest, EndsWhenWhatIsUnderWayHasEnded) {
  Waiter slow;
  bool asked = false;
  senders.before = [&]() -> Task<void> { co_await slow.wait([&] { asked = true; }); };
  leave("mail", mail);
  bool ended = false;
  boost::asio::co_spawn(loop, service.run(), [&](std::exception_ptr) { ended = true; });
  while (loop.poll() != 0) {
  }
  ASSERT_TRUE(asked);
  service.stop();
  while (loop.poll() != 0) {
  }
  EXPECT_FALSE(ended);
  slow.resume();
  while (loop.poll() != 0) {
  }
  EXPECT_TRUE(ended);
  EXPECT_THAT(jobs.finished, SizeIs(1));
}

TEST_F(NotificationTest, TakesNoMoreThanItCanDoAtOnce) {
  work();
  EXPECT_EQ(jobs.most_asked, static_cast<std::int64_t>(JobRunner::kAtOnce));
}

}  // namespace
}  // namespace parley::notification
