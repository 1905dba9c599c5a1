#include <algorithm>
#include <initializer_list>
#include <thread>

#include <gmock/gmock.h>

#include "base/port_for_test.h"
#include "gateway/server_for_test.h"

namespace parley::gateway {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class ServerSocketTest : public ServerTest {
 protected:
  // The next frame that begins with none of these.
  static std::string first_other(TestClient& client,
                                 std::initializer_list<std::string_view> known) {
    while (true) {
      std::string message = client.message();
      if (std::ranges::none_of(known, [&](auto one) { return message.starts_with(one); }))
        return message;
    }
  }

  bool nobody_is_left() {
    return eventually([&] { return server->traffic().sockets == 0 && handler.open == 0; });
  }

  void tell_alice() {
    router.deliver(MessageRead{.chat_id = ChatId{5}, .user_id = kAlice, .seq = 1, .at = {}},
                   {kAlice});
  }
};

TEST_F(ServerSocketTest, EchoesMessages) {
  start();
  TestClient client{port()};
  const auto upgraded = client.ask(TestClient::handshake());
  EXPECT_EQ(upgraded.status, 101);
  EXPECT_THAT(upgraded.head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  EXPECT_THAT(upgraded.head, HasSubstr("Sec-WebSocket-Protocol: parley.v1"));
  EXPECT_EQ(client.message(), "text ready");
  client.say("one");
  client.say("two");
  EXPECT_EQ(client.message(), "text one");
  EXPECT_EQ(client.message(), "text two");
  const std::string long_text(500'000, 'l');
  client.say(long_text);
  EXPECT_EQ(client.message(), "text " + long_text);
}

TEST_F(ServerSocketTest, ReadsWhatCameTogetherWithTheHandshake) {
  start();
  TestClient client{port()};
  client.send(TestClient::handshake() + client_frame({.payload = "eager"}));
  EXPECT_EQ(client.response().status, 101);
  EXPECT_EQ(client.message(), "text ready");
  EXPECT_EQ(client.message(), "text eager");
}

TEST_F(ServerSocketTest, RefusesHandshakesWithTheReason) {
  start();
  EXPECT_EQ((TestClient{port()}.ask(TestClient::handshake("/ws?stranger")).status), 401);
  EXPECT_EQ((TestClient{port()}.get("/ws").status), 426);
  const auto stranger =
      TestClient{port()}.ask(TestClient::handshake("/ws", "Origin: https://evil.example.org\r\n"));
  EXPECT_EQ(stranger.status, 403);
  EXPECT_THAT(stranger.body, HasSubstr("\"code\":\"origin_refused\""));
  EXPECT_EQ(server->traffic().sockets, 0u);
}

TEST_F(ServerSocketTest, BatchesForWhoAsksForIt) {
  start();
  TestClient client{port()};
  ASSERT_TRUE(client.upgrade("/ws?batch=1"));
  client.send(client_frame({.payload = "1"}) + client_frame({.payload = "2"}) +
              client_frame({.payload = "3"}));
  EXPECT_EQ(client.message(), "text [1,2,3]");
}

TEST_F(ServerSocketTest, AnswersPingsAndCloses) {
  start();
  TestClient client{port()};
  ASSERT_TRUE(client.upgrade());
  client.send(client_frame({.opcode = 9, .payload = "are you there"}));
  EXPECT_EQ(client.message(), "pong are you there");
  client.send(close_frame(1000, "bye"));
  EXPECT_EQ(client.message(), "close 1000 ");
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(nobody_is_left());
}

TEST_F(ServerSocketTest, ForgetsAClientThatVanishes) {
  start();
  for (int i = 0; i < 20; ++i) {
    TestClient client{port()};
    ASSERT_TRUE(client.upgrade());
  }
  EXPECT_TRUE(nobody_is_left());
  EXPECT_FALSE(router.online(kAlice));
}

struct Wrong {
  const char* name;
  std::string bytes;
  const char* close;
};

class ServerWrongFrameTest : public ServerSocketTest, public testing::WithParamInterface<Wrong> {};

TEST_P(ServerWrongFrameTest, IsAnsweredWithItsCloseCode) {
  options.max_frame = 1'000;
  start();
  {
    TestClient client{port()};
    ASSERT_TRUE(client.upgrade());
    client.send(GetParam().bytes);
    EXPECT_EQ(client.message(), GetParam().close);
    client.send(close_frame(1000));
    EXPECT_TRUE(client.ended());
  }
  EXPECT_TRUE(nobody_is_left());
}

INSTANTIATE_TEST_SUITE_P(
    Frames, ServerWrongFrameTest,
    testing::Values(
        Wrong{"Unmasked", client_frame({.payload = "x", .masked = false}), "close 1002 "},
        Wrong{"Binary", client_frame({.opcode = 2}), "close 1003 "},
        Wrong{"NoUtf8", client_frame({.payload = "\xFF"}), "close 1007 "},
        Wrong{"TooBig", client_frame({.payload = std::string(1'001, 'x')}), "close 1009 "},
        Wrong{"BadCloseCode", close_frame(1005), "close 1002 "}),
    [](const auto& info) { return info.param.name; });

TEST_F(ServerSocketTest, ClosesAFlood) {
  options.frames_burst = 10;
  options.frames_per_second = 1;
  start();
  TestClient client{port()};
  ASSERT_TRUE(client.upgrade());
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += client_frame({.payload = "more"});
  client.send(flood);
  int echoes = 0;
  std::string message;
  while ((message = client.message()) == "text more") ++echoes;
  EXPECT_THAT(message, StartsWith("close 4429 "));
  EXPECT_GE(echoes, 10);
  EXPECT_LT(echoes, 100);
}

TEST_F(ServerSocketTest, KeepsLittleForASlowClientAndTellsItToResync) {
  options.outbound_queue = 256 * 1024;
  handler.padding = 16 * 1024;
  start();
  TestClient client{port(), 8 * 1024};
  ASSERT_TRUE(client.upgrade());
  ASSERT_TRUE(eventually([&] {
    for (int i = 0; i < 50; ++i) tell_alice();
    return server->traffic().dropped_events > 500;
  }));
  // What was queued and not written is bounded.
  const auto traffic = server->traffic();
  EXPECT_LT(traffic.frames_out * handler.padding,
            traffic.bytes_out + options.outbound_queue + 2 * handler.padding);
  EXPECT_THAT(first_other(client, {"text message:read"}), StartsWith("text resync"));
  // It is heard again.
  client.say("here I am");
  EXPECT_EQ(first_other(client, {"text message:read", "text resync"}), "text here I am");
  EXPECT_EQ(server->traffic().slow_closes, 0u);
}

TEST_F(ServerSocketTest, ClosesAClientThatReadsNothing) {
  options.outbound_queue = 256 * 1024;
  options.stuck_after = 1s;
  handler.padding = 16 * 1024;
  start();
  TestClient client{port(), 8 * 1024};
  ASSERT_TRUE(client.upgrade());
  ASSERT_TRUE(eventually([&] {
    tell_alice();
    return server->traffic().slow_closes == 1;
  }));
  EXPECT_THAT(first_other(client, {"text "}), StartsWith("close 4408 "));
}

TEST_F(ServerSocketTest, DropsAClientThatReadsNothingNotEvenTheClose) {
  options.outbound_queue = 256 * 1024;
  options.stuck_after = 1s;
  options.close_timeout = 1s;
  handler.padding = 16 * 1024;
  start();
  TestClient client{port(), 8 * 1024};
  ASSERT_TRUE(client.upgrade());
  ASSERT_TRUE(eventually([&] {
    tell_alice();
    return server->traffic().slow_closes == 1;
  }));
  EXPECT_TRUE(nobody_is_left());
}

TEST_F(ServerSocketTest, ListensNoMoreToAClientThatDoesNotReadItsAnswers) {
  options.outbound_queue = 64 * 1024;
  options.frames_per_second = 0;
  start();
  TestClient client{port(), 8 * 1024};
  ASSERT_TRUE(client.upgrade());
  const std::string question(16 * 1024, 'q');
  std::thread asking{[&] {
    for (int i = 0; i < 2'000; ++i) client.say(question);  // 32 MB
  }};
  // Its questions wait in its own kernel while answers wait in ours.
  std::uint64_t before = 0, now = 0;
  EXPECT_TRUE(eventually([&] {
    before = std::exchange(now, server->traffic().bytes_in);
    std::this_thread::sleep_for(100ms);
    return now > 0 && before == now;
  }));
  EXPECT_LT(now, 2'000 * question.size());
  int answers = 0;
  while (answers < 2'000 && client.message() == "text " + question) ++answers;
  asking.join();
  EXPECT_EQ(answers, 2'000) << "none is lost";
}

TEST_F(ServerSocketTest, BeginsNoMoreOperationsThanMayBeUnderWay) {
  options.max_in_flight = 2;
  start();
  TestClient client{port()};
  ASSERT_TRUE(client.upgrade());
  std::string many;
  for (int i = 0; i < 5; ++i) many += client_frame({.payload = "hold"});
  client.send(many + client_frame({.payload = "last"}));
  for (int ended = 0; ended < 5; ++ended) {
    ASSERT_TRUE(eventually([&] {
      return handler.held() == static_cast<std::size_t>(std::min(2, 5 - ended));
    })) << ended;
    handler.let_go();
    EXPECT_EQ(client.message(), "text done");
    if (ended == 3) {
      EXPECT_EQ(client.message(), "text last") << "it began when there was room again";
    }
  }
}

TEST_F(ServerSocketTest, OutlivesItsClientUntilItsOperationsHaveEnded) {
  start();
  {
    TestClient client{port()};
    ASSERT_TRUE(client.upgrade());
    client.say("hold");
    ASSERT_TRUE(eventually([&] { return handler.held() == 1; }));
  }
  ASSERT_TRUE(eventually([&] { return !router.online(kAlice); }));
  EXPECT_EQ(handler.open, 1);
  handler.let_go();
  EXPECT_TRUE(nobody_is_left());
}

TEST_F(ServerSocketTest, WritesLongFramesWholeAmongShortOnes) {
  start();
  TestClient client{port()};
  ASSERT_TRUE(client.upgrade());
  const std::string long_text(900'000, 'l');
  client.send(client_frame({.payload = "short"}) + client_frame({.payload = long_text}) +
              client_frame({.payload = "shorter"}));
  EXPECT_EQ(client.message(), "text short");
  EXPECT_EQ(client.message(), "text " + long_text);
  EXPECT_EQ(client.message(), "text shorter");
}

TEST_F(ServerSocketTest, WarnsBeforeTheTokenExpiresAndClosesThen) {
  options.expiry_warning = 5s;
  handler.expires_at = clock.now() + 7s;
  start();
  TestClient client{port()};
  ASSERT_TRUE(client.upgrade());
  EXPECT_EQ(client.message(), "text auth:expiring");
  EXPECT_LT(clock.now(), handler.expires_at);
  EXPECT_THAT(client.message(), StartsWith("close 4401 "));
  EXPECT_GE(clock.now(), handler.expires_at);
}

TEST_F(ServerSocketTest, PingsAndDropsWhoIsDead) {
  options.ping_interval = 1s;
  options.dead_after = 6s;
  start();
  TestClient alive{port()}, dead{port()};
  ASSERT_TRUE(alive.upgrade());
  ASSERT_TRUE(dead.upgrade());
  int pings = 0;
  // One answers until the other is gone.
  ASSERT_TRUE(eventually([&] {
    EXPECT_EQ(alive.message(), "ping ");
    ++pings;
    alive.send(client_frame({.opcode = 10}));
    return server->traffic().sockets == 1;
  }));
  EXPECT_GE(pings, 2);
  EXPECT_EQ(first_other(dead, {"ping "}), "end");
  alive.say("still here");
  EXPECT_EQ(first_other(alive, {"ping "}), "text still here");
}

TEST_F(ServerSocketTest, ClosesTheSocketsOfASessionThatEnds) {
  start();
  TestClient client{port()};
  ASSERT_TRUE(client.upgrade());
  EXPECT_TRUE(router.online(kAlice));
  router.sign_out(kAlice, SessionId{7}, {});
  EXPECT_THAT(client.message(), StartsWith("close 4401 "));
  EXPECT_FALSE(router.online(kAlice));
}

TEST_F(ServerSocketTest, TellsSocketsToComeBackWhenItStops) {
  const OwnPort nobody_elses;  // so that nobody is there when we have stopped
  options.port = nobody_elses.number();
  options.threads = 2;
  options.close_timeout = 1s;
  start();
  TestClient polite{port()}, rude{port()};
  ASSERT_TRUE(polite.upgrade());
  ASSERT_TRUE(rude.upgrade());
  std::thread stopping{[&] { server->stop(10s); }};
  EXPECT_THAT(polite.message(), StartsWith("close 1012 "));
  polite.send(close_frame(1012));
  EXPECT_TRUE(polite.ended());
  EXPECT_THAT(rude.message(), StartsWith("close 1012 "));
  stopping.join();  // it does not wait for the rude one for ever
  EXPECT_THROW(TestClient{port()}, std::runtime_error);
}

}  // namespace
}  // namespace parley::gateway
