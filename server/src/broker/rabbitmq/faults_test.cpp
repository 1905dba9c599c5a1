#include <set>

#include <gmock/gmock.h>

#include "broker/contract/rabbit_work.h"

// What becomes of publishes and jobs when RabbitMQ is killed, starved or silent: on a private one.

namespace parley::broker {
namespace {

using State = RabbitConnection::State;
using std::chrono::seconds;
using testing::Each;
using testing::HasSubstr;

class RabbitFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (!RabbitServer::installed()) GTEST_SKIP() << "rabbitmq-server is not installed";
    work.emplace(private_rabbit().url());
  }

  void add(int count) {
    for (int i = 0; i < count; ++i)
      await(work->outbox.add({.kind = "mail", .payload = std::to_string(added++)}));
  }
  // Takes and does jobs until so many have come, and says whether they have in time.
  bool do_jobs(std::size_t count) {
    return becomes(
        [&] {
          for (const auto& job : await(work->jobs().take({"mail"}, 8, seconds{60}))) {
            ++done[job.payload];
            await(work->jobs().done(job.id));
          }
          return done.size() >= count;
        },
        seconds{120});
  }

  std::optional<RabbitWork> work;
  int added = 0;
  std::map<std::string, int> done;  // how often each
};

TEST_F(RabbitFaults, WhatWasConfirmedSurvivesAPowerCut) {
  RabbitServer& server = private_rabbit();
  std::atomic<bool> cut{false};
  std::set<std::string> confirmed;
  std::size_t unconfirmed = 0;
  std::jthread publisher{[&] {
    for (int batch = 0; !cut || unconfirmed == 0; ++batch) {
      std::vector<Publication> publications;
      for (int i = 0; i < 20; ++i)
        publications.push_back({.exchange = work->corner.topology.work,
                                .routing_key = "push",
                                .message_id = std::to_string(batch * 20 + i),
                                .body = "{}"});
      const auto outcomes = await(work->publisher.publish(publications));
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i] == Published::confirmed) {
          confirmed.insert(publications[i].message_id);
        } else {
          ++unconfirmed;
        }
      }
    }
  }};
  ASSERT_TRUE(becomes([&] { return work->publisher.totals().confirmed > 500; }));
  server.kill();
  cut = true;
  publisher.join();
  EXPECT_TRUE(becomes([&] { return work->publisher.state() == State::down; }));
  EXPECT_THAT(work->publisher.status().sentence, HasSubstr("RabbitMQ at 127.0.0.1"));
  server.start();
  ASSERT_TRUE(comes_up(work->publisher));
  EXPECT_GT(unconfirmed, 0U);

  RabbitProbe probe{server.url()};
  std::set<std::string> found;
  while (const auto message =
             probe.get(work->corner.topology.queue_of("push"), std::chrono::milliseconds{500}))
    found.insert(message->message_id);
  for (const std::string& id : confirmed) EXPECT_TRUE(found.contains(id)) << id << " is lost";
}

TEST_F(RabbitFaults, EveryJobIsDoneThoughRabbitIsKilledTwice) {
  RabbitServer& server = private_rabbit();
  add(1'500);
  ASSERT_TRUE(becomes([&] { return (**work->relay).relayed() > 100; }));
  server.kill();
  add(100);  // whoever adds notices nothing
  EXPECT_TRUE(await(work->jobs().take({"mail"}, 1, seconds{60})).empty());
  server.start();
  ASSERT_TRUE(do_jobs(200));
  server.kill();
  server.start();
  ASSERT_TRUE(do_jobs(1'600)) << done.size();
  // What this node knows to have done it does not do again.
  for (const auto& [payload, times] : done) EXPECT_EQ(times, 1) << payload;
  EXPECT_TRUE(becomes([&] { return work->outbox.waiting() == 0; }));
}

TEST_F(RabbitFaults, LowOnMemoryItTakesNothingAndGivesOutWhatItHas) {
  RabbitServer& server = private_rabbit();
  add(3);
  ASSERT_TRUE(becomes([&] { return (**work->relay).relayed() == 3; }));
  server.control({"set_vm_memory_high_watermark", "0.0001"});
  add(200);  // the first publish is what makes RabbitMQ tell
  ASSERT_TRUE(becomes([&] { return work->publisher.state() == State::blocked; }));
  EXPECT_THAT(
      work->publisher.status().sentence,
      testing::AllOf(HasSubstr("RabbitMQ takes nothing at the moment"), HasSubstr("memory")));
  EXPECT_THAT(await(work->publisher.publish({Publication{}})), Each(Published::away));
  // The consumer's connection is another, so its acks are read.
  ASSERT_TRUE(do_jobs(3));
  EXPECT_TRUE(becomes([&] { return work->jobs().consumer().totals().acked == 3; }));
  EXPECT_EQ(work->jobs().consumer().state(), State::up);
  EXPECT_GT(work->outbox.waiting(), 0U);
  server.control({"set_vm_memory_high_watermark", "absolute", "2GB"});
  ASSERT_TRUE(becomes([&] { return work->publisher.state() == State::up; }));
  EXPECT_EQ(work->publisher.totals().connects, 1U);
  EXPECT_TRUE(do_jobs(203)) << done.size();
}

TEST_F(RabbitFaults, WhoFallsSilentIsLeftAndTriedAgain) {
  RabbitServer& server = private_rabbit();
  auto options = work->corner.options();
  options.wire.heartbeat = seconds{3};
  options.wire.patience = seconds{3};
  options.patience = seconds{1};
  RabbitConnection connection{options};
  ASSERT_TRUE(comes_up(connection));
  server.pause();
  const Publication publication{.exchange = work->corner.topology.work,
                                .routing_key = "sms",
                                .message_id = "1",
                                .body = "{}"};
  EXPECT_THAT(await(connection.publish({publication})), Each(Published::unknown));
  EXPECT_TRUE(becomes([&] { return connection.state() == State::down; }));
  // Somebody is there, and says nothing: it can be left at once.
  RabbitConnection hopeless{options};
  const auto since = std::chrono::steady_clock::now();
  hopeless.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - since, seconds{30});
  server.resume();
  EXPECT_TRUE(becomes(
      [&] { return await(connection.publish({publication})) == std::vector{Published::confirmed}; },
      seconds{120}));
}

TEST_F(RabbitFaults, OverTlsOnlyWhoCanProveTheirNameIsSpokenTo) {
  const RabbitServer& server = private_rabbit();
  auto options = work->corner.options();
  options.address = parse_rabbit_url(server.tls_url("localhost")).value();
  const RabbitConnection untrusted{options};
  options.wire.ca_file = server.certificate();
  RabbitConnection fine{options};
  options.address = parse_rabbit_url(server.tls_url("127.0.0.1")).value();
  const RabbitConnection another{options};
  options.wire.ca_file = "/nowhere.pem";
  const RabbitConnection unreadable{options};
  ASSERT_TRUE(comes_up(fine)) << fine.status().sentence;
  EXPECT_THAT(await(fine.publish({{.exchange = work->corner.topology.work,
                                   .routing_key = "sms",
                                   .message_id = "1",
                                   .body = std::string(300'000, ' ')}})),
              Each(Published::confirmed));
  for (const RabbitConnection* wrong : {&untrusted, &another, &unreadable}) {
    ASSERT_TRUE(becomes([&] { return wrong->state() == State::down; }));
    EXPECT_THAT(wrong->status().sentence, HasSubstr("certificate"));
    EXPECT_EQ(wrong->totals().connects, 0U);
  }
  EXPECT_THAT(another.status().sentence, HasSubstr("its certificate is for another host"));
}

TEST_F(RabbitFaults, WhoDoesNotReadHoldsUpNoStop) {
  RabbitServer& server = private_rabbit();
  auto options = work->corner.options();
  options.most_open_bytes = 1 << 30;
  RabbitConnection connection{options};
  ASSERT_TRUE(comes_up(connection));
  server.pause();
  // More than any socket buffer holds: the thread is stuck in the send.
  std::atomic<bool> ended{false};
  Publication large{.exchange = work->corner.topology.work,
                    .routing_key = "sms",
                    .message_id = "1",
                    .body = std::string(64 << 20, ' ')};
  connection.publish({large}, [&](const auto& outcomes) {
    EXPECT_THAT(outcomes, Each(Published::unknown));
    ended = true;
  });
  const auto since = std::chrono::steady_clock::now();
  connection.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - since, seconds{30});
  EXPECT_TRUE(ended);
  server.resume();
}

}  // namespace
}  // namespace parley::broker
