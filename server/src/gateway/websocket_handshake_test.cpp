#include "gateway/websocket_handshake.h"

#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

using testing::Contains;
using testing::Pair;

// The request of RFC 6455 §1.3.
HttpRequest request() {
  HttpRequest request;
  request.method = "GET";
  request.path = "/ws";
  request.headers = {{"Host", "server.example.com"},
                     {"Upgrade", "websocket"},
                     {"Connection", "Upgrade"},
                     {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                     {"Sec-WebSocket-Version", "13"}};
  return request;
}

HttpRequest with(std::string_view header, std::string value) {
  HttpRequest changed = request();
  for (auto& [name, old] : changed.headers) {
    if (name == header) old = value;
  }
  return changed;
}

TEST(HandshakeTest, AnswersTheExampleOfTheRfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(accept_handshake(request()), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(HandshakeTest, TakesHeadersAsBrowsersAndProxiesWriteThem) {
  EXPECT_TRUE(accept_handshake(with("Connection", "keep-alive, Upgrade")));
  EXPECT_TRUE(accept_handshake(with("Connection", "UPGRADE")));
  EXPECT_TRUE(accept_handshake(with("Upgrade", "WebSocket")));
}

struct Refusal {
  std::string name;
  HttpRequest request;
  int status;

  friend void PrintTo(const Refusal& one, std::ostream* out) { *out << one.name; }
};

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, WithAStatusAndABody) {
  const auto answer = accept_handshake(GetParam().request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, GetParam().status);
  EXPECT_THAT(answer.error().body, testing::StartsWith("{\"error\":"));
  if (GetParam().status == 426)
    EXPECT_THAT(answer.error().headers, Contains(Pair("Sec-WebSocket-Version", "13")));
}

HttpRequest post() {
  HttpRequest changed = request();
  changed.method = "POST";
  return changed;
}

constexpr std::string_view kKey = "Sec-WebSocket-Key";

INSTANTIATE_TEST_SUITE_P(
    Handshakes, Refused,
    testing::Values(Refusal{"Post", post(), 405}, Refusal{"NoUpgrade", with("Upgrade", ""), 426},
                    Refusal{"AnotherUpgrade", with("Upgrade", "h2c"), 426},
                    Refusal{"UpgradeThatOnlyBeginsAlike", with("Upgrade", "websockets"), 426},
                    Refusal{"NoConnection", with("Connection", "keep-alive"), 426},
                    Refusal{"OldVersion", with("Sec-WebSocket-Version", "8"), 426},
                    Refusal{"NoVersion", with("Sec-WebSocket-Version", ""), 426},
                    Refusal{"NoKey", with(kKey, ""), 400},
                    Refusal{"ShortKey", with(kKey, "dGhlIHNhbXBsZSBub25j"), 400},
                    Refusal{"LongKey", with(kKey, "dGhlIHNhbXBsZSBub25jZQAAAA=="), 400},
                    Refusal{"KeyThatIsNoBase64", with(kKey, "dGhlIHNhbXBsZSBub25j!Q=="), 400},
                    Refusal{"KeyWithoutEnd", with(kKey, "dGhlIHNhbXBsZSBub25jZQAA"), 400}),
    [](const auto& info) { return info.param.name; });

TEST(ListsTest, FindsAWholeItemInAnyCase) {
  EXPECT_TRUE(lists("upgrade", "upgrade"));
  EXPECT_TRUE(lists("a, \tUpGrade ,b", "upgrade"));
  EXPECT_FALSE(lists("", "upgrade"));
  EXPECT_FALSE(lists(",,", "upgrade"));
  EXPECT_FALSE(lists("upgrade-insecure", "upgrade"));
  EXPECT_FALSE(lists("no upgrade", "upgrade"));
}

}  // namespace
}  // namespace parley::gateway
