#pragma once

#include "storage/contract/people.h"

// What every Jobs promises, as tests.

namespace parley::storage::contract {

template <class E>
class JobsContract : public Suite<E> {
 public:
  delivery::Jobs& jobs() { return this->engine.jobs(); }
  Timestamp now() { return this->engine.clock().now(); }

  void add(const std::string& payload, const std::string& kind = "mail") {
    await(jobs().add({.kind = kind, .payload = payload}));
  }
  std::vector<delivery::Job> take(std::int64_t most = 10) {
    return await(jobs().take({"mail"}, most, std::chrono::seconds{60}));
  }
};
TYPED_TEST_SUITE_P(JobsContract);

TYPED_TEST_P(JobsContract, AJobIsTakenOnceAndInItsTurn) {
  this->add("1");
  this->add("2");
  this->add("3", "sms");
  this->engine.reopen();
  const auto first = this->take(1);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].payload, "1");
  EXPECT_EQ(first[0].kind, "mail");
  EXPECT_EQ(first[0].attempt, 1);
  const auto second = this->take();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].payload, "2");
  EXPECT_TRUE(this->take().empty());
  await(this->jobs().done(first[0].id));
  await(this->jobs().done(second[0].id));
  EXPECT_EQ(await(this->jobs().counts()).waiting, 1);
}

TYPED_TEST_P(JobsContract, WhoDiesLeavesTheirJobsToOthers) {
  this->add("1");
  ASSERT_EQ(this->take().size(), 1U);
  this->engine.clock().advance(std::chrono::seconds{59});
  this->engine.reopen();
  EXPECT_TRUE(this->take().empty());
  this->engine.clock().advance(std::chrono::seconds{1});
  const auto again = this->take();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].attempt, 2);
}

TYPED_TEST_P(JobsContract, AJobWaitsUntilItIsDue) {
  await(this->jobs().add(
      {.kind = "mail", .payload = "later", .due = this->now() + std::chrono::seconds{5}}));
  EXPECT_TRUE(this->take().empty());
  this->engine.clock().advance(std::chrono::seconds{5});
  EXPECT_EQ(this->take().size(), 1U);
}

TYPED_TEST_P(JobsContract, AFailedJobIsTriedAgainOrDies) {
  this->add("1");
  auto job = this->take().at(0);
  await(this->jobs().failed(job.id, this->now() + std::chrono::seconds{5}, "no answer"));
  EXPECT_TRUE(this->take().empty());
  this->engine.clock().advance(std::chrono::seconds{5});
  job = this->take().at(0);
  EXPECT_EQ(job.attempt, 2);
  await(this->jobs().failed(job.id, std::nullopt, "no such mailbox"));
  this->engine.clock().advance(std::chrono::hours{24});
  EXPECT_TRUE(this->take().empty());
  EXPECT_EQ(await(this->jobs().counts()).dead, 1);
  EXPECT_EQ(await(this->jobs().counts()).waiting, 0);
}

TYPED_TEST_P(JobsContract, AJobReplacesTheOneOfItsKey) {
  const auto add = [&](const std::string& payload, const std::string& key) {
    await(this->jobs().add({.kind = "mail", .payload = payload, .key = key}));
  };
  add("old", "alice");
  add("bobs", "bob");
  add("new", "alice");
  const auto jobs = this->take();
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[0].payload, "bobs");
  EXPECT_EQ(jobs[1].payload, "new");
  add("newest", "alice");  // what is being done is not replaced
  EXPECT_EQ(await(this->jobs().counts()).waiting, 3);
}

TYPED_TEST_P(JobsContract, AJobThatWaitsForAnotherTryIsReplacedToo) {
  const auto add = [&](const std::string& payload) {
    await(this->jobs().add({.kind = "mail", .payload = payload, .key = "alice"}));
  };
  const auto fail = [&](const delivery::Job& job) {
    await(this->jobs().failed(job.id, this->now() + std::chrono::seconds{5}, "no answer"));
  };
  add("1");
  fail(this->take().at(0));
  add("2");
  const auto second = this->take().at(0);
  EXPECT_EQ(second.payload, "2");
  add("3");
  fail(second);  // it was replaced meanwhile
  EXPECT_EQ(await(this->jobs().counts()).waiting, 1);
  const auto third = this->take().at(0);
  EXPECT_EQ(third.payload, "3");
  this->engine.clock().advance(std::chrono::seconds{60});
  add("4");  // nobody is at the third any more
  const auto last = this->take();
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].payload, "4");
}

REGISTER_TYPED_TEST_SUITE_P(JobsContract, AJobIsTakenOnceAndInItsTurn,
                            WhoDiesLeavesTheirJobsToOthers, AJobWaitsUntilItIsDue,
                            AFailedJobIsTriedAgainOrDies, AJobReplacesTheOneOfItsKey,
                            AJobThatWaitsForAnotherTryIsReplacedToo);

}  // namespace parley::storage::contract
