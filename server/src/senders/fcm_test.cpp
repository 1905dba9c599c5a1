#include "senders/fcm.h"

#include <atomic>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <openssl/rsa.h>

#include "base/await_for_test.h"
#include "senders/http_client.h"
#include "senders/http_for_test.h"
#include "senders/server_for_test.h"
#include "senders/signature_for_test.h"

namespace parley::senders {
namespace {

using delivery::OutboundAnswer;
using notification::PushHint;
using notification::PushSending;
using testing::HasSubstr;
using testing::StartsWith;
namespace json = boost::json;

constexpr auto* kMessages = "https://fcm.example/v1/projects/parley-1/messages:send";

EVP_PKEY* account_key() {
  static const TestKey key{EVP_RSA_gen(2048)};
  return key.get();
}

json::object account_json(std::string token_url = "https://accounts.example/token") {
  return {{"type", "service_account"},
          {"project_id", "parley-1"},
          {"private_key_id", "key-1"},
          {"private_key", pem_of(account_key())},
          {"client_email", "push@parley-1.example"},
          {"token_uri", token_url}};
}

ServiceAccount account(std::string token_url = "https://accounts.example/token") {
  return read_service_account(json::serialize(account_json(std::move(token_url)))).value();
}

OutboundAnswer access_token(std::string_view token, int seconds = 3599) {
  return {.status = 200,
          .body = fmt::format(R"({{"access_token":"{}","expires_in":{},"token_type":"Bearer"}})",
                              token, seconds)};
}

std::string error_body(std::string_view status, std::string_view code,
                       std::string_view message = "words") {
  return fmt::format(
      R"({{"error":{{"code":400,"message":"{}","status":"{}","details":[)"
      R"({{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"{}"}}]}}}})",
      message, status, code);
}

class FcmTest : public testing::Test {
 protected:
  FcmTest() {
    http.answers.emplace_back(access_token("first"));
    http.answer = OutboundAnswer{.status = 200, .body = "{}"};
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
  PushSending send(PushHint what = hint(), std::string token = "device-token") {
    return await(
        sender.send({.service = PushService::fcm, .token = std::move(token)}, std::move(what)));
  }
  PushSending send_when(int status, std::string body = "", std::chrono::seconds retry = {}) {
    http.answer = OutboundAnswer{.status = status, .body = std::move(body), .retry_after = retry};
    return send();
  }
  json::object message() const {
    return json::parse(http.asked.back().body).at("message").as_object();
  }

  ManualClock clock{Timestamp{std::chrono::milliseconds{1'700'000'000'000}}};
  FakeHttp http;
  FcmSender sender{http, account(), clock, "https://fcm.example"};
};

TEST_F(FcmTest, AsksForAccessAndSendsTheMessage) {
  EXPECT_EQ(send().outcome, PushOutcome::sent);
  ASSERT_EQ(http.asked.size(), 2u);

  EXPECT_EQ(http.asked[0].method, "POST");
  EXPECT_EQ(http.asked[0].url, "https://accounts.example/token");
  EXPECT_EQ(header_of(http.asked[0], "Content-Type"), "application/x-www-form-urlencoded");
  const std::string form =
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  ASSERT_THAT(http.asked[0].body, StartsWith(form));
  const auto assertion = read_token(http.asked[0].body.substr(form.size()), account_key());
  ASSERT_TRUE(assertion);
  EXPECT_EQ(assertion->header, (json::object{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "key-1"}}));
  EXPECT_EQ(assertion->claims,
            (json::object{{"iss", "push@parley-1.example"},
                          {"scope", "https://www.googleapis.com/auth/firebase.messaging"},
                          {"aud", "https://accounts.example/token"},
                          {"iat", 1'700'000'000},
                          {"exp", 1'700'003'600}}));

  EXPECT_EQ(http.asked[1].method, "POST");
  EXPECT_EQ(http.asked[1].url, kMessages);
  EXPECT_EQ(header_of(http.asked[1], "Authorization"), "Bearer first");
  const auto sent = message();
  EXPECT_EQ(sent.at("token"), "device-token");
  EXPECT_EQ(sent.at("notification"), (json::object{{"title", "Ann"}, {"body", "Hello"}}));
  EXPECT_EQ(sent.at("data"),
            (json::object{{"kind", "message"}, {"badge", "3"}, {"chatId", "12"}, {"seq", "7"}}));
  const auto& android = sent.at("android").as_object();
  EXPECT_EQ(android.at("priority"), "HIGH");
  EXPECT_EQ(android.at("ttl"), "3600s");
  EXPECT_EQ(android.at("collapse_key").as_string().size(), 32u);
  EXPECT_EQ(android.at("notification"),
            (json::object{{"notification_count", 3}, {"tag", android.at("collapse_key")}}));
}

TEST_F(FcmTest, ShowsNothingWhenThereIsNothingToShow) {
  EXPECT_EQ(send({.reason = PushReason::test, .urgent = false}).outcome, PushOutcome::sent);
  const auto sent = message();
  EXPECT_FALSE(sent.contains("notification"));
  EXPECT_EQ(sent.at("data"), (json::object{{"kind", "test"}, {"badge", "0"}}));
  EXPECT_EQ(sent.at("android"), (json::object{{"priority", "NORMAL"}, {"ttl", "604800s"}}));
}

TEST_F(FcmTest, KeepsToTheLimitOfFourKibibytes) {
  auto what = hint();
  what.title = std::string(5000, '"');
  what.body = std::string(70'000, '\\');
  EXPECT_EQ(send(what, std::string(250, 't')).outcome, PushOutcome::sent);
  EXPECT_LE(http.asked.back().body.size(), 4096u);
}

TEST_F(FcmTest, UsesItsAccessUntilShortlyBeforeTheEnd) {
  send();
  clock.advance(std::chrono::seconds{3599 - 300} - std::chrono::milliseconds{1});
  send();
  EXPECT_EQ(http.asked.size(), 3u);
  clock.advance(std::chrono::milliseconds{1});
  http.answers.emplace_back(access_token("second", 100));
  send();
  EXPECT_EQ(http.asked.size(), 5u);
  EXPECT_EQ(header_of(http.asked.back(), "Authorization"), "Bearer second");
  clock.advance(std::chrono::milliseconds{49'999});
  send();
  EXPECT_EQ(http.asked.size(), 6u);
  clock.advance(std::chrono::milliseconds{1});
  http.answers.emplace_back(access_token("third"));
  send();
  EXPECT_EQ(header_of(http.asked.back(), "Authorization"), "Bearer third");
}

TEST_F(FcmTest, AsksForAccessOnceMoreWhenItIsNotTaken) {
  http.answers.emplace_back(OutboundAnswer{.status = 401, .body = ""});
  http.answers.emplace_back(access_token("second"));
  EXPECT_EQ(send().outcome, PushOutcome::sent);
  ASSERT_EQ(http.asked.size(), 4u);
  EXPECT_EQ(header_of(http.asked[3], "Authorization"), "Bearer second");
  EXPECT_EQ(http.asked[1].body, http.asked[3].body);
}

TEST_F(FcmTest, GivesUpWhenAccessIsNotTakenTwice) {
  http.answers.emplace_back(OutboundAnswer{.status = 401, .body = ""});
  http.answers.emplace_back(access_token("second"));
  const auto sending = send_when(401);
  EXPECT_EQ(sending.outcome, PushOutcome::refused);
  EXPECT_EQ(sending.why,
            "FCM answers 401: check that the service account may send messages of its project");
  EXPECT_EQ(http.asked.size(), 4u);
}

TEST_F(FcmTest, TellsWhyThereIsNoAccess) {
  http.answers.clear();
  for (const int status : {400, 401, 403, 404}) {
    const auto sending = send_when(status);
    EXPECT_EQ(sending.outcome, PushOutcome::refused) << status;
    EXPECT_THAT(sending.why, HasSubstr("check the service account"));
  }
  for (const int status : {302, 408, 429, 500, 503}) {
    const auto sending = send_when(status, "", std::chrono::seconds{5});
    EXPECT_EQ(sending.outcome, PushOutcome::postponed) << status;
    EXPECT_EQ(sending.retry_after, std::chrono::seconds{5});
  }
  for (const auto* odd :
       {"", "garbage", "[]", "{}", R"({"access_token":"x"})",
        R"({"access_token":"x","expires_in":"soon"})", R"({"access_token":"x","expires_in":0})",
        R"({"access_token":5,"expires_in":3599})"}) {
    const auto sending = send_when(200, odd);
    EXPECT_EQ(sending.outcome, PushOutcome::postponed) << odd;
    EXPECT_EQ(sending.why, "Google's accounts answer with no token");
  }
  http.answer = std::unexpected("accounts.example: Timeout was reached");
  EXPECT_EQ(send().why, "no answer of Google's accounts: accounts.example: Timeout was reached");
}

TEST_F(FcmTest, TellsWhichTokensAreGone) {
  auto sending = send_when(404, error_body("NOT_FOUND", "UNREGISTERED"));
  EXPECT_EQ(sending.outcome, PushOutcome::gone);
  EXPECT_EQ(sending.why, "FCM answers 404 (UNREGISTERED): the app is no longer there");
  sending = send_when(400, error_body("INVALID_ARGUMENT", "INVALID_ARGUMENT",
                                      "The registration token is not a valid FCM registration "
                                      "token"));
  EXPECT_EQ(sending.outcome, PushOutcome::gone);
  EXPECT_EQ(sending.why, "FCM answers 400 (INVALID_ARGUMENT): the token is none");
  sending = send_when(400, R"({"error":{"status":"INVALID_ARGUMENT","details":[
      {"@type":"type.googleapis.com/google.rpc.BadRequest",
       "fieldViolations":[{"field":"message.token","description":"no"}]}]}})");
  EXPECT_EQ(sending.outcome, PushOutcome::gone);
}

TEST_F(FcmTest, DoesNotForgetADeviceForWhatIsNotItsFault) {
  auto sending = send_when(400, R"({"error":{"status":"INVALID_ARGUMENT","details":[
      {"fieldViolations":[{"field":"message.android.ttl","description":"no"}]}]}})");
  EXPECT_EQ(sending.outcome, PushOutcome::refused);
  EXPECT_EQ(sending.why, "FCM answers 400 (INVALID_ARGUMENT)");
  sending = send_when(404, R"({"error":{"status":"NOT_FOUND"}})");
  EXPECT_EQ(sending.outcome, PushOutcome::refused);
  EXPECT_EQ(sending.why,
            "FCM answers 404 (NOT_FOUND): check the project_id of the service account");
  sending = send_when(403, error_body("PERMISSION_DENIED", "SENDER_ID_MISMATCH"));
  EXPECT_EQ(sending.outcome, PushOutcome::refused);
  EXPECT_EQ(sending.why, "FCM answers 403 (SENDER_ID_MISMATCH): the token is for another project");
  EXPECT_EQ(send_when(403).why,
            "FCM answers 403: check that the service account may send messages of its project");
}

TEST_F(FcmTest, IsTriedAgainWhenFcmCannotNow) {
  for (const int status : {408, 500, 502, 503}) {
    const auto sending = send_when(status, "", std::chrono::seconds{9});
    EXPECT_EQ(sending.outcome, PushOutcome::postponed) << status;
    EXPECT_EQ(sending.retry_after, std::chrono::seconds{9});
  }
  const auto quota = error_body("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED");
  EXPECT_EQ(send_when(429, quota, std::chrono::seconds{9}).retry_after, std::chrono::seconds{9});
  const auto sending = send_when(429, quota);
  EXPECT_EQ(sending.outcome, PushOutcome::postponed);
  EXPECT_EQ(sending.retry_after, std::chrono::seconds{60});
  EXPECT_EQ(sending.why, "FCM answers 429 (QUOTA_EXCEEDED)");
  http.answer = std::unexpected("fcm.example: Timeout was reached");
  EXPECT_EQ(send().why, "no answer of FCM: fcm.example: Timeout was reached");
}

TEST_F(FcmTest, RepeatsNoWordsOfAnswersAndBreaksOnNone) {
  for (const auto* odd : {"garbage", "[]", "{}", R"({"error":5})", R"({"error":{"status":5}})",
                          R"({"error":{"status":"see <b>this</b>"}})", R"({"error":{"details":5}})",
                          R"({"error":{"details":[5,{}]}})",
                          R"({"error":{"details":[{"fieldViolations":[5,{"field":5}]}]}})"})
    EXPECT_EQ(send_when(400, odd).why, "FCM answers 400") << odd;
}

TEST_F(FcmTest, SendsOnlyToItsOwn) {
  const auto sending = await(sender.send({.service = PushService::web, .token = "t"}, hint()));
  EXPECT_EQ(sending.outcome, PushOutcome::refused);
  EXPECT_EQ(sending.why, "the device is not of FCM");
  EXPECT_TRUE(http.asked.empty());
}

TEST(ServiceAccountFile, SaysWhatIsWrongWithIt) {
  const auto error_with = [](std::string_view name, const json::value& value) {
    auto object = account_json();
    if (value.is_null())
      object.erase(name);
    else
      object[name] = value;
    return read_service_account(json::serialize(object)).error();
  };
  EXPECT_EQ(read_service_account("garbage").error(), "the service account is no JSON object");
  EXPECT_EQ(read_service_account("[]").error(), "the service account is no JSON object");
  EXPECT_EQ(error_with("type", "authorized_user"),
            "the JSON is not that of a service account: its type is another");
  for (const auto* name : {"project_id", "client_email", "private_key", "token_uri"}) {
    const auto missing = fmt::format("the service account has no {}", name);
    EXPECT_EQ(error_with(name, nullptr), missing);
    EXPECT_EQ(error_with(name, 5), missing);
  }
  EXPECT_EQ(error_with("project_id", "../other"), "the project_id of the service account is none");
  EXPECT_EQ(error_with("token_uri", "no url"), "the token_uri of the service account is no URL");
  const TestKey curve{EVP_EC_gen("P-256")};
  for (const std::string& odd : {std::string{"no key"}, pem_of(curve.get())})
    EXPECT_EQ(error_with("private_key", json::string{odd}),
              "the private_key of the service account is no key of RSA in PEM");
}

// Both of Google's servers at once, by real HTTP.
TEST(FcmServer, IsSpokenToByHttp) {
  ::setenv("no_proxy", "*", 1);
  std::atomic<int> tokens = 0;
  std::atomic<int> messages = 0;
  TestServer google{[&](Peer& peer) {
    std::string line;
    while (peer.read_line(line)) {
      const std::string first = line;
      std::size_t size = 0;
      bool allowed = false;
      while (peer.read_line(line) && !line.empty()) {
        if (line.starts_with("Content-Length: ")) size = std::stoul(line.substr(16));
        if (line == "Authorization: Bearer t2") allowed = true;
      }
      const std::string body = peer.read(size);
      std::string status = "401 Unauthorized";
      std::string answer = "{}";
      if (first == "POST /token HTTP/1.1") {
        status = "200 OK";
        answer = access_token(fmt::format("t{}", ++tokens)).body;
      } else if (first == "POST /v1/projects/parley-1/messages:send HTTP/1.1" && allowed) {
        ++messages;
        const bool gone = body.contains("\"token\":\"old\"");
        status = gone ? "404 Not Found" : "200 OK";
        if (gone) answer = error_body("NOT_FOUND", "UNREGISTERED");
      }
      peer.write(fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, answer.size(),
                             answer));
    }
  }};
  const BorrowedLoop loop;
  const SystemClock clock;
  CurlHttpClient http;
  const auto base = fmt::format("http://127.0.0.1:{}", google.port());
  FcmSender sender{http, account(base + "/token"), clock, base};
  const auto send = [&](std::string token) {
    return await(*loop, sender.send({.service = PushService::fcm, .token = std::move(token)},
                                    {.badge = 1, .title = "T", .body = "B"}));
  };
  EXPECT_EQ(send("new").outcome, PushOutcome::sent);
  EXPECT_EQ(send("old").outcome, PushOutcome::gone);
  EXPECT_EQ(tokens, 2);  // the first was not taken
  EXPECT_EQ(messages, 2);
}

}  // namespace
}  // namespace parley::senders
