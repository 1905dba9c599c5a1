#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "delivery/jobs.h"

namespace parley::broker {

// What every Jobs promises that nodes share and that takes its time: what is added comes soon, not
// at once. storage/contract/jobs_suite.h has the stricter promises of a store.
//
// A Subject has `static bool available()`, `delivery::Jobs& jobs()`, `delivery::Jobs& others()`,
// which is another node, and `void reopen()`, after which the first node is another process: what
// it was at is nobody's. Waits are short in it: a retry after 200 ms is possible.
template <class Subject>
class WorkQueueContract : public testing::Test {
 protected:
  using Milliseconds = std::chrono::milliseconds;
  static constexpr std::chrono::seconds kLease{60};

  void SetUp() override {
    if (!Subject::available()) GTEST_SKIP() << "the server is not installed";
    subject.emplace();
  }

  void add(const std::string& payload, const std::string& kind = "mail", Timestamp due = {}) {
    await(subject->jobs().add({.kind = kind, .payload = payload, .due = due}));
  }
  Timestamp now() const { return SystemClock{}.now(); }

  // The next job; a failure when there is none in time.
  static delivery::Job next(delivery::Jobs& jobs, const std::string& kind = "mail",
                            std::chrono::seconds lease = kLease) {
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (std::chrono::steady_clock::now() < late) {
      auto taken = await(jobs.take({kind}, 1, lease));
      if (!taken.empty()) return taken.front();
      std::this_thread::sleep_for(Milliseconds{2});
    }
    ADD_FAILURE() << "no job of kind " << kind << " has come";
    return {};
  }
  delivery::Job next(const std::string& kind = "mail") { return next(subject->jobs(), kind); }

  // Whether it becomes so in time.
  static bool becomes(auto so) {
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!so() && std::chrono::steady_clock::now() < late)
      std::this_thread::sleep_for(Milliseconds{5});
    return so();
  }

  std::optional<Subject> subject;
};
TYPED_TEST_SUITE_P(WorkQueueContract);

TYPED_TEST_P(WorkQueueContract, JobsComeInTheirTurnWithWhatTheySay) {
  this->add(R"({"to":"ann","text":"Grüße"})");
  this->add("2");
  this->add("3", "sms");
  const auto first = this->next();
  EXPECT_EQ(first.payload, R"({"to":"ann","text":"Grüße"})");
  EXPECT_EQ(first.kind, "mail");
  EXPECT_EQ(first.attempt, 1);
  EXPECT_EQ(this->next().payload, "2");
  EXPECT_EQ(this->next("sms").payload, "3");
}

TYPED_TEST_P(WorkQueueContract, WhatIsDoneDoesNotComeAgain) {
  this->add("1");
  await(this->subject->jobs().done(this->next().id));
  this->subject->reopen();
  this->add("2");
  EXPECT_EQ(this->next().payload, "2");
}

TYPED_TEST_P(WorkQueueContract, WhoDiesLeavesTheirJobsToOthers) {
  this->add("1");
  const auto job = this->next();
  this->subject->reopen();
  const auto again = this->next(this->subject->others());
  EXPECT_EQ(again.id, job.id);
  EXPECT_EQ(again.payload, "1");
  EXPECT_EQ(again.attempt, 2);
}

TYPED_TEST_P(WorkQueueContract, WhatIsNotDoneInItsLeaseComesAgain) {
  this->add("1");
  const auto job = this->next(this->subject->jobs(), "mail", std::chrono::seconds{1});
  EXPECT_EQ(job.attempt, 1);
  const auto again = this->next();
  EXPECT_EQ(again.id, job.id);
  EXPECT_EQ(again.attempt, 2);
}

TYPED_TEST_P(WorkQueueContract, AFailedJobComesBackAtItsTime) {
  this->add("1");
  auto job = this->next();
  for (int attempt = 2; attempt <= 4; ++attempt) {
    const auto since = std::chrono::steady_clock::now();
    await(this->subject->jobs().failed(job.id, this->now() + std::chrono::milliseconds{200}, "no"));
    const auto again = this->next();
    EXPECT_GE(std::chrono::steady_clock::now() - since, std::chrono::milliseconds{100});
    EXPECT_EQ(again.id, job.id);
    EXPECT_EQ(again.payload, "1");
    EXPECT_EQ(again.attempt, attempt);
    job = again;
  }
  await(this->subject->jobs().done(job.id));
  this->add("2");
  EXPECT_EQ(this->next().payload, "2");
}

TYPED_TEST_P(WorkQueueContract, AFailedJobHoldsUpNoOther) {
  this->add("1");
  await(this->subject->jobs().failed(this->next().id, this->now() + std::chrono::hours{1}, "no"));
  this->add("2");
  EXPECT_EQ(this->next().payload, "2");
}

TYPED_TEST_P(WorkQueueContract, ADeadJobIsCountedAndDoesNotComeAgain) {
  this->add("1");
  await(this->subject->jobs().failed(this->next().id, std::nullopt, "no such mailbox"));
  EXPECT_TRUE(this->becomes([this] { return await(this->subject->jobs().counts()).dead == 1; }));
  EXPECT_TRUE(this->becomes([this] { return await(this->subject->jobs().counts()).waiting == 0; }));
  this->add("2");
  EXPECT_EQ(this->next().payload, "2");
}

TYPED_TEST_P(WorkQueueContract, AJobWaitsUntilItIsDue) {
  this->add("\"in an hour\"", "mail", this->now() + std::chrono::hours{1});
  this->add("\"now\"");
  EXPECT_EQ(this->next().payload, "\"now\"");
  const auto due = this->now() + std::chrono::milliseconds{1'000};
  this->add("\"later\"", "mail", due);
  EXPECT_EQ(this->next().payload, "\"later\"");
  EXPECT_GE(this->now(), due);
}

TYPED_TEST_P(WorkQueueContract, NodesShareTheWorkAndDoEachJobOnce) {
  constexpr int kJobs = 300;
  for (int i = 0; i < kJobs; ++i) this->add(std::to_string(i));
  std::map<std::string, int> done;
  std::array<int, 2> shares{};
  const auto late = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (done.size() < kJobs && std::chrono::steady_clock::now() < late) {
    for (const std::size_t node : {0U, 1U}) {
      auto& jobs = node == 0 ? this->subject->jobs() : this->subject->others();
      for (const auto& job : await(jobs.take({"mail"}, 8, this->kLease))) {
        ++done[job.payload];
        ++shares[node];
        await(jobs.done(job.id));
      }
    }
  }
  EXPECT_EQ(done.size(), kJobs);
  EXPECT_TRUE(std::ranges::all_of(done, [](const auto& one) { return one.second == 1; }));
  EXPECT_GT(shares[0], 0);
  EXPECT_GT(shares[1], 0);
  EXPECT_TRUE(this->becomes([this] { return await(this->subject->jobs().counts()).waiting == 0; }));
}

TYPED_TEST_P(WorkQueueContract, SettlingTwiceOrWhatIsNotThereDoesNothing) {
  this->add("1");
  const auto job = this->next();
  await(this->subject->jobs().done(job.id));
  await(this->subject->jobs().done(job.id));
  await(this->subject->jobs().failed(job.id, this->now(), "no"));
  await(this->subject->jobs().failed(job.id, std::nullopt, "no"));
  await(this->subject->jobs().done(delivery::JobId{987'654'321}));
  this->add("2");
  EXPECT_EQ(this->next().payload, "2");
}

REGISTER_TYPED_TEST_SUITE_P(WorkQueueContract, JobsComeInTheirTurnWithWhatTheySay,
                            WhatIsDoneDoesNotComeAgain, WhoDiesLeavesTheirJobsToOthers,
                            WhatIsNotDoneInItsLeaseComesAgain, AFailedJobComesBackAtItsTime,
                            AFailedJobHoldsUpNoOther, ADeadJobIsCountedAndDoesNotComeAgain,
                            AJobWaitsUntilItIsDue, NodesShareTheWorkAndDoEachJobOnce,
                            SettlingTwiceOrWhatIsNotThereDoesNothing);

}  // namespace parley::broker
