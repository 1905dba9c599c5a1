#include "user/email_address.h"

#include <gtest/gtest.h>

namespace parley::user {
namespace {

using namespace std::string_literals;

bool refused(const std::string& typed) {
  const auto email = checked_email(typed);
  if (email) return false;
  EXPECT_EQ(email.error().code, Errc::validation_failed);
  EXPECT_EQ(email.error().fields.at(0).field, "email");
  return true;
}

TEST(EmailAddress, IsKeptInLowerCase) {
  EXPECT_EQ(checked_email("Alice@Example.ORG"), "alice@example.org");
}

TEST(EmailAddress, MayHoldWhatAtomsHold) {
  for (const std::string email :
       {"a@b.cd", "alice.b+parley@mail.example.co.uk", "o'neil@example.org", "a_b-c@x-y.example",
        "{a}|b~c=d?e@example.org", "1@2.example", "a@xn--bcher-kva.example"})
    EXPECT_FALSE(refused(email)) << email;
}

TEST(EmailAddress, HasTwoParts) {
  for (const std::string email : {"",
                                  "@",
                                  "alice",
                                  "@example.org",
                                  "alice@",
                                  "a@b@c.de",
                                  "a@@b.de",
                                  "alice@example",
                                  "alice@.org",
                                  "alice@example.",
                                  "alice@example..org",
                                  ".alice@example.org",
                                  "alice.@example.org",
                                  "al..ice@example.org",
                                  "a@-b.de",
                                  "a@b-.de",
                                  "a@b_c.de",
                                  "a@127.0.0.1",
                                  "a@[127.0.0.1]",
                                  "a@example.org.",
                                  "älice@example.org",
                                  "a@bücher.example"})
    EXPECT_TRUE(refused(email)) << email;
}

TEST(EmailAddress, HoldsNothingOfAMailHeader) {
  for (const std::string& email : {"a@b.de\r\nBcc: c@d.de"s,
                                   "a\r\n@b.de"s,
                                   "a@b.de\n"s,
                                   "a@b.de\r"s,
                                   "a@b.de\0"s,
                                   "a\0b@c.de"s,
                                   "a@b.de, c@d.de"s,
                                   "a@b.de,c@d.de"s,
                                   "a;b@c.de"s,
                                   "<a@b.de>"s,
                                   "Alice <a@b.de>"s,
                                   "\"a b\"@c.de"s,
                                   "a b@c.de"s,
                                   "a\tb@c.de"s,
                                   " a@b.de"s,
                                   "a@b.de "s,
                                   "a(x)@b.de"s,
                                   "a\\@b.de"s,
                                   "a:b@c.de"s,
                                   "a@b.de\u2028x"s,
                                   "a@b.de\x7f"s,
                                   "\u200Ba@b.de"s,
                                   "a@b.de%0d%0aBcc:c@d.de"s})
    EXPECT_TRUE(refused(email)) << email;
}

TEST(EmailAddress, HasTheLengthsOfRfc5321) {
  EXPECT_FALSE(refused(std::string(64, 'a') + "@b.de"));
  EXPECT_TRUE(refused(std::string(65, 'a') + "@b.de"));
  EXPECT_FALSE(refused("a@" + std::string(63, 'b') + ".de"));
  EXPECT_TRUE(refused("a@" + std::string(64, 'b') + ".de"));
  std::string longest = "a@";
  for (int i = 0; i < 4; ++i) longest += std::string(61, 'b') + '.';
  longest += "de.x";
  ASSERT_EQ(longest.size(), 254u);
  EXPECT_FALSE(refused(longest));
  EXPECT_TRUE(refused(longest + 'x'));
  EXPECT_TRUE(refused(std::string(1'000'000, '@')));
}

TEST(EmailAddress, HasADomain) {
  EXPECT_EQ(domain_of("alice@mail.example.org"), "mail.example.org");
}

}  // namespace
}  // namespace parley::user
