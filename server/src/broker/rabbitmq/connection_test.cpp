#include "broker/rabbitmq/connection.h"

#include <gmock/gmock.h>

#include "broker/contract/rabbit_fixture.h"

// On a real RabbitMQ, which is left as it is; see faults_test.cpp for what hurts it.

namespace parley::broker {
namespace {

using State = RabbitConnection::State;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

class Collector final : public Consumer {
 public:
  void received(Delivery delivery) override {
    const std::lock_guard lock{mutex_};
    all_.push_back(std::move(delivery));
  }
  void lost() override { ++losses; }
  void tick() override { ++ticks; }

  std::vector<Delivery> all() const {
    const std::lock_guard lock{mutex_};
    return all_;
  }

  std::atomic<int> losses{0}, ticks{0};

 private:
  mutable std::mutex mutex_;
  std::vector<Delivery> all_;
};

class RabbitConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_rabbit()) GTEST_SKIP() << "rabbitmq-server is not installed";
    corner = std::make_unique<RabbitCorner>(rabbit_url());
    probe = std::make_unique<RabbitProbe>(corner->url());
    connection = std::make_unique<RabbitConnection>(corner->options(), &collector);
    ASSERT_TRUE(comes_up(*connection)) << connection->status().sentence;
  }
  void TearDown() override { connection.reset(); }

  Publication publication(const std::string& id, const std::string& body = "{}") const {
    return {.exchange = corner->topology.work,
            .routing_key = "mail",
            .message_id = id,
            .type = "job.mail",
            .time = Timestamp{std::chrono::seconds{1'700'000'000}},
            .headers = {{"attempt", std::int64_t{3}}, {"why", "because"}},
            .body = body};
  }
  std::vector<Published> publish(std::vector<Publication> publications) const {
    return await(connection->publish(std::move(publications)));
  }
  std::string mail() const { return corner->topology.queue_of("mail"); }

  Collector collector;
  std::unique_ptr<RabbitCorner> corner;
  std::unique_ptr<RabbitProbe> probe;
  std::unique_ptr<RabbitConnection> connection;
};

TEST_F(RabbitConnectionTest, WhatIsConfirmedIsInTheQueueInItsOrder) {
  EXPECT_THAT(publish({publication("1", "{\"a\":1}"), publication("2")}),
              ElementsAre(Published::confirmed, Published::confirmed));
  const auto first = probe->get(mail());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->message_id, "1");
  EXPECT_EQ(first->type, "job.mail");
  EXPECT_EQ(first->body, "{\"a\":1}");
  EXPECT_EQ(first->headers.number("attempt"), 3);
  EXPECT_EQ(first->headers.text("why"), "because");
  EXPECT_EQ(probe->get(mail())->message_id, "2");
  EXPECT_EQ(connection->totals().confirmed, 2U);
  EXPECT_EQ(connection->totals().connects, 1U);
}

TEST_F(RabbitConnectionTest, ManyAreConfirmedTogetherAndFromManyThreads) {
  std::vector<std::jthread> threads;
  std::atomic<std::size_t> confirmed{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int batch = 0; batch < 5; ++batch) {
        const auto outcomes = publish(std::vector(100, publication("x", std::string(2'000, 'x'))));
        confirmed += static_cast<std::size_t>(std::ranges::count(outcomes, Published::confirmed));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(confirmed, 2'000U);
  EXPECT_EQ(probe->waiting(mail()), 2'000);
}

TEST_F(RabbitConnectionTest, WhatReachesNoQueueIsUnroutable) {
  auto nowhere = publication("2");
  nowhere.routing_key = "fax";
  EXPECT_THAT(publish({publication("1"), nowhere, publication("3")}),
              ElementsAre(Published::confirmed, Published::unroutable, Published::confirmed));
  nowhere.mandatory = false;
  EXPECT_THAT(publish({nowhere}), ElementsAre(Published::confirmed));
  EXPECT_EQ(connection->totals().unroutable, 1U);
}

TEST_F(RabbitConnectionTest, AQueueThatWasDeletedIsDeclaredAgain) {
  probe->delete_queue(mail());
  EXPECT_THAT(publish({publication("1")}), ElementsAre(Published::unroutable));
  EXPECT_TRUE(
      becomes([&] { return publish({publication("1")}) == std::vector{Published::confirmed}; }));
  EXPECT_EQ(connection->totals().connects, 1U);
}

TEST_F(RabbitConnectionTest, AnExchangeThatWasDeletedIsDeclaredAgain) {
  probe->delete_exchange(corner->topology.work);
  EXPECT_THAT(publish({publication("1")}), ElementsAre(Published::unknown));
  EXPECT_TRUE(
      becomes([&] { return publish({publication("1")}) == std::vector{Published::confirmed}; }));
  EXPECT_EQ(connection->totals().connects, 2U);
}

TEST_F(RabbitConnectionTest, WhatIsRefusedMayBeTriedAgainOnAChannelThatWorks) {
  const std::string full = corner->topology.work + ".full";
  probe->declare(full, 1);
  probe->bind(full, corner->topology.work, "fax");
  auto fax = publication("1");
  fax.routing_key = "fax";
  EXPECT_THAT(publish({fax}), ElementsAre(Published::confirmed));
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(publish({fax}), ElementsAre(Published::refused));
    EXPECT_TRUE(
        becomes([&] { return publish({publication("2")}) == std::vector{Published::confirmed}; }));
  }
  probe->purge(full);
  EXPECT_TRUE(becomes([&] { return publish({fax}) == std::vector{Published::confirmed}; }));
  EXPECT_EQ(connection->totals().connects, 1U);
  EXPECT_EQ(connection->totals().refused, 5U);
  probe->delete_queue(full);
}

TEST_F(RabbitConnectionTest, AConsumerIsGivenNoMoreThanItCanHold) {
  publish({publication("1"), publication("2"), publication("3")});
  connection->consume(mail(), 2);
  ASSERT_TRUE(becomes([&] { return collector.all().size() == 2; }));
  connection->settle(collector.all()[0].receipt, RabbitConnection::Settling::ack);
  ASSERT_TRUE(becomes([&] { return collector.all().size() == 3; }));
  const auto all = collector.all();
  EXPECT_EQ(all[0].message_id, "1");
  EXPECT_EQ(all[0].queue, mail());
  EXPECT_EQ(all[0].routing_key, "mail");
  EXPECT_EQ(all[0].body, "{}");
  EXPECT_EQ(all[0].redeliveries, 0);
  EXPECT_EQ(all[2].message_id, "3");
  EXPECT_GT(collector.ticks, 0);
}

TEST_F(RabbitConnectionTest, WhatIsGivenBackComesAgainAndSaysSo) {
  publish({publication("1")});
  connection->consume(mail(), 1);
  ASSERT_TRUE(becomes([&] { return collector.all().size() == 1; }));
  connection->settle(collector.all()[0].receipt, RabbitConnection::Settling::requeue);
  ASSERT_TRUE(becomes([&] { return collector.all().size() == 2; }));
  EXPECT_EQ(collector.all()[1].redeliveries, 1);
}

TEST_F(RabbitConnectionTest, AConsumerGoesOnWhenItsQueueWasDeleted) {
  connection->consume(mail(), 1);
  publish({publication("1")});
  ASSERT_TRUE(becomes([&] { return collector.all().size() == 1; }));
  probe->delete_queue(mail());
  ASSERT_TRUE(becomes([&] { return collector.losses == 1; }));
  // A receipt of the connection before settles nothing.
  connection->settle(collector.all()[0].receipt, RabbitConnection::Settling::ack);
  ASSERT_TRUE(
      becomes([&] { return publish({publication("2")}) == std::vector{Published::confirmed}; }));
  ASSERT_TRUE(becomes([&] { return collector.all().size() == 2; }));
  EXPECT_EQ(collector.all()[1].message_id, "2");
  EXPECT_NE(collector.all()[1].receipt.connection, collector.all()[0].receipt.connection);
}

TEST_F(RabbitConnectionTest, ABodyThatIsTooLongIsNotRead) {
  auto options = corner->options();
  options.wire.longest_body = 1'000;
  Collector other;
  {
    RabbitConnection reader{options, &other};
    publish(
        {publication("1", std::string(400'000, 'x')), publication("2", std::string(1'000, 'y'))});
    reader.consume(mail(), 10);
    ASSERT_TRUE(becomes([&] { return other.all().size() == 2; }));
  }
  EXPECT_TRUE(other.all()[0].too_long);
  EXPECT_EQ(other.all()[0].body, "");
  EXPECT_EQ(other.all()[0].size, 400'000U);
  EXPECT_FALSE(other.all()[1].too_long);
  EXPECT_EQ(other.all()[1].body, std::string(1'000, 'y'));
}

TEST_F(RabbitConnectionTest, CountsWhatWaitsInTheQueues) {
  publish({publication("1"), publication("2")});
  auto options = corner->options();
  options.count_interval = std::chrono::milliseconds{20};
  const RabbitConnection counter{options};
  EXPECT_TRUE(becomes([&] {
    const auto waiting = counter.waiting();
    const auto& dead = corner->topology.dead;
    return waiting.contains(mail()) && waiting.at(mail()) == 2 && waiting.contains(dead) &&
           waiting.at(dead) == 0;
  }));
}

TEST_F(RabbitConnectionTest, SeesWhetherAnybodyTakesWhatWaits) {
  auto options = corner->options();
  options.count_interval = std::chrono::milliseconds{20};
  const RabbitConnection counter{options};
  const auto consumers = [&] {
    const auto all = counter.consumers();
    const auto found = all.find(mail());
    return found == all.end() ? -1 : found->second;
  };
  EXPECT_TRUE(becomes([&] { return consumers() == 0; }));
  {
    Collector other;
    RabbitConnection reader{corner->options(), &other};
    reader.consume(mail(), 10);
    EXPECT_TRUE(becomes([&] { return consumers() == 1; }));
  }
  EXPECT_TRUE(becomes([&] { return consumers() == 0; }));
}

TEST_F(RabbitConnectionTest, TooMuchAtOnceIsNotTaken) {
  auto options = corner->options();
  options.most_queued = 2;
  RabbitConnection small{options};
  ASSERT_TRUE(comes_up(small));
  EXPECT_THAT(await(small.publish(std::vector(3, publication("1")))), Each(Published::away));
  EXPECT_THAT(await(small.publish(std::vector(2, publication("1")))), Each(Published::confirmed));
  EXPECT_THAT(await(small.publish({})), testing::IsEmpty());
}

TEST_F(RabbitConnectionTest, AfterStopNothingIsTaken) {
  connection->stop();
  EXPECT_EQ(connection->state(), State::down);
  EXPECT_EQ(connection->status().sentence, "shutting down");
  EXPECT_THAT(publish({publication("1")}), ElementsAre(Published::away));
  connection->stop();
}

TEST_F(RabbitConnectionTest, AQueueWithOtherArgumentsIsAPersonsToDelete) {
  auto options = corner->options();
  options.topology.delivery_limit = 7;
  const RabbitConnection other{options};
  ASSERT_TRUE(becomes([&] { return other.state() == State::down; }));
  EXPECT_THAT(other.status().sentence, HasSubstr("x-delivery-limit"));
  EXPECT_THAT(other.status().sentence, HasSubstr(corner->topology.work));
  EXPECT_THAT(other.status().sentence, HasSubstr("delete it once it is empty"));
  EXPECT_EQ(other.totals().connects, 0U);
}

TEST_F(RabbitConnectionTest, AWrongPasswordOrVhostIsSaidWithoutSayingIt) {
  auto options = corner->options();
  options.address.password = "wrong-password";
  const RabbitConnection other{options};
  options = corner->options();
  options.address.vhost = "nowhere";
  const RabbitConnection another{options};
  ASSERT_TRUE(
      becomes([&] { return other.state() == State::down && another.state() == State::down; }));
  EXPECT_THAT(other.status().sentence, HasSubstr("ACCESS_REFUSED"));
  EXPECT_EQ(other.status().sentence.find("wrong-password"), std::string::npos);
  EXPECT_THAT(another.status().sentence, HasSubstr("vhost nowhere not found"));
}

TEST_F(RabbitConnectionTest, OfSeveralHostsOneIsEnough) {
  const OwnPort nobody;
  auto options = corner->options();
  options.address.hosts.insert(options.address.hosts.begin(), {"127.0.0.1", nobody.number()});
  RabbitConnection other{options};
  ASSERT_TRUE(comes_up(other)) << other.status().sentence;
}

TEST(RabbitConnectionAlone, SaysThatNobodyIsThereAndStopsAtOnce) {
  const OwnPort own_port;
  const auto port = own_port.text();
  RabbitConnection nobody{{.address = parse_rabbit_url("amqp://127.0.0.1:" + port).value()}};
  ASSERT_TRUE(becomes([&] { return nobody.state() == State::down; }));
  EXPECT_THAT(nobody.status().sentence, HasSubstr("RabbitMQ at 127.0.0.1:" + port +
                                                  ", connecting: nobody takes the connection"));
  EXPECT_THAT(await(nobody.publish({Publication{}})), ElementsAre(Published::away));
  const auto since = std::chrono::steady_clock::now();
  nobody.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - since, std::chrono::seconds{30});
}

}  // namespace
}  // namespace parley::broker
