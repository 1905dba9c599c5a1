#include "gateway/http_headers.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

const std::vector<std::string> kAllowed{"https://chat.example.org", "http://localhost:5173"};

HttpRequest from(std::string origin, std::string host = "parley.example.org") {
  HttpRequest request;
  request.method = "GET";
  request.headers = {{"Host", std::move(host)}};
  if (!origin.empty()) request.headers.emplace_back("Origin", std::move(origin));
  return request;
}

HttpRequest preflight(std::string origin) {
  HttpRequest request = from(std::move(origin));
  request.method = "OPTIONS";
  request.headers.emplace_back("Access-Control-Request-Method", "POST");
  return request;
}

TEST(SecurityHeadersTest, AreOnEveryAnswer) {
  HttpResponse response;
  add_security_headers(response, from(""));
  EXPECT_THAT(response.headers, Contains(Pair("X-Content-Type-Options", "nosniff")));
  EXPECT_THAT(response.headers, Contains(Pair("X-Frame-Options", "DENY")));
  EXPECT_THAT(response.headers, Contains(Pair("Referrer-Policy", "no-referrer")));
  EXPECT_THAT(response.headers,
              Contains(Pair("Content-Security-Policy",
                            AllOf(HasSubstr("default-src 'self'"), HasSubstr("script-src 'self';"),
                                  HasSubstr("frame-ancestors 'none'"), Not(HasSubstr("unsafe"))))));
}

TEST(SecurityHeadersTest, AskForTlsOnlyUnderTls) {
  HttpRequest request = from("");
  HttpResponse plain;
  add_security_headers(plain, request);
  EXPECT_THAT(plain.headers, Not(Contains(Pair("Strict-Transport-Security", testing::_))));

  request.secure = true;
  HttpResponse secure;
  add_security_headers(secure, request);
  EXPECT_THAT(secure.headers, Contains(Pair("Strict-Transport-Security", HasSubstr("max-age="))));
}

TEST(OriginTest, IsOursOrOfTheListOrNone) {
  EXPECT_TRUE(origin_is_allowed(from(""), {})) << "no browser";
  EXPECT_TRUE(origin_is_allowed(from("https://parley.example.org"), {}));
  EXPECT_TRUE(origin_is_allowed(from("http://localhost:8080", "localhost:8080"), {}));
  EXPECT_TRUE(origin_is_allowed(from("https://chat.example.org"), kAllowed));
}

TEST(OriginTest, IsNobodyElses) {
  for (const auto* const other : {"https://evil.example.org", "https://parley.example.org.evil.org",
                                  "null", "parley.example.org", "https://parley.example.org:444",
                                  "https://", "://", "https://evil.org/https://parley.example.org"})
    EXPECT_FALSE(origin_is_allowed(from(other), kAllowed)) << other;
  EXPECT_FALSE(origin_is_allowed(from("http://localhost:8081", "localhost:8080"), {}));
}

TEST(CorsTest, LetsPagesOfTheListRead) {
  HttpResponse response;
  add_cors_headers(response, from("http://localhost:5173"), kAllowed);
  EXPECT_THAT(response.headers,
              Contains(Pair("Access-Control-Allow-Origin", "http://localhost:5173")));
  EXPECT_THAT(response.headers, Contains(Pair("Access-Control-Allow-Credentials", "true")));
  EXPECT_THAT(response.headers, Contains(Pair("Vary", "Origin")));
}

TEST(CorsTest, LetsNobodyElseRead) {
  HttpResponse response;
  add_cors_headers(response, from("https://evil.example.org"), kAllowed);
  EXPECT_THAT(response.headers, Not(Contains(Pair("Access-Control-Allow-Origin", testing::_))));
  EXPECT_THAT(response.headers, Contains(Pair("Vary", "Origin"))) << "caches tell them apart";

  HttpResponse without_list;
  add_cors_headers(without_list, from("https://chat.example.org"), {});
  EXPECT_THAT(without_list.headers, IsEmpty());
}

TEST(PreflightTest, IsAnsweredForPagesOfTheList) {
  const auto answer = answer_preflight(preflight("https://chat.example.org"), kAllowed);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_THAT(answer->headers,
              Contains(Pair("Access-Control-Allow-Methods",
                            AllOf(HasSubstr("POST"), HasSubstr("PUT"), HasSubstr("DELETE")))));
  EXPECT_THAT(answer->headers,
              Contains(Pair("Access-Control-Allow-Headers",
                            AllOf(HasSubstr("Authorization"), HasSubstr("X-CSRF-Token"),
                                  HasSubstr("Parley-Session")))));
}

TEST(PreflightTest, AllowsNothingToOthers) {
  const auto answer = answer_preflight(preflight("https://evil.example.org"), kAllowed);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_THAT(answer->headers, IsEmpty());
}

TEST(PreflightTest, IsOnlyWhatAsksForAMethod) {
  HttpRequest get = preflight("https://chat.example.org");
  get.method = "GET";
  EXPECT_FALSE(answer_preflight(get, kAllowed));
  HttpRequest options = from("https://chat.example.org");
  options.method = "OPTIONS";
  EXPECT_FALSE(answer_preflight(options, kAllowed));
}

}  // namespace
}  // namespace parley::gateway
