#include "user/registration_rules.h"

#include <gtest/gtest.h>

#include "user/token.h"

namespace parley::user {
namespace {

const std::optional<std::string> kNone;

Errc refusal(const RegistrationRules& rules, const std::optional<std::string>& email,
             const std::optional<std::string>& invite) {
  const auto may = rules.may_register(email, invite);
  return may ? Errc::internal : may.error().code;
}
constexpr Errc kAllowed = Errc::internal;

TEST(RegistrationRulesTest, OpenLetsEverybodyInAndUsesNoInviteUp) {
  const RegistrationRules rules;
  EXPECT_EQ(refusal(rules, kNone, kNone), kAllowed);
  EXPECT_EQ(refusal(rules, "a@example.org", "token"), kAllowed);
  EXPECT_FALSE(rules.invite_hash("token"));
}

TEST(RegistrationRulesTest, ClosedLetsNobodyIn) {
  const RegistrationRules rules{.mode = Registration::closed};
  EXPECT_EQ(refusal(rules, kNone, kNone), Errc::registration_closed);
  EXPECT_EQ(refusal(rules, "a@example.org", "token"), Errc::registration_closed);
}

TEST(RegistrationRulesTest, AnInviteIsNeededAndUsedUp) {
  const RegistrationRules rules{.mode = Registration::invite};
  EXPECT_EQ(refusal(rules, kNone, kNone), Errc::invite_required);
  EXPECT_EQ(refusal(rules, kNone, "token"), kAllowed);
  EXPECT_EQ(rules.invite_hash("token"), hash_of_token("token"));
  EXPECT_FALSE(rules.invite_hash(kNone));
}

TEST(RegistrationRulesTest, OnlyAddressesOfTheseDomains) {
  const RegistrationRules rules{.email_domains = {"example.org", "example.com"}};
  EXPECT_EQ(refusal(rules, "a@example.com", kNone), kAllowed);
  for (const std::string wrong :
       {"a@example.net", "a@sub.example.org", "a@notexample.org", "example.org@evil.test"})
    EXPECT_EQ(refusal(rules, wrong, kNone), Errc::email_not_allowed) << wrong;
  EXPECT_EQ(refusal(rules, kNone, kNone), Errc::email_not_allowed);
}

}  // namespace
}  // namespace parley::user
