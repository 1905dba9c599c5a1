#include "senders/apns.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include "base/await_for_test.h"
#include "senders/http2_client.h"
#include "senders/http2_server_for_test.h"
#include "senders/http_for_test.h"

namespace parley::senders {
namespace {

using delivery::OutboundAnswer;
using notification::PushHint;
using notification::PushSending;
namespace json = boost::json;

constexpr auto* kToken = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";

std::string reason(std::string_view word) { return fmt::format(R"({{"reason":"{}"}})", word); }

PushHint hint() {
  return {.chat_id = "12",
          .seq = 7,
          .collapse_key = "chat-12",
          .badge = 3,
          .title = "Ann",
          .body = "Hello",
          .ttl = std::chrono::seconds{3600}};
}

class ApnsTest : public testing::Test {
 protected:
  ApnsTest() { http.answer = OutboundAnswer{.status = 200, .body = {}}; }

  PushSending send(PushHint what = hint(), std::string token = kToken, bool sandbox = false) {
    return await(
        sender.send({.service = PushService::apns, .token = std::move(token), .sandbox = sandbox},
                    std::move(what)));
  }
  PushSending send_when(int status, std::string body = "", std::chrono::seconds retry = {}) {
    http.answer = OutboundAnswer{.status = status, .body = std::move(body), .retry_after = retry};
    return send();
  }
  void expect(PushOutcome outcome, std::string_view why, const PushSending& sending) {
    EXPECT_EQ(sending.outcome, outcome) << sending.why;
    EXPECT_EQ(sending.why, why);
  }
  std::string header(std::string_view name) const { return header_of(http.asked.back(), name); }
  json::object payload() const { return json::parse(http.asked.back().body).as_object(); }

  ManualClock clock{Timestamp{std::chrono::milliseconds{1'700'000'000'000}}};
  PrivateKey key = PrivateKey::new_p256();
  FakeHttp http;
  ApnsSender sender{
      http,
      {.key = key, .key_id = "KEY4567890", .team_id = "TEAM567890", .topic = "example.parley"},
      clock};
};

TEST_F(ApnsTest, PostsTheMessageOfAnAccountThatAppleCanCheck) {
  EXPECT_EQ(send().outcome, PushOutcome::sent);
  ASSERT_EQ(http.asked.size(), 1u);
  EXPECT_EQ(http.asked[0].method, "POST");
  EXPECT_EQ(http.asked[0].url, std::string{"https://api.push.apple.com/3/device/"} + kToken);
  EXPECT_EQ(header("apns-topic"), "example.parley");
  EXPECT_EQ(header("apns-push-type"), "alert");
  EXPECT_EQ(header("apns-priority"), "10");
  EXPECT_EQ(header("apns-expiration"), "1700003600");
  EXPECT_EQ(header("apns-collapse-id").size(), 32u);
  ASSERT_TRUE(header("authorization").starts_with("bearer "));
  const auto token =
      read_token(header("authorization").substr(7), key_of_point(key.public_point()).get());
  ASSERT_TRUE(token);
  EXPECT_EQ(token->header, (json::object{{"alg", "ES256"}, {"kid", "KEY4567890"}}));
  EXPECT_EQ(token->claims, (json::object{{"iss", "TEAM567890"}, {"iat", 1'700'000'000}}));
  EXPECT_EQ(payload(),
            (json::object{{"kind", "message"},
                          {"badge", 3},
                          {"chatId", "12"},
                          {"seq", 7},
                          {"aps", json::object{{"alert", {{"title", "Ann"}, {"body", "Hello"}}},
                                               {"badge", 3},
                                               {"sound", "default"},
                                               {"mutable-content", 1},
                                               {"thread-id", "12"}}}}));
}

TEST_F(ApnsTest, LetsTheAppSayItWhenThereIsNoPreview) {
  auto what = hint();
  what.title = what.body = std::nullopt;
  send(what);
  EXPECT_EQ(payload().at("aps").at("alert"), (json::object{{"loc-key", "PARLEY_MESSAGE"}}));
  send({.reason = PushReason::test, .ttl = std::chrono::seconds{0}, .urgent = false}, kToken, true);
  EXPECT_EQ(http.asked.back().url,
            std::string{"https://api.sandbox.push.apple.com/3/device/"} + kToken);
  EXPECT_EQ(payload().at("aps").at("alert"), (json::object{{"loc-key", "PARLEY_TEST"}}));
  EXPECT_EQ(header("apns-priority"), "5");
  EXPECT_EQ(header("apns-expiration"), "0");
  EXPECT_EQ(header("apns-collapse-id"), "");
}

TEST_F(ApnsTest, KeepsToTheLimitOfFourKibibytes) {
  auto what = hint();
  what.title = std::string(5000, '"');
  what.body = std::string(70'000, '\\');
  send(what);
  EXPECT_LE(http.asked.back().body.size(), 4096u);
}

TEST_F(ApnsTest, KeepsItsTokenBetweenTwentyMinutesAndAnHour) {
  send();
  const std::string first = header("authorization");
  clock.advance(std::chrono::minutes{44});
  send();
  EXPECT_EQ(header("authorization"), first);
  clock.advance(std::chrono::minutes{1});
  send();
  EXPECT_NE(header("authorization"), first);
}

TEST_F(ApnsTest, RenewsATokenThatIsTooOldForAppleButNotTooOften) {
  const auto expired = reason("ExpiredProviderToken");
  const auto why = "APNs answers 403 (ExpiredProviderToken): check the clock of this machine";
  expect(PushOutcome::postponed, why, send_when(403, expired));
  const std::string first = header("authorization");
  clock.advance(std::chrono::minutes{20});
  expect(PushOutcome::postponed, why, send_when(403, expired));
  EXPECT_EQ(header("authorization"), first);
  clock.advance(std::chrono::minutes{1});
  expect(PushOutcome::postponed, why, send_when(403, expired));
  EXPECT_EQ(header("authorization"), first);
  EXPECT_EQ(send_when(200).outcome, PushOutcome::sent);
  EXPECT_NE(header("authorization"), first);
}

TEST_F(ApnsTest, TellsWhichTokensAreGone) {
  for (const auto* word : {"Unregistered", "ExpiredToken"})
    expect(PushOutcome::gone,
           fmt::format("APNs answers 410 ({}): the app is no longer there", word),
           send_when(410, reason(word)));
  expect(PushOutcome::gone, "APNs answers 400 (BadDeviceToken): the token is none of this service",
         send_when(400, reason("BadDeviceToken")));
}

TEST_F(ApnsTest, DoesNotForgetADeviceForWhatIsNotItsFault) {
  for (const auto* word : {"DeviceTokenNotForTopic", "BadTopic", "TopicDisallowed", "MissingTopic"})
    expect(PushOutcome::refused,
           fmt::format("APNs answers 400 ({}): check the topic, which is the bundle id of the app",
                       word),
           send_when(400, reason(word)));
  expect(PushOutcome::refused, "APNs answers 400 (BadPriority)",
         send_when(400, reason("BadPriority")));
  expect(PushOutcome::refused,
         "APNs answers 403 (InvalidProviderToken): check the key, its id and the id of the team",
         send_when(403, reason("InvalidProviderToken")));
  expect(PushOutcome::refused, "APNs answers 413 (PayloadTooLarge)",
         send_when(413, reason("PayloadTooLarge")));
  expect(PushOutcome::refused, "APNs answers 404 (BadPath)", send_when(404, reason("BadPath")));
  expect(PushOutcome::refused, "APNs answers 302", send_when(302));
}

TEST_F(ApnsTest, IsTriedAgainWhenAppleCannotNow) {
  for (const int status : {429, 500, 503}) {
    const auto sending = send_when(status, reason("Shutdown"), std::chrono::seconds{9});
    expect(PushOutcome::postponed, fmt::format("APNs answers {} (Shutdown)", status), sending);
    EXPECT_EQ(sending.retry_after, std::chrono::seconds{9});
  }
  http.answer = std::unexpected("api.push.apple.com does not answer");
  expect(PushOutcome::postponed, "no answer of APNs: api.push.apple.com does not answer", send());
}

TEST_F(ApnsTest, RepeatsNoWordsOfAnswersAndBreaksOnNone) {
  for (const auto& odd :
       {std::string{"garbage"}, std::string{"[]"}, std::string{"{}"},
        std::string{R"({"reason":5})"}, reason("see <b>this</b>"), reason(std::string(65, 'x'))})
    expect(PushOutcome::refused, "APNs answers 400", send_when(400, odd));
}

TEST_F(ApnsTest, SendsOnlyToTokensOfItsOwn) {
  for (const auto& odd : {std::string{}, std::string{"../other"}, std::string{"abcg"},
                          std::string{"ab cd"}, std::string(201, 'a')})
    expect(PushOutcome::refused, "the token is none of APNs", send(hint(), odd));
  expect(PushOutcome::refused, "the device is not of APNs",
         await(sender.send({.service = PushService::fcm, .token = kToken}, hint())));
  EXPECT_TRUE(http.asked.empty());
}

// Apple's side by real HTTP/2.
class ApnsServerTest : public testing::Test {
 protected:
  using Act = Http2Reply::Act;

  PushSending send(std::string token) {
    return await(*loop,
                 sender.send({.service = PushService::apns, .token = std::move(token)}, hint()));
  }

  // Accepts what the account sends to aa…; bb… is gone, and the others are troubles of their own.
  Http2Reply answer(const Http2Asked& asked) const {
    const auto at = [&](const char* name) {
      const auto found = asked.headers.find(name);
      return found == asked.headers.end() ? std::string{} : found->second;
    };
    const std::string bearer = at("authorization");
    if (!bearer.starts_with("bearer ") ||
        !read_token(bearer.substr(7), key_of_point(key.public_point()).get()))
      return {.status = 403, .body = reason("InvalidProviderToken")};
    if (at(":method") != "POST" || at("apns-topic") != "example.parley")
      return {.status = 400, .body = reason("BadTopic")};
    if (json::parse(asked.body).at("aps").at("badge") != 3) return {.status = 400};
    const std::string path = at(":path");
    if (path == "/3/device/bb") return {.status = 410, .body = reason("Unregistered")};
    if (path == "/3/device/cc") return {.act = Act::refuse_by_goodbye};
    if (path == "/3/device/dd") return {.act = Act::hang_up};
    if (path == "/3/device/ee") return {.body = "220 no HTTP\r\n\r\n", .act = Act::talk_nonsense};
    return {.status = path == "/3/device/aa" ? 200 : 400, .body = ""};
  }

  const BorrowedLoop loop;
  const SystemClock clock;
  const PrivateKey key = PrivateKey::new_p256();
  Http2Server apple{[this](const Http2Asked& asked) { return answer(asked); }};
  Http2Client http{{.trusted = apple.pem()}};
  ApnsSender sender{http,
                    {.key = key,
                     .key_id = "KEY4567890",
                     .team_id = "TEAM567890",
                     .topic = "example.parley",
                     .server = apple.url("")},
                    clock};
};

TEST_F(ApnsServerTest, IsSpokenToByOneConnection) {
  EXPECT_EQ(send("aa").outcome, PushOutcome::sent);
  EXPECT_EQ(send("bb").outcome, PushOutcome::gone);
  EXPECT_EQ(send("aa").outcome, PushOutcome::sent);
  EXPECT_EQ(apple.connections(), 1);
}

TEST_F(ApnsServerTest, IsTriedAgainAfterATroubleOfTheConnection) {
  int connections = 0;
  for (const auto* token : {"cc", "dd", "ee"}) {
    EXPECT_EQ(send(token).outcome, PushOutcome::postponed) << token;
    EXPECT_EQ(apple.connections(), ++connections);
  }
  EXPECT_EQ(send("aa").outcome, PushOutcome::sent);
  EXPECT_EQ(apple.connections(), ++connections);
}

}  // namespace
}  // namespace parley::senders
