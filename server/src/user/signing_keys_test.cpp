#include "user/signing_keys.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace parley::user {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
const std::string kSecret(32, 'k');

SigningKey key(std::string kid, std::string secret = kSecret) {
  return {.kid = std::move(kid), .secret = std::move(secret), .made_at = kNow};
}

std::string complaint(std::string_view text) {
  try {
    SigningKeys::parse(text);
    return "";
  } catch (const std::invalid_argument& problem) {
    return problem.what();
  }
}

TEST(SigningKeys, AreFoundByName) {
  const SigningKeys keys{{key("new"), key("old")}};
  EXPECT_EQ(keys.active().kid, "new");
  EXPECT_EQ(keys.find("old"), &keys.all()[1]);
  EXPECT_EQ(keys.find("ol"), nullptr);
  EXPECT_EQ(keys.find(""), nullptr);
}

TEST(SigningKeys, AreReadAsTheyWereWritten) {
  const SigningKeys keys{{key("new", "\0 \n#binary\xff"s + kSecret), key("old_-9")}};
  const SigningKeys again = SigningKeys::parse(keys.print());
  ASSERT_EQ(again.all().size(), 2u);
  EXPECT_EQ(again.active().kid, "new");
  EXPECT_EQ(again.active().secret, keys.active().secret);
  EXPECT_EQ(again.active().made_at, kNow);
  EXPECT_EQ(again.print(), keys.print());
}

TEST(SigningKeys, RefuseAFileThatIsBroken) {
  const std::string good = SigningKeys{{key("a")}}.print();
  EXPECT_EQ(complaint(good), "");
  EXPECT_EQ(complaint(good + "b\n"), "line 4 is no signing key");
  const std::string line = good.substr(good.find("\na ") + 1);  // of the key alone
  for (const std::string& text :
       {"a"s, "a 5"s, "a x " + line.substr(13), "a -5 " + line.substr(13), " " + line,
        line.substr(0, line.size() - 1) + " more", "a 1 ?\n"s, "a 99999999999999999999 AAAA"s,
        "a 253402300800 AAAA"s, "a  " + line.substr(2), line.substr(0, line.size() - 1) + '\r'})
    EXPECT_NE(complaint(text), "") << text;
  EXPECT_NE(complaint(""), "");
  EXPECT_NE(complaint("# nothing\n"), "");
  EXPECT_NE(complaint(line + line), "") << "twice the same name";
  EXPECT_NE(complaint("a 1 AAAA\n"), "") << "a short secret";
  EXPECT_NE(complaint(" 1 " + line.substr(13)), "") << "no name";
}

TEST(SigningKeys, HaveNamesAndLongSecrets) {
  for (const std::string& kid : {""s, "a b"s, "a\n"s, "../a"s, "\"a"s, "ä"s, std::string(65, 'a')})
    EXPECT_THROW(SigningKeys{{key(kid)}}, std::invalid_argument) << kid;
  EXPECT_THROW(SigningKeys{{key("a", std::string(31, 'k'))}}, std::invalid_argument);
  EXPECT_THROW((SigningKeys{{key("a"), key("a")}}), std::invalid_argument);
  EXPECT_THROW((SigningKeys{std::vector<SigningKey>{}}), std::invalid_argument);
  EXPECT_THROW(SigningKeys::configured("short"), std::invalid_argument);
  EXPECT_EQ(SigningKeys::configured(kSecret).active().kid, "config");
}

TEST(SigningKeys, AreNeverMadeTwice) {
  const SigningKeys one = SigningKeys::fresh(kNow);
  const SigningKeys other = SigningKeys::fresh(kNow);
  EXPECT_NE(one.active().kid, other.active().kid);
  EXPECT_NE(one.active().secret, other.active().secret);
  EXPECT_EQ(one.active().secret.size(), 48u);
  EXPECT_EQ(one.active().made_at, kNow);
}

TEST(SigningKeys, KeepTheKeysOfLivingTokensWhenTheyRotate) {
  const SigningKeys first = SigningKeys::fresh(kNow);
  // However old it is, it signed until now.
  const SigningKeys second = first.rotated(kNow + 240h, 24h);
  ASSERT_EQ(second.all().size(), 2u);
  EXPECT_NE(second.active().kid, first.active().kid);
  EXPECT_EQ(second.active().made_at, kNow + 240h);
  EXPECT_TRUE(second.find(first.active().kid));

  const SigningKeys third = second.rotated(kNow + 240h + 24h, 24h);
  EXPECT_EQ(third.all().size(), 3u);  // its last token expires now
  const SigningKeys fourth = third.rotated(kNow + 240h + 24h + 1s, 24h);
  EXPECT_EQ(fourth.all().size(), 3u);
  EXPECT_FALSE(fourth.find(first.active().kid));
  EXPECT_TRUE(fourth.find(second.active().kid));
}

}  // namespace
}  // namespace parley::user
