#include "senders/http_client.h"

#include <atomic>
#include <cstdlib>
#include <latch>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/ascii.h"
#include "base/await_for_test.h"
#include "base/port_for_test.h"
#include "senders/server_for_test.h"

namespace parley::senders {
namespace {

using delivery::OutboundRequest;
using testing::HasSubstr;
using testing::Not;

std::string answer(std::string_view status, std::string_view headers, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, headers, body.size(),
                     body);
}

// Answers every path in its own way.
void serve_http(Peer& peer) {
  std::string line;
  while (peer.read_line(line)) {
    std::string head = line + '\n';
    std::size_t size = 0;
    while (peer.read_line(line) && !line.empty()) {
      head += line + '\n';
      if (lower_ascii(line).starts_with("content-length: ")) size = std::stoul(line.substr(16));
    }
    const std::string body = peer.read(size);
    const auto is = [&](std::string_view path) { return head.contains(fmt::format(" {} ", path)); };
    if (is("/hang")) return peer.hang();
    if (is("/garbage")) return peer.write("220 no HTTP\r\n\r\n");
    if (is("/cut")) return peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    if (is("/busy"))
      peer.write(answer("503 Busy", "Retry-After: 120\r\n", "later"));
    else if (is("/busy-until"))
      peer.write(answer("429 Busy", "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n", ""));
    else if (is("/busy-before"))
      peer.write(answer("429 Busy", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", ""));
    else if (is("/busy-oddly"))
      peer.write(answer("429 Busy", "Retry-After: soon\r\n", ""));
    else if (is("/moved"))
      peer.write(answer("302 Found", "Location: /echo\r\n", "moved"));
    else
      peer.write(answer("200 OK", "", head + '\n' + body));
  }
}

class HttpClientTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ::setenv("no_proxy", "*", 1); }

  std::expected<delivery::OutboundAnswer, std::string> fetch(OutboundRequest request) {
    return await(*loop, client.fetch(std::move(request)));
  }
  std::expected<delivery::OutboundAnswer, std::string> get(std::string_view path) {
    return fetch({.url = url(path)});
  }
  std::string url(std::string_view path) const {
    return fmt::format("http://127.0.0.1:{}{}", server.port(), path);
  }

  const BorrowedLoop loop;
  TestServer server{serve_http};
  CurlHttpClient client;
};

TEST_F(HttpClientTest, SendsWhatItIsGivenAndYieldsTheAnswer) {
  const auto got = fetch({.method = "POST",
                          .url = url("/echo?a=1"),
                          .headers = {{"X-One", "1"}, {"X-Empty", ""}, {"Content-Type", "text/x"}},
                          .body = std::string{"a\0b", 3},
                          .user = "me",
                          .password = "it:s"});
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(got->status, 200);
  EXPECT_TRUE(got->body.starts_with("POST /echo?a=1 HTTP/1.1\n"));
  for (const auto* line : {"\nX-One: 1\n", "\nX-Empty:", "\nContent-Type: text/x\n",
                           "\nAuthorization: Basic bWU6aXQ6cw==\n", "\nUser-Agent: Parley\n"})
    EXPECT_THAT(got->body, HasSubstr(line));
  EXPECT_TRUE(got->body.ends_with(std::string{"\n\na\0b", 5}));
}

TEST_F(HttpClientTest, AsksByEveryMethodWithAndWithoutABody) {
  for (const std::string method : {"GET", "DELETE", "POST", "PUT", "PATCH"}) {
    const auto bare = fetch({.method = method, .url = url("/echo")});
    ASSERT_TRUE(bare) << bare.error();
    EXPECT_TRUE(bare->body.starts_with(method + " /echo "));
    EXPECT_THAT(bare->body, Not(HasSubstr("Content-Type")));
    EXPECT_THAT(bare->body, Not(HasSubstr("Authorization")));
    const auto full = fetch({.method = method, .url = url("/echo"), .body = "b"});
    ASSERT_TRUE(full) << full.error();
    EXPECT_TRUE(full->body.starts_with(method + " /echo "));
    EXPECT_TRUE(full->body.ends_with("\n\nb"));
  }
}

TEST_F(HttpClientTest, ReadsWhenToComeBack) {
  const auto busy = get("/busy");
  ASSERT_TRUE(busy) << busy.error();
  EXPECT_EQ(busy->status, 503);
  EXPECT_EQ(busy->body, "later");
  EXPECT_EQ(busy->retry_after, std::chrono::seconds{120});
  // A date; it is far away, and nobody is to wait longer than a day.
  EXPECT_EQ(get("/busy-until").value().retry_after, std::chrono::days{1});
  EXPECT_EQ(get("/busy-before").value().retry_after, std::chrono::seconds{0});
  EXPECT_EQ(get("/busy-oddly").value().retry_after, std::chrono::seconds{0});
  EXPECT_EQ(get("/echo").value().retry_after,
            std::chrono::seconds{0});  // not that of the one before
}

TEST_F(HttpClientTest, FollowsNoRedirect) {
  const auto got = get("/moved");
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(got->status, 302);
  EXPECT_EQ(got->body, "moved");
}

TEST_F(HttpClientTest, TakesNoMoreThanItWasAllowed) {
  const auto whole = get("/busy");
  ASSERT_TRUE(whole);
  EXPECT_TRUE(fetch({.url = url("/busy"), .most_bytes = 5}));
  const auto got = fetch({.url = url("/busy"), .most_bytes = 4});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), "127.0.0.1 answers with more than 4 bytes");
}

TEST_F(HttpClientTest, SaysWhyThereIsNoAnswer) {
  using namespace std::chrono_literals;
  EXPECT_EQ(fetch({.url = url("/hang"), .timeout = 50ms}).error(),
            "127.0.0.1: Timeout was reached");
  const OwnPort nobody;
  EXPECT_EQ(fetch({.url = fmt::format("http://127.0.0.1:{}/secret", nobody.number())}).error(),
            "127.0.0.1: Couldn't connect to server");
  for (const auto* path : {"/garbage", "/cut"}) {
    const auto got = get(path);
    ASSERT_FALSE(got) << path;
    EXPECT_TRUE(got.error().starts_with("127.0.0.1: ")) << got.error();
  }
}

TEST_F(HttpClientTest, RefusesWhatIsNoRequest) {
  for (const auto* odd : {"", "no url", "http://", "http://a\r\nb/", "http://a b/"})
    EXPECT_EQ(fetch({.url = odd}).error(), "the address is no URL") << odd;
  for (const auto* odd : {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x"})
    EXPECT_FALSE(fetch({.url = odd})) << odd;
  for (const auto* odd : {"", "GET / HTTP/1.1\r\nX: 1\r\n\r\nGET", "g e t"})
    EXPECT_EQ(fetch({.method = odd, .url = url("/")}).error(),
              "the request to 127.0.0.1 is malformed");
  using Headers = decltype(OutboundRequest::headers);
  for (const Headers& odd : {Headers{{"X", "1\r\nY: 2"}}, Headers{{"X\n", "1"}}, Headers{{"", "1"}},
                             Headers{{"X: 1", "1"}}})
    EXPECT_EQ(fetch({.url = url("/"), .headers = odd}).error(),
              "the request to 127.0.0.1 is malformed");
}

TEST_F(HttpClientTest, KeepsToThePublicInternetWhenItIsToldTo) {
  std::atomic<int> visitors = 0;
  TestServer inner{[&](Peer& peer) {
    ++visitors;
    serve_http(peer);
  }};
  for (const std::string host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0.0.0.0",
                                 "[::1]", "[::ffff:127.0.0.1]", "[::]"}) {
    const auto got =
        fetch({.url = fmt::format("http://{}:{}/echo", host, inner.port()), .public_only = true});
    ASSERT_FALSE(got) << host;
    EXPECT_THAT(got.error(), testing::EndsWith(" is not on the public internet")) << host;
  }
  EXPECT_EQ(visitors, 0);
}

TEST_F(HttpClientTest, DoesNotReuseAnInnerConnectionForARequestToThePublic) {
  CurlHttpClient one{1};
  std::atomic<int> visitors = 0;
  std::atomic<int> requests = 0;
  TestServer inner{[&](Peer& peer) {
    ++visitors;
    std::string line;
    while (peer.read_line(line)) {
      if (!line.empty()) continue;
      ++requests;
      peer.write(answer("200 OK", "", "inner"));
    }
  }};
  const std::string address = fmt::format("http://127.0.0.1:{}/", inner.port());
  const auto ask = [&](bool public_only) {
    return await(*loop, one.fetch({.url = address, .public_only = public_only}));
  };
  ASSERT_TRUE(ask(false));
  ASSERT_TRUE(ask(false));
  EXPECT_EQ(visitors, 1);  // they are reused
  EXPECT_EQ(ask(true).error(), "127.0.0.1 is not on the public internet");
  EXPECT_EQ(requests, 2);
  EXPECT_TRUE(ask(false));
}

TEST_F(HttpClientTest, UsesNoProxyForARequestToThePublic) {
  std::atomic<int> visitors = 0;
  TestServer proxy{[&](Peer& peer) {
    ++visitors;
    serve_http(peer);
  }};
  ::setenv("http_proxy", fmt::format("http://127.0.0.1:{}", proxy.port()).c_str(), 1);
  ::unsetenv("no_proxy");
  const auto by_proxy = fetch({.url = "http://host.example/echo"});
  const auto guarded = fetch({.url = "http://127.0.0.1:1/echo", .public_only = true});
  ::unsetenv("http_proxy");
  ::setenv("no_proxy", "*", 1);
  EXPECT_TRUE(by_proxy);
  ASSERT_FALSE(guarded);
  EXPECT_EQ(guarded.error(), "127.0.0.1 is not on the public internet");
  EXPECT_EQ(visitors, 1);
}

TEST_F(HttpClientTest, SpeaksTlsWhenItIsToldTo) {
  TestServer plain{[](Peer& peer) { peer.write(answer("200 OK", "", "")); }};
  const auto got = fetch({.url = fmt::format("https://127.0.0.1:{}/", plain.port())});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), "127.0.0.1: SSL connect error");
}

TEST_F(HttpClientTest, BreaksOffWhenItStops) {
  std::latch asked{1};
  TestServer silent{[&](Peer& peer) {
    std::string line;
    if (peer.read_line(line)) asked.count_down();
    peer.hang();
  }};
  std::string under_way;
  CurlHttpClient one{1, 1};
  boost::asio::co_spawn(
      *loop, one.fetch({.url = fmt::format("http://127.0.0.1:{}/", silent.port())}),
      [&](std::exception_ptr, std::expected<delivery::OutboundAnswer, std::string> got) {
        under_way = got ? "an answer" : got.error();
      });
  loop->poll();
  asked.wait();
  one.stop();
  EXPECT_EQ(await(*loop, one.fetch({.url = url("/echo")})).error(), "the server is stopping");
  EXPECT_EQ(under_way, "the server is stopping");
}

TEST_F(HttpClientTest, LetsOnlySoManyWait) {
  CurlHttpClient none{1, 0};
  EXPECT_EQ(await(*loop, none.fetch({.url = url("/echo")})).error(),
            "too many requests to other servers are waiting");
}

}  // namespace
}  // namespace parley::senders
