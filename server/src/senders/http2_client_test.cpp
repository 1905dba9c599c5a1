#include "senders/http2_client.h"

#include <latch>
#include <optional>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>

#include "base/await_for_test.h"
#include "base/port_for_test.h"
#include "senders/http2_server_for_test.h"

namespace parley::senders {
namespace {

using namespace std::chrono_literals;
using delivery::OutboundRequest;
using Act = Http2Reply::Act;
using Fetched = std::expected<delivery::OutboundAnswer, std::string>;

// Answers with what it was asked.
Http2Reply echo(const Http2Asked& asked) {
  Http2Reply reply;
  for (const auto& [name, value] : asked.headers) reply.body += name + ": " + value + '\n';
  reply.body += '\n' + asked.body;
  return reply;
}

class Http2ClientTest : public testing::Test {
 protected:
  // A server that answers by `answer`, and a client that trusts it.
  void serve(std::function<Http2Reply(const Http2Asked&)> answer,
             Http2Server::Options options = {}) {
    server.emplace(std::move(answer), std::move(options));
    client.emplace(Http2Options{.trusted = server->pem()});
  }
  Fetched get(std::string_view path, std::chrono::milliseconds timeout = 10s) {
    return await(*loop, client->fetch({.url = server->url(path), .timeout = timeout}));
  }
  std::string error_of(std::string_view path, std::chrono::milliseconds timeout = 10s) {
    return get(path, timeout).error();
  }
  // All of them at once.
  std::vector<Fetched> fetch_all(std::vector<OutboundRequest> requests) {
    std::vector<Fetched> answers(requests.size());
    std::size_t left = requests.size();
    for (std::size_t i = 0; i < requests.size(); ++i)
      boost::asio::co_spawn(*loop, client->fetch(std::move(requests[i])),
                            [&, i](std::exception_ptr, Fetched fetched) {
                              answers[i] = std::move(fetched);
                              --left;
                            });
    const auto guard = boost::asio::make_work_guard(*loop);
    loop->restart();
    while (left > 0) loop->run_one();
    return answers;
  }

  const BorrowedLoop loop;
  std::optional<Http2Server> server;
  std::optional<Http2Client> client;
};

TEST_F(Http2ClientTest, SendsWhatItIsGivenAndYieldsTheAnswer) {
  serve(echo);
  const std::string body{"a\0b", 3};
  const auto got = await(*loop, client->fetch({.method = "POST",
                                               .url = server->url("/echo?a=1#part"),
                                               .headers = {{"X-One", "1"}, {"X-Empty", ""}},
                                               .body = body}));
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(got->status, 200);
  const std::string head = fmt::format(
      ":authority: {}\n:method: POST\n:path: /echo?a=1\n:scheme: https\n"
      "content-length: 3\nuser-agent: Parley\nx-empty: \nx-one: 1\n\n",
      server->url("").substr(8));
  EXPECT_EQ(got->body, head + body);
  EXPECT_THAT(get("").value().body, testing::HasSubstr(":path: /\n"));
  EXPECT_THAT(get("?a").value().body, testing::HasSubstr(":path: /?a\n"));
}

TEST_F(Http2ClientTest, KeepsItsConnection) {
  serve(echo);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(get("/"));
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(Http2ClientTest, CarriesManyRequestsAtOnce) {
  serve(echo, {.together = 8});
  std::vector<OutboundRequest> requests;
  for (int i = 0; i < 8; ++i)
    requests.push_back({.url = server->url(fmt::format("/{}", i)), .timeout = 10s});
  const auto answers = fetch_all(std::move(requests));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ASSERT_TRUE(answers[i]) << answers[i].error();
    EXPECT_THAT(answers[i]->body, testing::HasSubstr(fmt::format(":path: /{}\n", i)));
  }
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(Http2ClientTest, WaitsWhenTheServerTakesOneAtATime) {
  serve(echo, {.most_streams = 1});
  ASSERT_TRUE(get("/"));  // the limit is known from here on
  const auto answers = fetch_all(std::vector<OutboundRequest>(5, {.url = server->url("/")}));
  for (const auto& answer : answers) EXPECT_TRUE(answer) << answer.error();
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(Http2ClientTest, ServesSeveralLoops) {
  serve(echo);
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 20; ++n)
          if (await(client->fetch({.url = server->url("/")}))) ++answered;
      });
  }
  EXPECT_EQ(answered, 80);
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(Http2ClientTest, CarriesMoreThanAWindow) {
  serve(echo);
  const std::string body(300'000, 'x');
  const auto got =
      await(*loop, client->fetch({.method = "POST", .url = server->url("/"), .body = body}));
  ASSERT_TRUE(got) << got.error();
  EXPECT_TRUE(got->body.ends_with("\n\n" + body));
}

TEST_F(Http2ClientTest, ReadsStatusAndWhenToComeBack) {
  serve([](const Http2Asked& asked) {
    return Http2Reply{.status = 429,
                      .headers = {{"retry-after", asked.headers.at(":path").substr(1)}},
                      .body = "later"};
  });
  const auto busy = get("/120");
  ASSERT_TRUE(busy) << busy.error();
  EXPECT_EQ(busy->status, 429);
  EXPECT_EQ(busy->body, "later");
  EXPECT_EQ(busy->retry_after, 120s);
  EXPECT_EQ(get("/999999").value().retry_after, std::chrono::days{1});
  for (const auto* odd : {"/-5", "/soon", "/5x"}) EXPECT_EQ(get(odd).value().retry_after, 0s);
}

TEST_F(Http2ClientTest, TakesNoMoreThanItWasAllowed) {
  serve([](const Http2Asked&) { return Http2Reply{.body = std::string(100'000, 'x')}; });
  const auto fetch = [&](std::size_t most) {
    return await(*loop, client->fetch({.url = server->url("/"), .most_bytes = most}));
  };
  EXPECT_TRUE(fetch(100'000));
  EXPECT_EQ(fetch(99'999).error(), "127.0.0.1 answers with more than 99999 bytes");
  EXPECT_TRUE(fetch(100'000));
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(Http2ClientTest, OpensAnotherConnectionAfterAGoodbye) {
  std::atomic<int> asked = 0;
  serve([&](const Http2Asked&) {
    return Http2Reply{.act = ++asked == 1 ? Act::say_goodbye : Act::answer};
  });
  EXPECT_TRUE(get("/"));
  EXPECT_TRUE(get("/"));
  EXPECT_EQ(server->connections(), 2);
}

TEST_F(Http2ClientTest, SaysSoWhenAGoodbyeRefusesARequest) {
  std::atomic<int> asked = 0;
  serve([&](const Http2Asked&) {
    return Http2Reply{.act = ++asked == 1 ? Act::refuse_by_goodbye : Act::answer};
  });
  EXPECT_EQ(error_of("/"), "127.0.0.1 takes no more requests by this connection");
  EXPECT_TRUE(get("/"));
  EXPECT_EQ(server->connections(), 2);
}

TEST_F(Http2ClientTest, OpensAnotherConnectionWhenTheServerHangsUp) {
  std::atomic<int> asked = 0;
  serve([&](const Http2Asked&) {
    const int now = ++asked;
    return Http2Reply{.body = now == 2 ? "half" : "", .act = now <= 2 ? Act::hang_up : Act::answer};
  });
  EXPECT_EQ(error_of("/"), "127.0.0.1 closed the connection");
  EXPECT_EQ(error_of("/"), "127.0.0.1 closed the connection");
  EXPECT_TRUE(get("/"));
  EXPECT_EQ(server->connections(), 3);
}

TEST_F(Http2ClientTest, KeepsTheConnectionWhenOneAnswerIsBrokenOff) {
  std::atomic<int> asked = 0;
  serve([&](const Http2Asked&) {
    return Http2Reply{.act = ++asked == 1 ? Act::reset : Act::answer};
  });
  EXPECT_EQ(error_of("/"), "127.0.0.1 broke off the answer (INTERNAL_ERROR)");
  EXPECT_TRUE(get("/"));
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(Http2ClientTest, LeavesAServerThatSaysNothing) {
  serve([](const Http2Asked& asked) {
    return Http2Reply{.act =
                          asked.headers.at(":path") == "/silent" ? Act::say_nothing : Act::answer};
  });
  EXPECT_TRUE(get("/"));
  EXPECT_EQ(error_of("/silent", 200ms), "127.0.0.1 does not answer");
  EXPECT_TRUE(get("/"));
  EXPECT_EQ(server->connections(), 2);
}

TEST_F(Http2ClientTest, StaysWithAServerThatAnswersOthers) {
  std::atomic<int> asked = 0;
  serve([&](const Http2Asked& request) {
    ++asked;
    return Http2Reply{.act =
                          request.headers.at(":path") == "/slow" ? Act::say_nothing : Act::answer};
  });
  std::optional<Fetched> slow;
  boost::asio::co_spawn(*loop, client->fetch({.url = server->url("/slow"), .timeout = 5s}),
                        [&](std::exception_ptr, Fetched fetched) { slow = std::move(fetched); });
  loop->restart();
  loop->poll();
  // Until it is there, so that what follows is heard after it.
  for (const auto until = std::chrono::steady_clock::now() + 4s;
       asked == 0 && std::chrono::steady_clock::now() < until;)
    std::this_thread::sleep_for(1ms);
  ASSERT_EQ(asked, 1);
  EXPECT_TRUE(get("/"));
  const auto guard = boost::asio::make_work_guard(*loop);
  while (!slow) loop->run_one();
  EXPECT_EQ(slow->error(), "127.0.0.1 does not answer in time");
  EXPECT_TRUE(get("/"));
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(Http2ClientTest, LeavesAServerThatTalksNonsense) {
  for (const std::string& nonsense :
       {std::string{"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"}, std::string(64, '\0'),
        std::string(1000, '\xff')}) {
    std::atomic<int> asked = 0;
    serve([&](const Http2Asked&) {
      return ++asked == 1 ? Http2Reply{.body = nonsense, .act = Act::talk_nonsense} : Http2Reply{};
    });
    const auto got = get("/");
    ASSERT_FALSE(got);
    EXPECT_TRUE(got.error() == "127.0.0.1 closed the connection" ||
                got.error() == "127.0.0.1 does not speak HTTP/2" ||
                got.error().starts_with("127.0.0.1 broke off the answer"))
        << got.error();
    EXPECT_TRUE(get("/"));
    EXPECT_EQ(server->connections(), 2);
  }
}

TEST_F(Http2ClientTest, VerifiesTheCertificate) {
  serve(echo);
  client.emplace();  // which trusts those that the system trusts
  EXPECT_EQ(error_of("/"), "the certificate of 127.0.0.1 cannot be verified");
  serve(echo, {.certificate_for = "DNS:other.example"});
  EXPECT_EQ(error_of("/"), "the certificate of 127.0.0.1 cannot be verified");
  EXPECT_EQ(server->connections(), 0);
}

TEST_F(Http2ClientTest, SpeaksToNoServerThatDoesNotAgreeOnHttp2) {
  for (const auto* protocol : {"", "http/1.1"}) {
    serve(echo, {.protocol = protocol});
    EXPECT_EQ(error_of("/"), "127.0.0.1 does not speak HTTP/2");
  }
}

TEST_F(Http2ClientTest, SaysWhyThereIsNoConnection) {
  client.emplace();
  const auto fetch = [&](std::uint16_t port) {
    return await(*loop, client->fetch({.url = fmt::format("https://127.0.0.1:{}/", port)})).error();
  };
  const OwnPort nobody;
  EXPECT_EQ(fetch(nobody.number()), "127.0.0.1 cannot be reached: Connection refused");
  TestServer plain{[](Peer& peer) { peer.write("220 no TLS\r\n"); }};
  EXPECT_EQ(fetch(plain.port()), "127.0.0.1 does not agree on TLS");
  client.emplace(Http2Options{.connect_timeout = 100ms});
  TestServer silent{[](Peer& peer) { peer.hang(); }};
  EXPECT_EQ(fetch(silent.port()), "127.0.0.1 cannot be reached in time");
}

TEST_F(Http2ClientTest, RefusesWhatIsNoRequest) {
  client.emplace();
  const auto fetch = [&](OutboundRequest request) {
    return await(*loop, client->fetch(std::move(request))).error();
  };
  for (const auto* odd : {"", "no url", "https://", "https://a\r\nb/", "https://a b/"})
    EXPECT_EQ(fetch({.url = odd}), "the address is no URL") << odd;
  EXPECT_EQ(fetch({.url = "http://a.example/"}), "a.example is not to be asked by https");
  const std::string malformed = "the request to a.example is malformed";
  EXPECT_EQ(fetch({.url = "https://me:it@a.example/"}), malformed);
  EXPECT_EQ(fetch({.url = "https://a.example/", .user = "me"}), malformed);
  EXPECT_EQ(fetch({.url = "https://a.example/", .public_only = true}), malformed);
  for (const auto* odd : {"", "g e t", "GET\r\n"})
    EXPECT_EQ(fetch({.method = odd, .url = "https://a.example/"}), malformed);
  using Headers = decltype(OutboundRequest::headers);
  for (const Headers& odd : {Headers{{"x", "1\r\ny: 2"}}, Headers{{"x\n", "1"}}, Headers{{"", "1"}},
                             Headers{{":path", "/"}}, Headers{{"x y", "1"}}})
    EXPECT_EQ(fetch({.url = "https://a.example/", .headers = odd}), malformed);
}

TEST_F(Http2ClientTest, TakesNoTrustFromWhatIsNoCertificate) {
  EXPECT_THROW(Http2Client{{.trusted = "no certificate"}}, std::runtime_error);
}

TEST_F(Http2ClientTest, BreaksOffWhenItStops) {
  std::latch asked{1};
  serve([&](const Http2Asked&) {
    asked.count_down();
    return Http2Reply{.act = Act::say_nothing};
  });
  std::string under_way;
  boost::asio::co_spawn(*loop, client->fetch({.url = server->url("/")}),
                        [&](std::exception_ptr, Fetched fetched) {
                          under_way = fetched ? "an answer" : fetched.error();
                        });
  loop->restart();
  loop->poll();
  asked.wait();
  client->stop();
  client->stop();
  EXPECT_EQ(error_of("/"), "the server is stopping");
  EXPECT_EQ(under_way, "the server is stopping");
}

}  // namespace
}  // namespace parley::senders
