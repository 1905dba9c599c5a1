#include "user/provider_account.h"

#include <gtest/gtest.h>

namespace parley::user {
namespace {

TEST(ProviderAccount, HasAUsernameThatIsAllowed) {
  const auto name = [](ProviderIdentity identity) { return account_for(identity).username; };
  EXPECT_EQ(name({.subject = "1", .preferred_username = "ann"}), "ann");
  EXPECT_EQ(name({.subject = "1", .preferred_username = "Ann-Marie Example@corp.example"}),
            "ann_marie_example");
  EXPECT_EQ(name({.subject = "1", .preferred_username = "._ann"}), "ann");
  EXPECT_EQ(name({.subject = "1", .name = "Ann", .preferred_username = "admin"}), "ann");
  EXPECT_EQ(name({.subject = "1", .email = "ann.example+x@example.org", .preferred_username = "Ä"}),
            "ann.example_x");
  EXPECT_EQ(name({.subject = "1", .name = "日本"}), "user");
  EXPECT_EQ(name({.subject = "1"}), "user");
  const std::string longest = name({.subject = "1", .preferred_username = std::string(90, 'x')});
  EXPECT_EQ(longest, std::string(28, 'x'));
  EXPECT_EQ(next_username(longest, 0), longest);
  EXPECT_EQ(next_username("ann", 8), "ann9");
  EXPECT_EQ(next_username(longest, 9).size(), 32u);
}

TEST(ProviderAccount, TakesOnlyWhatCanBeUsed) {
  const auto account = account_for({.subject = "1",
                                    .email = "\"odd\"@example.org",
                                    .name = "\r\n  Ann\x1b[31m " + std::string(90, 'x'),
                                    .locale = "de_AT"});
  EXPECT_FALSE(account.email);
  EXPECT_FALSE(account.email_verified);
  EXPECT_EQ(account.display_name, "Ann[31m " + std::string(64 - 10, 'x'));
  EXPECT_EQ(account.language, "de-AT");

  std::string accents;
  for (int i = 0; i < 80; ++i) accents += "ä";
  EXPECT_EQ(account_for({.subject = "1", .name = accents}).display_name, accents.substr(0, 128));
  EXPECT_FALSE(account_for({.subject = "1", .name = " \t "}).display_name);
  EXPECT_FALSE(account_for({.subject = "1", .locale = "<b>"}).language);
}

}  // namespace
}  // namespace parley::user
