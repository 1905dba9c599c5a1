#include "gateway/rate_rules.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

using namespace std::chrono_literals;

std::vector<RateRule> read(std::vector<std::string> texts) { return read_rate_rules(texts); }

std::string refusal(std::vector<std::string> texts) {
  try {
    read(std::move(texts));
  } catch (const std::invalid_argument& refused) {
    return refused.what();
  }
  return "";
}

TEST(RateRulesTest, NameHowManyInHowLong) {
  const auto rules = read({"messages=60/1m/120", "general=1000/1h", "user:profile=1/1s"});
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].name, "messages");
  EXPECT_EQ(rules[0].count, 60u);
  EXPECT_EQ(rules[0].period, 60s);
  EXPECT_EQ(rules[0].burst, 120u);
  EXPECT_EQ(rules[1].period, 3600s);
  EXPECT_EQ(rules[1].burst, 1000u);
  EXPECT_EQ(rules[2].name, "user:profile");
  EXPECT_TRUE(read({}).empty());
}

TEST(RateRulesTest, WhatCannotBeReadIsQuoted) {
  for (const std::string wrong :
       {"messages", "messages=", "messages=60", "messages=60/", "messages=/1m", "messages=0/1m",
        "messages=-1/1m", "messages=60/1x", "messages=60/0s", "messages=60/2d", "messages=60/1m/0",
        "messages=60/1m/", "messages=60/1m/1/1", "messages=60/1m/1000001", "messages= 60/1m",
        "messages=6.5/1m", "messages=99999999999999999999/1m"})
    EXPECT_NE(refusal({wrong}).find("'" + wrong + "' must be as in"), std::string::npos)
        << wrong << ": " << refusal({wrong});
}

TEST(RateRulesTest, NamesMustBeKnownAndOnce) {
  EXPECT_NE(refusal({"mesages=1/1m"}).find("'mesages' is neither a policy"), std::string::npos);
  EXPECT_NE(refusal({"=1/1m"}).find("'' is neither"), std::string::npos);
  EXPECT_NE(refusal({"auth=1/1m", "auth=2/1m"}).find("'auth' is there more than once"),
            std::string::npos);
}

}  // namespace
}  // namespace parley::gateway
