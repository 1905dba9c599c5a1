#include <thread>

#include <gmock/gmock.h>

#include "gateway/server_for_test.h"

namespace parley::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ServerHttpTest : public ServerTest {
 protected:
  ServerHttpTest() {
    options.request_timeout = std::chrono::seconds{60};
    options.max_json = 1'000;
    options.threads = 2;
  }

  static std::string post(std::string_view target, std::string_view body,
                          std::string_view headers = "") {
    return "POST " + std::string{target} +
           " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string{headers} + "\r\n" + std::string{body};
  }

  // What the server says to `bytes` on a connection of their own, and that it hangs up then.
  TestClient::Response refusal(std::string_view bytes) const {
    TestClient client{port()};
    auto response = client.ask(bytes);
    EXPECT_TRUE(client.ended());
    return response;
  }
};

TEST_F(ServerHttpTest, AnswersManyRequestsOfOneConnection) {
  start();
  TestClient client{port()};
  for (int i = 0; i < 3; ++i) {
    const auto response = client.ask(post("/api/echo", "body" + std::to_string(i)));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "POST /api/echo body" + std::to_string(i));
    EXPECT_THAT(response.head, HasSubstr("X-Content-Type-Options: nosniff"));
  }
  EXPECT_EQ(server->traffic().accepted, 1u);
}

TEST_F(ServerHttpTest, AnswersPipelinedRequestsInOrder) {
  start();
  TestClient client{port()};
  client.send("GET /api/slow HTTP/1.1\r\nHost: h\r\n\r\n" + post("/api/b", "two") +
              post("/api/c", "three"));
  EXPECT_EQ(client.response().body, "GET /api/slow ");
  EXPECT_EQ(client.response().body, "POST /api/b two");
  EXPECT_EQ(client.response().body, "POST /api/c three");
}

TEST_F(ServerHttpTest, ReadsARequestThatComesByteByByte) {
  start();
  TestClient client{port()};
  for (const char byte : post("/api/echo", "slowly")) client.send({&byte, 1});
  EXPECT_EQ(client.response().body, "POST /api/echo slowly");
}

TEST_F(ServerHttpTest, ClosesWhenTheClientWantsIt) {
  start();
  TestClient client{port()};
  EXPECT_THAT(client.get("/api/x", "Connection: close\r\n").head, HasSubstr("Connection: close"));
  EXPECT_TRUE(client.ended());
  TestClient old{port()};
  EXPECT_EQ(old.ask("GET /api/x HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_TRUE(old.ended());
}

TEST_F(ServerHttpTest, LeavesTheBodyOutForHead) {
  start();
  TestClient client{port()};
  client.send("HEAD /api/echo HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto response = client.response(false);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.head, HasSubstr("Content-Length: 15"));  // "HEAD /api/echo "
  EXPECT_EQ(client.get("/api/next").body, "GET /api/next ") << "no body stood in between";
}

TEST_F(ServerHttpTest, AnswersPreflights) {
  options.allowed_origins = {"https://chat.example.org"};
  start();
  TestClient client{port()};
  const auto response = client.ask(
      "OPTIONS /api/x HTTP/1.1\r\nHost: h\r\nOrigin: https://chat.example.org\r\n"
      "Access-Control-Request-Method: PUT\r\n\r\n");
  EXPECT_EQ(response.status, 204);
  EXPECT_THAT(response.head,
              HasSubstr("Access-Control-Allow-Origin: https://chat.example.org\r\n"));
  EXPECT_THAT(response.head, HasSubstr("Access-Control-Allow-Methods: GET, POST, PUT, DELETE"));
  EXPECT_THAT(response.head, Not(HasSubstr("Content-Length"))) << "RFC 9110 §8.6";
}

TEST_F(ServerHttpTest, TakesABodyUpToTheLimitAndNoLonger) {
  start();
  TestClient client{port()};
  EXPECT_EQ(client.ask(post("/api/echo", std::string(1'000, 'x'))).status, 200);
  const auto refused = refusal(post("/api/echo", std::string(1'001, 'x')));
  EXPECT_EQ(refused.status, 413);
  EXPECT_THAT(refused.body, HasSubstr("\"code\":\"payload_too_large\""));
}

TEST_F(ServerHttpTest, RefusesALongBodyBeforeItHasCome) {
  start();
  EXPECT_EQ(refusal("POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999999\r\n\r\n").status,
            413);
}

TEST_F(ServerHttpTest, CountsTheBytesOfAChunkedBody) {
  start();
  const std::string head = "POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  TestClient client{port()};
  EXPECT_EQ(client.ask(head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").body, "POST /api/x abcde");
  const std::string chunk = "1f4\r\n" + std::string(500, 'x') + "\r\n";
  EXPECT_EQ(refusal(head + chunk + chunk + chunk + "0\r\n\r\n").status, 413);
}

TEST_F(ServerHttpTest, SaysGoOnToAClientThatAsks) {
  start();
  TestClient client{port()};
  client.send(
      "POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.response(false).status, 100);
  EXPECT_EQ(client.ask("ok").body, "POST /api/x ok");
}

TEST_F(ServerHttpTest, RefusesALongHeader) {
  start();
  const std::string line(20'000, 'h');
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: h\r\nX-Long: " + line + "\r\n\r\n").status, 431);
  EXPECT_EQ(refusal("GET /" + line + " HTTP/1.1\r\nHost: h\r\n\r\n").status, 431);
}

struct Slow {
  const char* name;
  const char* begun;
};

class ServerSlowTest : public ServerHttpTest, public testing::WithParamInterface<Slow> {
 protected:
  ServerSlowTest() { options.request_timeout = std::chrono::seconds{1}; }
};

TEST_P(ServerSlowTest, IsNotWaitedForLongerThanTheTimeout) {
  start();
  const auto begun = std::chrono::steady_clock::now();
  const auto refused = refusal(GetParam().begun);
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(refused.status, 408);
  EXPECT_THAT(refused.body, HasSubstr("\"code\":\"request_timeout\""));
  EXPECT_GE(took, std::chrono::seconds{1});
  EXPECT_LT(took, std::chrono::seconds{30});
}

INSTANTIATE_TEST_SUITE_P(
    Requests, ServerSlowTest,
    testing::Values(
        Slow{"Header", "GET /api/x HTTP/1.1\r\nHos"},
        Slow{"Body", "POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"},
        Slow{"Chunk",
             "POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"}),
    [](const auto& info) { return info.param.name; });

struct Malformed {
  const char* name;
  const char* bytes;
};

class ServerMalformedTest : public ServerHttpTest, public testing::WithParamInterface<Malformed> {};

TEST_P(ServerMalformedTest, IsRefusedAndTheConnectionClosed) {
  start();
  const auto refused = refusal(GetParam().bytes);
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("\"code\":\"malformed_request\""));
}

INSTANTIATE_TEST_SUITE_P(
    Requests, ServerMalformedTest,
    testing::Values(
        Malformed{"Garbage", "garbage\r\n\r\n"},
        Malformed{"TlsHello", "\x16\x03\x01\x02\x01\x01\r\n\r\n"},
        Malformed{"Version", "GET / HTTP/3.7\r\nHost: h\r\n\r\n"},
        Malformed{"SpaceInAName", "GET / HTTP/1.1\r\nHost : h\r\n\r\n"},
        Malformed{"LengthThatIsNoNumber",
                  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n"},
        Malformed{"TwoLengths",
                  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
        // What a proxy in front might read otherwise than we do.
        Malformed{"LengthAndChunks",
                  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked"
                  "\r\n\r\n0\r\n\r\n"},
        Malformed{"ChunksAndLength",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4"
                  "\r\n\r\n0\r\n\r\n"},
        Malformed{"UnknownCoding",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\nGET / "
                  "HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"ChunkedTwice",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"
                  "0\r\n\r\n"},
        Malformed{"ChunkedAndMore",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
                  "0\r\n\r\n"},
        Malformed{"CodingAndLength",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n"
                  "Content-Length: 2\r\n\r\nab"},
        Malformed{"ChunksInOldHttp",
                  "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        Malformed{"NoHost", "GET / HTTP/1.1\r\n\r\n"},
        Malformed{"TwoHosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n"},
        Malformed{"PathWithoutRoot", "GET index.html HTTP/1.1\r\nHost: h\r\n\r\n"},
        Malformed{"ChunkOfNoSize",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}),
    [](const auto& info) { return info.param.name; });

TEST_F(ServerHttpTest, AnswersOthersWhileOneIsStuck) {
  options.threads = 1;
  start();
  TestClient stuck{port()};
  stuck.send("POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  TestClient client{port()};
  EXPECT_EQ(client.get("/api/x").status, 200);
}

TEST_F(ServerHttpTest, RefusesMoreConnectionsThanItMayHave) {
  options.threads = 1;
  options.max_connections = 2;
  start();
  TestClient one{port()}, two{port()};
  EXPECT_EQ(one.get("/api/x").status, 200);
  EXPECT_EQ(two.get("/api/x").status, 200);
  EXPECT_TRUE(TestClient{port()}.ended());
  EXPECT_EQ(one.get("/api/x").status, 200);
}

TEST_F(ServerHttpTest, AnswersWhatIsNoFileAndNoMethodForOne) {
  start();
  TestClient client{port()};
  EXPECT_EQ(client.get("/no-such-file.js").status, 404);
  const auto refused = client.ask(post("/no-such-file.js", ""));
  EXPECT_EQ(refused.status, 405);
  EXPECT_THAT(refused.head, HasSubstr("Allow: GET, HEAD"));
}

TEST_F(ServerHttpTest, LetsARequestEndWhenItStops) {
  start();
  TestClient idle{port()}, busy{port()};
  EXPECT_EQ(idle.get("/api/x").status, 200);
  busy.send("GET /api/slow HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return handler.slow == 1; }));
  const auto begun = std::chrono::steady_clock::now();
  server->stop(std::chrono::seconds{15});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{10});
  const auto answer = busy.response();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.head, HasSubstr("Connection: close"));
  EXPECT_TRUE(idle.ended());
}

TEST_F(ServerHttpTest, DoesNotWaitForASilentClientWhenItStops) {
  options.request_timeout = std::chrono::seconds{60};
  start();
  TestClient silent{port()};
  ASSERT_TRUE(eventually([&] { return server->traffic().http_connections == 1; }));
  const auto begun = std::chrono::steady_clock::now();
  server->stop(std::chrono::seconds{30});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{15});
  EXPECT_TRUE(silent.ended());
}

TEST_F(ServerHttpTest, TakesAWholeAddressAsTarget) {
  start();
  TestClient client{port()};
  EXPECT_EQ(client.get("http://h/api/x?q").body, "GET /api/x ");
  EXPECT_EQ(client.get("https://h:8/api/y").body, "GET /api/y ");
}

TEST_F(ServerHttpTest, SaysWhyItCannotListen) {
  start();
  options.port = port();
  Server second{options, handler, router, clock};
  EXPECT_THROW(second.start(), std::runtime_error);
  options.host = "nowhere";
  Server third{options, handler, router, clock};
  EXPECT_THROW(third.start(), std::runtime_error);
}

}  // namespace
}  // namespace parley::gateway
