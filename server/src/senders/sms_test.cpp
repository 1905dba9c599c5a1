#include "senders/sms.h"

#include <gmock/gmock.h>

#include "base/await_for_test.h"
#include "senders/http_for_test.h"

namespace parley::senders {
namespace {

using notification::Sending;
using Outcome = Sending::Outcome;
using Pairs = std::vector<std::pair<std::string, std::string>>;

class SmsTest : public testing::Test {
 protected:
  Sending send(std::string to = "+15550100", std::string text = "Your code is 123456") {
    return await(sender.send({.to = std::move(to), .text = std::move(text)}));
  }
  Sending send_when(int status, std::string body = "") {
    http.answer = delivery::OutboundAnswer{
        .status = status, .body = std::move(body), .retry_after = std::chrono::seconds{7}};
    return send();
  }

  FakeHttp http;
  HttpSmsSender sender{http,
                       {.url = "https://sms.example/Messages.json",
                        .from = "+1 555",
                        .user = "AC1",
                        .password = "pass"}};
};

TEST_F(SmsTest, PostsAForm) {
  http.answer = delivery::OutboundAnswer{.status = 201, .body = {}};
  const Sending sending = send("+15550100", "a&b=c d\n100% ü");
  EXPECT_EQ(sending.outcome, Outcome::sent);
  EXPECT_EQ(sending.why, "");
  ASSERT_EQ(http.asked.size(), 1u);
  const auto& request = http.asked[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://sms.example/Messages.json");
  EXPECT_EQ(request.headers, (Pairs{{"Content-Type", "application/x-www-form-urlencoded"}}));
  EXPECT_EQ(request.body, "To=%2B15550100&From=%2B1+555&Body=a%26b%3Dc+d%0A100%25+%C3%BC");
  EXPECT_EQ(request.user, "AC1");
  EXPECT_EQ(request.password, "pass");
}

TEST_F(SmsTest, TriesAgainWhatTheProviderCannotTakeNow) {
  for (const int status : {302, 408, 429, 500, 502, 503}) {
    const Sending sending = send_when(status);
    EXPECT_EQ(sending.outcome, Outcome::try_later) << status;
    EXPECT_EQ(sending.retry_after, std::chrono::seconds{7}) << status;
    EXPECT_THAT(sending.why, testing::HasSubstr(std::to_string(status)));
  }
}

TEST_F(SmsTest, TriesAgainWhenThereIsNoAnswer) {
  http.answer = std::unexpected("sms.example: Timeout was reached");
  const Sending sending = send();
  EXPECT_EQ(sending.outcome, Outcome::try_later);
  EXPECT_EQ(sending.why, "no answer of the SMS provider: sms.example: Timeout was reached");
}

TEST_F(SmsTest, GivesUpWhatTheProviderRefuses) {
  for (const int status : {400, 401, 403, 404, 422})
    EXPECT_EQ(send_when(status).outcome, Outcome::refused) << status;
  EXPECT_EQ(send_when(400).why, "the SMS provider answers 400");
  EXPECT_EQ(send_when(401).why, "the SMS provider answers 401: check sms-user and sms-password");
  EXPECT_EQ(send_when(404).why, "the SMS provider answers 404: check sms-url");
}

TEST_F(SmsTest, TellsTheProvidersErrorButNotItsWords) {
  EXPECT_EQ(send_when(400, R"({"code": 21211, "message": "+15550100 is not valid"})").why,
            "the SMS provider answers 400 (its error 21211)");
  EXPECT_EQ(send_when(400, R"({"message":"no","code":21211})").why,
            "the SMS provider answers 400 (its error 21211)");
  for (const auto* odd : {R"({"code": "+15550100"})", R"({"code":)", R"({"code":   )", "code: 1"})
    EXPECT_EQ(send_when(400, odd).why, "the SMS provider answers 400") << odd;
}

}  // namespace
}  // namespace parley::senders
