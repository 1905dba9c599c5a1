#include "notification/unsubscribe_tokens.h"

#include <gtest/gtest.h>

namespace parley::notification {
namespace {

const Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};

TEST(UnsubscribeTokensTest, SayWhoTheyAreFor) {
  const ManualClock clock{kNow};
  const UnsubscribeTokens tokens{"a key", clock};
  const std::string token = tokens.issue(UserId{1234567890123456789});
  EXPECT_EQ(tokens.check(token), UserId{1234567890123456789});
  EXPECT_EQ(token.size(), 64u);
  EXPECT_NE(token, tokens.issue(UserId{1234567890123456788}));
}

TEST(UnsubscribeTokensTest, AreForged) {
  const ManualClock clock{kNow};
  const UnsubscribeTokens tokens{"a key", clock}, others{"another key", clock};
  const std::string token = tokens.issue(UserId{7});
  EXPECT_FALSE(others.check(token));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.check(forged)) << i;
  }
  EXPECT_FALSE(tokens.check(""));
  EXPECT_FALSE(tokens.check(token + "AAAA"));
  EXPECT_FALSE(tokens.check(token.substr(0, 60)));
  EXPECT_FALSE(tokens.check("not base64!"));
}

TEST(UnsubscribeTokensTest, GrowOld) {
  ManualClock clock{kNow};
  const UnsubscribeTokens tokens{"a key", clock};
  const std::string token = tokens.issue(UserId{7});
  clock.advance(UnsubscribeTokens::kLifetime - std::chrono::milliseconds{1});
  EXPECT_TRUE(tokens.check(token));
  clock.advance(std::chrono::milliseconds{1});
  EXPECT_FALSE(tokens.check(token));
}

}  // namespace
}  // namespace parley::notification
