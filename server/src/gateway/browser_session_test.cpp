#include "gateway/browser_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

HttpRequest with(std::string header, std::string value) {
  HttpRequest request;
  request.headers = {{std::move(header), std::move(value)}};
  return request;
}

TEST(BrowserSessionTest, FindsTheRefreshTokenAmongOtherCookies) {
  for (const auto* const cookies :
       {"parley_refresh=token", "a=b; parley_refresh=token", "parley_refresh=token; a=b",
        "a=b;parley_refresh=token;c=d", "not_parley_refresh=x; parley_refresh=token",
        "broken; parley_refresh=token"})
    EXPECT_EQ(refresh_cookie_of(with("Cookie", cookies)), "token") << cookies;
  EXPECT_EQ(refresh_cookie_of(with("cookie", "parley_refresh=a=b")), "a=b");
}

TEST(BrowserSessionTest, FindsNoneWhereThereIsNone) {
  for (const auto* const cookies : {"", "a=b", "parley_refresh", "xparley_refresh=token",
                                    "parley_refresh2=token", "a=parley_refresh=token"})
    EXPECT_EQ(refresh_cookie_of(with("Cookie", cookies)), std::nullopt) << cookies;
  EXPECT_EQ(refresh_cookie_of(HttpRequest{}), std::nullopt);
}

TEST(BrowserSessionTest, BindsTheCsrfTokenToTheRefreshToken) {
  const std::string token = csrf_token_of("refresh");
  EXPECT_EQ(csrf_token_of("refresh"), token);
  EXPECT_NE(csrf_token_of("refresi"), token);
  EXPECT_THAT(token, Not(HasSubstr("refresh")));
  EXPECT_GE(token.size(), 32u);
  EXPECT_TRUE(has_csrf_token(with("X-CSRF-Token", token), "refresh"));
}

TEST(BrowserSessionTest, RefusesAnyOtherCsrfToken) {
  std::string wrong = csrf_token_of("refresh");
  EXPECT_FALSE(has_csrf_token(with("X-CSRF-Token", wrong + "x"), "refresh"));
  EXPECT_FALSE(has_csrf_token(with("X-CSRF-Token", wrong.substr(1)), "refresh"));
  EXPECT_FALSE(has_csrf_token(with("X-CSRF-Token", csrf_token_of("other")), "refresh"));
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  EXPECT_FALSE(has_csrf_token(with("X-CSRF-Token", wrong), "refresh"));
  EXPECT_FALSE(has_csrf_token(with("X-CSRF-Token", ""), "refresh"));
  EXPECT_FALSE(has_csrf_token(HttpRequest{}, "refresh"));
  EXPECT_FALSE(
      has_csrf_token(with("Cookie", "parley_csrf=" + csrf_token_of("refresh")), "refresh"));
}

TEST(BrowserSessionTest, HidesTheRefreshTokenFromScriptsAndOtherSites) {
  HttpResponse response;
  set_cookies(response, "secret", 604'800, true);
  EXPECT_THAT(
      response.headers,
      ElementsAre(
          Pair("Set-Cookie", AllOf(StartsWith("parley_refresh=secret;"), HasSubstr("; HttpOnly"),
                                   HasSubstr("; SameSite=Strict"), HasSubstr("; Path=/api/v1/auth"),
                                   HasSubstr("; Max-Age=604800"), HasSubstr("; Secure"))),
          Pair("Set-Cookie", AllOf(StartsWith("parley_csrf=" + csrf_token_of("secret") + ";"),
                                   Not(HasSubstr("HttpOnly")), HasSubstr("; SameSite=Strict"),
                                   HasSubstr("; Path=/"), HasSubstr("; Secure")))));
}

TEST(BrowserSessionTest, MarksCookiesSecureOnlyUnderTls) {
  HttpResponse response;
  set_cookies(response, "secret", 60, false);
  for (const auto& [name, value] : response.headers) EXPECT_THAT(value, Not(HasSubstr("Secure")));
}

TEST(BrowserSessionTest, TakesBothCookiesAwayWhereTheyWereSet) {
  HttpResponse response;
  clear_cookies(response, true);
  EXPECT_THAT(
      response.headers,
      ElementsAre(
          Pair("Set-Cookie", AllOf(StartsWith("parley_refresh=;"), HasSubstr("; Path=/api/v1/auth"),
                                   HasSubstr("; Max-Age=0"))),
          Pair("Set-Cookie", AllOf(StartsWith("parley_csrf=;"), HasSubstr("; Path=/"),
                                   HasSubstr("; Max-Age=0")))));
}

}  // namespace
}  // namespace parley::gateway
