#include "user/emails.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "user/world_for_test.h"

namespace parley::user {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

const std::string kAnother = "Another-horse-8";

struct EmailsTest : UserServiceTest {
  SignedIn alice = sign_up(reachable("alice@example.org")).value();
  Caller caller = caller_of(alice.access_token);

  bool verified() { return store.users.at(alice.user.id).profile.email_verified; }
  Result<Nothing> verify(std::string token) {
    return await(loop, emails.verify(stranger(), {std::move(token)}));
  }
  Result<Nothing> forgot(std::string email) {
    return await(loop, emails.forgot_password(stranger(), {std::move(email)}));
  }
  Result<Nothing> reset(std::string token, std::string password = kAnother) {
    return await(loop, emails.reset_password(stranger(), {std::move(token), std::move(password)}));
  }
};

TEST_F(EmailsTest, RegisteringMailsALinkThatVerifiesOnce) {
  const std::string token = last_link();
  EXPECT_FALSE(verified());
  EXPECT_EQ(last_sent("link").find("https://chat.example.org/verify-email#"), 0U);
  for (const auto& [hash, secret] : secrets.secrets) EXPECT_NE(hash, token);
  EXPECT_TRUE(verify(token));
  EXPECT_TRUE(verified());
  EXPECT_EQ(refusal(verify(token)), Errc::invalid_link);
}

TEST_F(EmailsTest, WrongAndOldLinksAreRefusedAlike) {
  EXPECT_EQ(refusal(verify("x")), Errc::invalid_link);
  clock.advance(48h);
  EXPECT_EQ(refusal(verify(last_link())), Errc::invalid_link);
  EXPECT_FALSE(verified());
}

TEST_F(EmailsTest, ALinkVerifiesTheAddressItWasSentTo) {
  const std::string old = last_link();
  ASSERT_TRUE(await(loop, emails.set(caller, {"new@example.org", kPassword})));
  EXPECT_EQ(refusal(verify(old)), Errc::invalid_link);
  EXPECT_TRUE(verify(last_link()));
}

TEST_F(EmailsTest, ALinkIsGoodForOnePurpose) {
  EXPECT_EQ(refusal(reset(last_link())), Errc::invalid_link);
  EXPECT_TRUE(verify(last_link()));
}

TEST_F(EmailsTest, AChangeOfAddressNeedsThePassword) {
  EXPECT_EQ(refused_field(await(loop, emails.set(caller, {"new@example.org", {}}))), "password");
  EXPECT_EQ(refusal(await(loop, emails.set(caller, {"new@example.org", "Wrong-horse-7"}))),
            Errc::invalid_credentials);
  EXPECT_EQ(refused_field(await(loop, emails.set(caller, {"a@b\r\nBcc: c@d.de", kPassword}))),
            "email");
  EXPECT_EQ(store.users.at(alice.user.id).profile.email, "alice@example.org");
}

TEST_F(EmailsTest, AnAddressIsOfADomainThatIsAllowed) {
  Emails strict{secrets, store,  passwords, guard,       sessions,
                notices, router, clock,     "https://x", {.email_domains = {"example.org"}}};
  EXPECT_EQ(refusal(await(loop, strict.set(caller, {"alice@elsewhere.org", kPassword}))),
            Errc::email_not_allowed);
  EXPECT_TRUE(await(loop, strict.set(caller, {"a@example.org", kPassword})));
}

TEST_F(EmailsTest, AForgottenPasswordIsReplacedAndAllSessionsEnd) {
  ASSERT_TRUE(verify(last_link()));
  ASSERT_TRUE(forgot("Alice@Example.org"));
  const std::string token = last_link();
  EXPECT_EQ(refusal(reset(token, "weak")), Errc::weak_password);  // the link stays good
  ASSERT_TRUE(reset(token));
  EXPECT_EQ(refusal(sign_in("alice")), Errc::invalid_credentials);
  EXPECT_TRUE(sign_in("alice", kAnother));
  EXPECT_EQ(refusal(tokens.check(alice.access_token)), Errc::token_revoked);
  EXPECT_EQ(refusal(refresh(alice.refresh_token)), Errc::invalid_refresh_token);
  EXPECT_EQ(refusal(reset(token)), Errc::invalid_link);
  EXPECT_THAT(mailbox.told_to(alice.user.id), ElementsAre(SecurityEventKind::password_reset));
}

TEST_F(EmailsTest, AResetLinkIsGoodForAnHour) {
  ASSERT_TRUE(verify(last_link()));
  ASSERT_TRUE(forgot("alice@example.org"));
  clock.advance(1h);
  EXPECT_EQ(refusal(reset(last_link())), Errc::invalid_link);
}

TEST_F(EmailsTest, NobodyLearnsWhoHasAnAddress) {
  const auto before = mailbox.letters.size();
  EXPECT_TRUE(forgot("nobody@example.org"));
  EXPECT_TRUE(forgot("alice@example.org"));  // not verified: so it may be somebody else's
  // The same is done, and a job without an addressee is not sent.
  ASSERT_THAT(mailbox.letters, SizeIs(before + 2));
  for (auto job = mailbox.letters.begin() + static_cast<std::ptrdiff_t>(before);
       job != mailbox.letters.end(); ++job)
    EXPECT_EQ(boost::json::parse(job->payload).at("to").as_string(), "");
  EXPECT_EQ(refusal(reset(last_link())), Errc::invalid_link);
}

TEST_F(EmailsTest, SendingAgainReplacesTheLink) {
  ASSERT_TRUE(await(loop, emails.send_again(caller, {})));
  ASSERT_TRUE(verify(last_link()));
  EXPECT_EQ(refusal(await(loop, emails.send_again(caller, {}))), Errc::validation_failed);
}

}  // namespace
}  // namespace parley::user
