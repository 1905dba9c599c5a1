#include "broker/rabbitmq/jobs.h"

#include <gmock/gmock.h>

#include "broker/contract/rabbit_work.h"
#include "broker/contract/work_queue_suite.h"

namespace parley::broker {
namespace {

// The double that the tests here use for the store keeps the promises as well.
class MemoryWork {
 public:
  static bool available() { return true; }
  delivery::Jobs& jobs() { return jobs_; }
  delivery::Jobs& others() { return jobs_; }
  // A lease ends when its time has come: who dies is not noticed earlier.
  void reopen() { jobs_.end_leases(); }

 private:
  SystemClock clock_;
  delivery::MemoryJobs jobs_{clock_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, WorkQueueContract, MemoryWork);
INSTANTIATE_TYPED_TEST_SUITE_P(Rabbit, WorkQueueContract, RabbitWork);

class RabbitJobsTest : public WorkQueueContract<RabbitWork> {
 protected:
  void SetUp() override {
    WorkQueueContract::SetUp();
    if (subject) probe.emplace(subject->corner.url());
  }
  RabbitJobs& jobs() { return subject->jobs(); }
  const Topology& topology() { return subject->corner.topology; }
  std::string mail() { return topology().queue_of("mail"); }
  bool outbox_is_empty() {
    return becomes([this] { return subject->outbox.waiting() == 0; });
  }

  std::optional<RabbitProbe> probe;
};

TEST_F(RabbitJobsTest, AJobLeavesTheOutboxWhenItIsInRabbit) {
  add("1");
  ASSERT_TRUE(outbox_is_empty());
  EXPECT_EQ(probe->waiting(mail()), 1);
  EXPECT_EQ((**subject->relay).relayed(), 1U);
}

TEST_F(RabbitJobsTest, AJobThatIsRelayedTwiceIsDoneOnce) {
  subject->outbox.forget_done(true);
  add("1");
  const auto job = next();
  await(jobs().done(job.id));
  // The relay's lease of it is over long before the consumer forgets.
  subject->outbox.end_leases();
  ASSERT_TRUE(becomes([this] {
    static_cast<void>(await(jobs().take({"mail"}, 1, kLease)));
    return jobs().totals().duplicates == 1;
  }));
  subject->outbox.forget_done(false);
  add("2");
  EXPECT_EQ(next().payload, "2");
}

TEST_F(RabbitJobsTest, WhatIsNotRelayedIsTakenFromTheOutbox) {
  add("1", "thumbnail");
  const auto job = next("thumbnail");
  EXPECT_EQ(job.payload, "1");
  await(jobs().failed(job.id, now(), "no"));
  EXPECT_EQ(next("thumbnail").attempt, 2);
  await(jobs().done(job.id));
  EXPECT_EQ(subject->outbox.waiting(), 0U);
}

TEST_F(RabbitJobsTest, APoisonedMessageGoesToTheDeadWithItsReasonAndHoldsUpNothing) {
  const auto poison = [this](const std::string& id, const std::string& type,
                             const std::string& body) {
    probe->publish({.exchange = topology().work,
                    .routing_key = "mail",
                    .message_id = id,
                    .type = type,
                    .body = body});
  };
  poison("1", "parley.job.sms", "{}");
  poison("x", "parley.job.mail", "{}");
  poison("", "", std::string(2 << 20, 'x'));
  add("\"fine\"");
  EXPECT_EQ(next().payload, "\"fine\"");
  for (const char* reason : {"it is not of the kind of its queue", "its version is 0, not 1",
                             "it is not of the kind of its queue"}) {
    const auto dead = probe->get(topology().dead);
    ASSERT_TRUE(dead);
    EXPECT_EQ(dead->headers.text("reason"), reason);
    EXPECT_EQ(dead->headers.text("kind"), "mail");
    EXPECT_EQ(dead->body, "");
  }
  EXPECT_TRUE(becomes([this] { return jobs().totals().dead == 3; }));
}

TEST_F(RabbitJobsTest, ADeadJobLeavesItsReasonAndNoPayload) {
  add(R"({"code":"123456"})");
  const auto job = next();
  await(jobs().failed(job.id, std::nullopt, "no such mailbox"));
  const auto dead = probe->get(topology().dead);
  ASSERT_TRUE(dead);
  EXPECT_EQ(dead->message_id, std::to_string(job.id.value()));
  EXPECT_EQ(dead->headers.text("reason"), "no such mailbox");
  EXPECT_EQ(dead->headers.number("tries"), 1);
  EXPECT_EQ(dead->body, "");
}

TEST_F(RabbitJobsTest, APayloadThatIsNoJsonOrTooLongDies) {
  add("not json");
  add(std::string(2 << 20, '1'));
  add("\"fine\"");
  EXPECT_EQ(next().payload, "\"fine\"");
  const auto dead = probe->get(topology().dead);
  ASSERT_TRUE(dead);
  EXPECT_EQ(dead->headers.text("reason"), "it is not JSON");
  EXPECT_EQ(await(subject->outbox.counts()).dead, 1);
  EXPECT_TRUE(outbox_is_empty());
}

TEST_F(RabbitJobsTest, AFarRetryWaitsInSeveralTiers) {
  add("1");
  const auto due = now() + std::chrono::milliseconds{2'500};
  await(jobs().failed(next().id, due, "no"));
  const auto again = next();
  EXPECT_GE(now(), due - topology().tiers.front().wait);
  EXPECT_EQ(again.attempt, 2);
}

TEST_F(RabbitJobsTest, AJobThatIsNeverSettledDiesWithoutItsPayload) {
  add(R"({"code":"123456"})");
  for (std::int64_t i = 1; i <= RabbitJobs::kMostRedeliveries; ++i) {
    EXPECT_EQ(next(jobs(), "mail", std::chrono::seconds{0}).attempt, i);
    static_cast<void>(await(jobs().take({}, 0, kLease)));  // notices that the lease is over
  }
  const auto dead = probe->get(topology().dead);
  ASSERT_TRUE(dead);
  EXPECT_EQ(dead->headers.text("reason"), "it was given out again and again");
  EXPECT_EQ(dead->body, "");
}

TEST_F(RabbitJobsTest, WhatCannotBeTakenBackStaysWithItsLease) {
  add("1");
  const auto job = next(jobs(), "mail", std::chrono::seconds{6});
  subject->relay.reset();
  subject->publisher.stop();
  EXPECT_THROW(await(jobs().failed(job.id, now(), "no")), StorageUnavailable);
  EXPECT_THROW(await(jobs().failed(job.id, std::nullopt, "no")), StorageUnavailable);
  const auto again = next();
  EXPECT_EQ(again.id, job.id);
  EXPECT_EQ(again.attempt, 2);
  await(jobs().done(again.id));
}

TEST_F(RabbitJobsTest, AStoreThatFailsIsToldToWhoAddsAndHoldsUpNoOther) {
  subject->outbox.fail(true);
  EXPECT_THROW(add("1"), StorageUnavailable);
  EXPECT_THAT(await(jobs().take({"mail"}, 1, kLease)), testing::IsEmpty());
  subject->outbox.fail(false);
  add("2");
  EXPECT_EQ(next().payload, "2");
}

TEST_F(RabbitJobsTest, CountsWhatWaitsAnywhere) {
  add("1");
  ASSERT_TRUE(outbox_is_empty());
  EXPECT_TRUE(becomes([this] { return await(jobs().counts()).waiting == 1; }));
  add("2", "thumbnail");
  EXPECT_TRUE(becomes([this] { return await(jobs().counts()).waiting == 2; }));
  next();
  EXPECT_TRUE(becomes([this] { return await(jobs().counts()).waiting == 2; }));
}

}  // namespace
}  // namespace parley::broker
