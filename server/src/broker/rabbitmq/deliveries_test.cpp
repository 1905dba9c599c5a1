#include "broker/rabbitmq/deliveries.h"

#include <gmock/gmock.h>

namespace parley::broker {
namespace {

using delivery::JobId;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Receipt = Delivery::Receipt;

constexpr Timestamp kNow{seconds{1'000}};

class DeliveriesTest : public testing::Test {
 protected:
  static WorkJob job(std::uint64_t id, std::int64_t tries = 0, std::string kind = "mail") {
    return {.id = JobId{id}, .kind = std::move(kind), .payload = "{}", .tries = tries};
  }
  static Receipt receipt(std::uint64_t tag) { return {.connection = 1, .tag = tag}; }

  bool arrives(std::uint64_t id, std::uint64_t tag, std::int64_t tries = 0) {
    return deliveries.arrived(job(id, tries), receipt(tag), 0);
  }
  std::vector<std::uint64_t> take(std::vector<std::string> kinds = {"mail"}) {
    std::vector<std::uint64_t> ids;
    for (const auto& taken : deliveries.take(kinds, 10, kNow + seconds{60}))
      ids.push_back(taken.id.value());
    return ids;
  }

  Deliveries deliveries;
};

TEST_F(DeliveriesTest, GivesOutEachOnceInTheOrderOfArrival) {
  arrives(2, 1);
  arrives(1, 2);
  deliveries.arrived(job(3, 0, "sms"), receipt(3), 0);
  EXPECT_THAT(deliveries.take({"fax", "mail"}, 0, kNow), IsEmpty());
  EXPECT_THAT(take({"sms", "mail"}), ElementsAre(3, 2, 1));
  EXPECT_THAT(take({"sms", "mail"}), IsEmpty());
  EXPECT_EQ(deliveries.settled(JobId{2}), receipt(1));
  EXPECT_EQ(deliveries.settled(JobId{2}), std::nullopt);
  EXPECT_EQ(deliveries.size(), 2U);
}

TEST_F(DeliveriesTest, AttemptsAreTriesAndRedeliveriesAndThisOne) {
  deliveries.arrived(job(1, 3), receipt(1), 2);
  EXPECT_EQ(deliveries.take({"mail"}, 1, kNow).at(0).attempt, 6);
}

TEST_F(DeliveriesTest, WhatWasDoneIsADuplicate) {
  arrives(1, 1);
  take();
  deliveries.settled(JobId{1});
  EXPECT_FALSE(arrives(1, 2));
  EXPECT_FALSE(arrives(1, 3, 7));
}

TEST_F(DeliveriesTest, WhatIsHereAlreadyIsADuplicate) {
  arrives(1, 1);
  EXPECT_FALSE(arrives(1, 2));
  EXPECT_THAT(take(), ElementsAre(1));
  EXPECT_FALSE(arrives(1, 3));
  EXPECT_EQ(deliveries.settled(JobId{1}), receipt(1));
}

TEST_F(DeliveriesTest, AnotherTryIsNoDuplicateAndTheTryBeforeIs) {
  arrives(1, 1);
  take();
  EXPECT_EQ(deliveries.settled(JobId{1}, 1), receipt(1));  // it has been sent to a tier
  EXPECT_FALSE(arrives(1, 2, 0));                          // the ack was lost
  EXPECT_TRUE(arrives(1, 3, 1));
  EXPECT_THAT(take(), ElementsAre(1));
}

TEST_F(DeliveriesTest, OnlyTheLatestAreRemembered) {
  Deliveries two{2};
  for (const std::uint64_t id : {1U, 2U, 3U}) two.settled(JobId{id});
  two.settled(JobId{3});
  EXPECT_FALSE(two.arrived(job(2), receipt(1), 0));
  EXPECT_TRUE(two.arrived(job(1), receipt(2), 0));
}

TEST_F(DeliveriesTest, ALeaseThatRunsOutGivesBack) {
  arrives(1, 1);
  arrives(2, 2);
  EXPECT_EQ(deliveries.take({"mail"}, 1, kNow + seconds{60}).size(), 1U);
  EXPECT_THAT(deliveries.expire(kNow + seconds{59}), IsEmpty());
  EXPECT_THAT(deliveries.expire(kNow + seconds{60}), ElementsAre(receipt(1)));
  EXPECT_FALSE(deliveries.knows(JobId{1}));
  EXPECT_TRUE(deliveries.knows(JobId{2}));  // nobody has taken it: it has no lease
}

TEST_F(DeliveriesTest, WhoIsSlowAndThenDoneIsSparedTheRepetition) {
  arrives(1, 1);
  take();
  deliveries.expire(kNow + seconds{60});
  arrives(1, 2);
  EXPECT_EQ(deliveries.settled(JobId{1}), receipt(2));
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(DeliveriesTest, WhatIsHeldDoesNotExpire) {
  arrives(1, 1);
  EXPECT_FALSE(deliveries.hold(JobId{1}));  // nobody has taken it
  take();
  ASSERT_TRUE(deliveries.hold(JobId{1}));
  EXPECT_FALSE(deliveries.hold(JobId{1}));
  EXPECT_THAT(deliveries.expire(kNow + seconds{60}), IsEmpty());
  deliveries.keep(JobId{1});
  EXPECT_THAT(deliveries.expire(kNow + seconds{60}), ElementsAre(receipt(1)));
  EXPECT_FALSE(deliveries.hold(JobId{1}));
  deliveries.keep(JobId{1});
}

TEST_F(DeliveriesTest, WithTheConnectionGoesWhatNobodyIsAt) {
  arrives(1, 1);
  take();
  arrives(2, 2);
  deliveries.lost();
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(deliveries.size(), 1U);
  // It comes again, to whoever is at it, and is not given out a second time.
  EXPECT_TRUE(deliveries.arrived(job(1), {.connection = 2, .tag = 1}, 1));
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(deliveries.settled(JobId{1}), (Receipt{.connection = 2, .tag = 1}));
}

TEST_F(DeliveriesTest, AJobThatIsDoneWhileTheConnectionIsAwayIsADuplicateAfterwards) {
  arrives(1, 1);
  take();
  deliveries.lost();
  EXPECT_EQ(deliveries.settled(JobId{1}), std::nullopt);
  EXPECT_FALSE(arrives(1, 2));
}

}  // namespace
}  // namespace parley::broker
