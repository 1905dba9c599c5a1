#include "broker/rabbitmq/event_log.h"

#include <gmock/gmock.h>

#include "broker/contract/rabbit_fixture.h"
#include "delivery/published_events.h"

namespace parley::broker {
namespace {

using delivery::PublishedEventId;
using testing::ElementsAre;
using testing::IsEmpty;

class RabbitEventLogTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_rabbit()) GTEST_SKIP() << "rabbitmq-server is not installed";
    corner = std::make_unique<RabbitCorner>(rabbit_url());
    connection = std::make_unique<RabbitConnection>(corner->options());
    log = std::make_unique<RabbitEventLog>(*connection);
    ASSERT_TRUE(comes_up(*connection)) << connection->status().sentence;
  }
  void TearDown() override { connection.reset(); }

  std::unique_ptr<RabbitCorner> corner;
  std::unique_ptr<RabbitConnection> connection;
  std::unique_ptr<RabbitEventLog> log;
};

TEST_F(RabbitEventLogTest, WhoListensHearsWhatTheyAskedFor) {
  RabbitProbe probe{corner->url()};
  const auto sent = probe.listen(corner->topology.message_events, "message.*");
  const auto users = probe.listen(corner->topology.user_events, "user.#");
  auto created = delivery::user_created(PublishedEventId{8}, UserId{11}, {});
  created.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_THAT(
      await(log->publish(
          {delivery::message_read(PublishedEventId{7}, ChatId{3}, UserId{11}, 5, {}), created})),
      ElementsAre(PublishedEventId{7}, PublishedEventId{8}));
  const auto read = probe.get(sent);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->message_id, "7");
  EXPECT_EQ(read->type, "parley.message.read");
  EXPECT_EQ(read->headers.text("schema"), "parley.message.read");
  EXPECT_EQ(read->headers.number("version"), 1);
  EXPECT_EQ(read->headers.text("traceparent"), "");
  EXPECT_EQ(read->body, R"({"id":"7","event":"message.read","schema":"parley.message.read",)"
                        R"("version":1,"time":"1970-01-01T00:00:00.000Z",)"
                        R"("data":{"chatId":"3","userId":"11","seq":5}})");
  const auto user = probe.get(users);
  ASSERT_TRUE(user);
  EXPECT_EQ(user->message_id, "8");
  EXPECT_EQ(user->headers.text("traceparent"), created.traceparent);
  EXPECT_EQ(probe.waiting(sent), 0);
}

TEST_F(RabbitEventLogTest, WhatNobodyListensToIsPublishedAllTheSame) {
  EXPECT_THAT(await(log->publish({delivery::user_deleted(PublishedEventId{7}, UserId{11}, {})})),
              ElementsAre(PublishedEventId{7}));
  EXPECT_EQ(connection->totals().connects, 1U);
}

TEST_F(RabbitEventLogTest, WhileRabbitIsAwayNothingIsAccepted) {
  EXPECT_TRUE(log->available());
  connection->stop();
  EXPECT_FALSE(log->available());
  EXPECT_THAT(await(log->publish({delivery::user_deleted(PublishedEventId{7}, UserId{11}, {})})),
              IsEmpty());
}

}  // namespace
}  // namespace parley::broker
