#include "senders/web_push.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include "base/await_for_test.h"
#include "senders/browser_for_test.h"
#include "senders/http_for_test.h"

namespace parley::senders {
namespace {

using notification::DeviceAddress;
using notification::PushHint;
using notification::PushSending;
using testing::HasSubstr;

class WebPushTest : public testing::Test {
 protected:
  WebPushTest() { http.answer = delivery::OutboundAnswer{.status = 201, .body = {}}; }

  DeviceAddress address(std::string endpoint = "https://push.example:8443/send/abc?x=1") const {
    return {.service = PushService::web,
            .token = std::move(endpoint),
            .p256dh = browser.p256dh(),
            .auth = std::string{browser.keys().auth}};
  }
  static PushHint hint() {
    return {.chat_id = "12",
            .seq = 7,
            .collapse_key = "chat:12",
            .badge = 3,
            .title = "Ann",
            .body = "Hello",
            .ttl = std::chrono::seconds{3600}};
  }
  PushSending send(DeviceAddress to, PushHint what = hint()) {
    return await(sender.send(std::move(to), std::move(what)));
  }
  PushSending send_when(int status) {
    http.answer = delivery::OutboundAnswer{
        .status = status, .body = "words", .retry_after = std::chrono::seconds{9}};
    return send(address());
  }
  void expect_refused(const PushSending& sending, const std::string& why) {
    EXPECT_EQ(sending.outcome, PushOutcome::refused);
    EXPECT_EQ(sending.why, why);
  }
  boost::json::object received() const {
    return boost::json::parse(browser.read(http.asked.back().body).value()).as_object();
  }

  const ManualClock clock{Timestamp{std::chrono::milliseconds{1'700'000'000'000}}};
  const BrowserForTest browser;
  FakeHttp http;
  Vapid vapid{PrivateKey::new_p256(), "mailto:ops@parley.example", clock};
  WebPushSender sender{http, vapid};
};

TEST_F(WebPushTest, PostsWhatOnlyTheBrowserCanRead) {
  EXPECT_EQ(send(address()).outcome, PushOutcome::sent);
  ASSERT_EQ(http.asked.size(), 1u);
  const auto& request = http.asked[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://push.example:8443/send/abc?x=1");
  EXPECT_TRUE(request.public_only);
  EXPECT_EQ(header_of(request, "Authorization"), vapid.authorization("https://push.example:8443"));
  EXPECT_EQ(header_of(request, "Content-Encoding"), "aes128gcm");
  EXPECT_EQ(header_of(request, "TTL"), "3600");
  EXPECT_EQ(header_of(request, "Urgency"), "high");
  const std::string topic = header_of(request, "Topic");
  EXPECT_TRUE(testing::Matches(testing::MatchesRegex("[A-Za-z0-9_-]{32}"))(topic)) << topic;
  EXPECT_EQ(received(), (boost::json::object{{"kind", "message"},
                                             {"badge", 3},
                                             {"chatId", "12"},
                                             {"seq", 7},
                                             {"tag", topic},
                                             {"title", "Ann"},
                                             {"body", "Hello"}}));
}

TEST_F(WebPushTest, CollapsesPushesOfOneKeyOnly) {
  const auto topic_of = [&](const char* key) {
    auto what = hint();
    what.collapse_key = key;
    send(address(), what);
    return header_of(http.asked.back(), "Topic");
  };
  EXPECT_EQ(topic_of("a"), topic_of("a"));
  EXPECT_NE(topic_of("a"), topic_of("b"));
  EXPECT_EQ(topic_of(""), "");
  EXPECT_FALSE(received().contains("tag"));
}

TEST_F(WebPushTest, SaysNoMoreThanItIsTold) {
  send(address(), {.reason = PushReason::test, .urgent = false});
  EXPECT_EQ(received(), (boost::json::object{{"kind", "test"}, {"badge", 0}}));
  EXPECT_EQ(header_of(http.asked.back(), "Urgency"), "normal");
  EXPECT_EQ(header_of(http.asked.back(), "TTL"), "604800");
}

TEST_F(WebPushTest, CutsWhatIsTooLongAndStillFitsWhenEverythingIsEscaped) {
  auto what = hint();
  what.title = std::string(5000, '"');
  what.body = std::string(70'000, '\\');
  what.ttl = std::chrono::days{400};
  EXPECT_EQ(send(address(), what).outcome, PushOutcome::sent);
  EXPECT_LE(http.asked.back().body.size(), 4096u);
  EXPECT_EQ(received().at("title").as_string(), std::string(189, '"') + "…");
  EXPECT_EQ(received().at("body").as_string(), std::string(1021, '\\') + "…");
  EXPECT_EQ(header_of(http.asked.back(), "TTL"), std::to_string(28 * 86400));
  what.body = std::string(70'000, '\1');
  what.ttl = std::chrono::seconds{-5};
  EXPECT_EQ(send(address(), what).outcome, PushOutcome::sent);
  EXPECT_EQ(received().at("body").as_string(), std::string(1021, ' ') + "…");
  EXPECT_EQ(header_of(http.asked.back(), "TTL"), "0");
}

TEST_F(WebPushTest, TellsWhichSubscriptionsAreGone) {
  for (const int status : {404, 410}) {
    EXPECT_EQ(send_when(status).outcome, PushOutcome::gone) << status;
    EXPECT_THAT(send_when(status).why, HasSubstr("push.example answers"));
  }
}

TEST_F(WebPushTest, IsTriedAgainWhenTheServiceCannotNow) {
  for (const int status : {408, 429, 500, 502, 503}) {
    const auto sending = send_when(status);
    EXPECT_EQ(sending.outcome, PushOutcome::postponed) << status;
    EXPECT_EQ(sending.retry_after, std::chrono::seconds{9});
  }
  http.answer = std::unexpected("push.example: Timeout was reached");
  const auto sending = send(address());
  EXPECT_EQ(sending.outcome, PushOutcome::postponed);
  EXPECT_EQ(sending.why, "no answer of the push service: push.example: Timeout was reached");
}

TEST_F(WebPushTest, TellsWhatTheServiceRefuses) {
  expect_refused(send_when(400), "push.example answers 400");
  expect_refused(send_when(301), "push.example answers 301");
  expect_refused(send_when(413), "push.example answers 413: the push is too long");
  for (const int status : {401, 403})
    expect_refused(send_when(status),
                   "push.example answers " + std::to_string(status) +
                       ": it subscribed to another VAPID key, or the contact is not accepted");
}

TEST_F(WebPushTest, SpeaksToNoEndpointThatIsNotOfAPushService) {
  expect_refused(send(address("no url")), "the endpoint is no URL");
  expect_refused(send(address("")), "the endpoint is no URL");
  for (const auto* odd : {"http://push.example/a", "ftp://push.example/a", "gopher://push.example/",
                          "http://127.0.0.1/", "http://localhost/"})
    expect_refused(send(address(odd)), "the endpoint is not https");
  expect_refused(send(address("https://me:it@push.example/a")), "the endpoint names a user");
  expect_refused(send(address("https://me@push.example/a")), "the endpoint names a user");
  const std::vector<std::pair<std::string, std::string>> inner{
      {"127.0.0.1", "127.0.0.1"},
      {"2130706433", "127.0.0.1"},
      {"0x7f.1", "127.0.0.1"},
      {"127.1", "127.0.0.1"},
      {"10.0.0.1", "10.0.0.1"},
      {"169.254.169.254", "169.254.169.254"},
      {"192.168.0.1:8080", "192.168.0.1"},
      {"[::1]", "::1"},
      {"[fe80::1]", "fe80::1"},
      {"[::ffff:10.0.0.1]", "::ffff:10.0.0.1"}};
  for (const auto& [host, shown] : inner)
    expect_refused(send(address("https://" + host + "/a")),
                   shown + " is not on the public internet");
  EXPECT_TRUE(http.asked.empty());
}

TEST_F(WebPushTest, SpeaksToThisMachineOnlyWhenItIsToldTo) {
  WebPushSender local{http, vapid, {.allow_loopback = true}};
  for (const auto* here : {"http://127.0.0.1:8080/a", "https://127.0.0.1/a", "http://localhost:1/a",
                           "http://[::1]:1/a"}) {
    EXPECT_EQ(await(local.send(address(here), hint())).outcome, PushOutcome::sent) << here;
    EXPECT_FALSE(http.asked.back().public_only);
  }
  EXPECT_EQ(header_of(http.asked.back(), "Authorization"), vapid.authorization("http://[::1]:1"));
  expect_refused(await(local.send(address("http://push.example/a"), hint())),
                 "the endpoint is not https");
  expect_refused(await(local.send(address("https://10.0.0.1/a"), hint())),
                 "10.0.0.1 is not on the public internet");
  EXPECT_EQ(await(local.send(address("https://push.example/a"), hint())).outcome,
            PushOutcome::sent);
  EXPECT_TRUE(http.asked.back().public_only);
}

TEST_F(WebPushTest, RefusesKeysThatNoBrowserHas) {
  auto off_the_curve = address();
  off_the_curve.p256dh.back() = static_cast<char>(off_the_curve.p256dh.back() ^ 1);
  auto short_point = address();
  short_point.p256dh.pop_back();
  auto short_secret = address();
  short_secret.auth.pop_back();
  for (const auto& odd : {off_the_curve, short_point, short_secret})
    expect_refused(send(odd), "the keys of the subscription are not those of a browser");
  expect_refused(send({.service = PushService::fcm, .token = "https://push.example/a"}),
                 "the device is no browser");
  EXPECT_TRUE(http.asked.empty());
}

}  // namespace
}  // namespace parley::senders
