#include "user/service.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/receiver_for_test.h"
#include "user/world_for_test.h"

namespace parley::user {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::SizeIs;

using RegisterTest = UserServiceTest;

TEST_F(RegisterTest, MakesAnAccountAndSignsIn) {
  Register command = reachable("Alice@Example.org", "+4915112345678");
  command.username = "Alice.B";
  command.display_name = "Alice";
  const auto made = sign_up(std::move(command));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->user.username, "alice.b");
  EXPECT_EQ(made->user.display_name, "Alice");
  EXPECT_EQ(made->user.email, "alice@example.org");
  EXPECT_EQ(tokens.check(made->access_token)->user_id, made->user.id);
  EXPECT_EQ(made->expires_in, 86'400);
  EXPECT_TRUE(refresh(made->refresh_token));
}

TEST_F(RegisterTest, ShowsTheUsernameUntilThereIsANicerName) {
  EXPECT_EQ(sign_up("Bob").user.display_name, "bob");
}

TEST_F(RegisterTest, NeverKeepsThePassword) {
  sign_up("alice");
  EXPECT_TRUE(store.users.begin()->second.password_hash.starts_with("$2b$"));
  EXPECT_EQ(store.users.begin()->second.password_hash.find(kPassword), std::string::npos);
}

TEST_F(RegisterTest, NeverKeepsTheRefreshToken) {
  const auto made = sign_up("alice");
  EXPECT_EQ(session_store.sessions.begin()->second.refresh_hash,
            hash_of_token(*made.refresh_token));
}

TEST_F(RegisterTest, RefusesNamesThatAreTakenHoweverTheyAreWritten) {
  sign_up("alice");
  EXPECT_EQ(refusal(sign_up(as("ALICE"))), Errc::username_taken);
}

TEST_F(RegisterTest, RefusesNamesThatWouldBeMistaken) {
  for (const std::string name : {"_alice", ".alice", "al ice", "al/ice", "älice", "al-ice", "ali\n",
                                 "search", "PROFILE", "me", "Admin", "parley"}) {
    const auto result = sign_up(as(name));
    EXPECT_EQ(refusal(result), Errc::validation_failed) << name;
    EXPECT_EQ(refused_field(result), "username") << name;
  }
  EXPECT_TRUE(sign_up(as("0_a.")));
}

TEST_F(RegisterTest, RefusesWeakPasswordsBeforeDoingAnyWork) {
  const auto result = sign_up(as("alice", "password"));
  EXPECT_EQ(refusal(result), Errc::weak_password);
  EXPECT_EQ(refused_field(result), "password");
  EXPECT_TRUE(store.users.empty());
}

TEST_F(RegisterTest, RefusesWhatIsNoEmailAddress) {
  for (const std::string email :
       {"alice", "@example.org", "alice@", "alice@example", "a@b@c.de", "a b@example.org",
        "alice@example.", "alice@.org", "<a@b.de>", "a@b.de, c@d.de", "älice@example.org"}) {
    const auto result = sign_up(reachable(email));
    EXPECT_EQ(refused_field(result), "email") << email;
  }
}

TEST_F(RegisterTest, RefusesPhoneNumbersThatAreNotE164) {
  for (const std::string number : {"4915112345678", "+0151123456", "+123456", "+1234567890123456",
                                   "+49 151 123456", "+49151abc45678", "+", ""}) {
    const auto result = sign_up(reachable({}, number));
    EXPECT_EQ(refused_field(result), "phoneNumber") << number;
  }
  EXPECT_TRUE(sign_up(reachable({}, "+1234567")));
}

TEST_F(RegisterTest, GivesBrowsersShortAccess) {
  Caller browser = stranger();
  browser.keeps_cookies = true;
  const auto made = sign_up(as("alice"), browser);
  EXPECT_EQ(made->expires_in, 900);
  EXPECT_EQ(tokens.check(made->access_token)->expires_at, kNow + 900s);
  EXPECT_TRUE(session_store.sessions.begin()->second.browser);
  EXPECT_EQ(refresh(made->refresh_token)->expires_in, 900);
}

struct SignInTest : UserServiceTest {
  SignInTest() { EXPECT_TRUE(sign_up(reachable("alice@example.org", "+4915112345678"))); }
};

TEST_F(SignInTest, TakesNameEmailOrPhoneNumber) {
  for (const std::string name : {"alice", "ALICE", "Alice@Example.org", "+4915112345678"})
    EXPECT_TRUE(sign_in(name)) << name;
}

TEST_F(SignInTest, DoesNotTellWhichOfTheTwoWasWrong) {
  const auto wrong = sign_in("alice", "Correct-horse-8");
  const auto nobody = sign_in("nobody", kPassword);
  EXPECT_EQ(refusal(wrong), Errc::invalid_credentials);
  EXPECT_EQ(refusal(nobody), Errc::invalid_credentials);
  EXPECT_EQ(wrong.error().detail, nobody.error().detail);
}

TEST_F(SignInTest, RefusesAPasswordOfWhichBcryptWouldSeeOnlyTheBeginning) {
  const std::string longest = "Aa1!" + std::string(68, 'a');
  ASSERT_TRUE(sign_up(as("carol", longest)));
  EXPECT_TRUE(sign_in("carol", longest));
  EXPECT_EQ(refusal(sign_in("carol", longest + "a")), Errc::invalid_credentials);
  EXPECT_EQ(refusal(sign_in("alice", kPassword + "\0x"s)), Errc::invalid_credentials);
}

TEST_F(SignInTest, LocksOneAccountForOneAddressAfterThreeFailures) {
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(refusal(sign_in("Alice", "wrong")), Errc::invalid_credentials);
  const auto locked = sign_in("alice");
  EXPECT_EQ(refusal(locked), Errc::rate_limited);
  EXPECT_EQ(locked.error().retry_after, 15min);
  // Nobody can lock others out.
  EXPECT_TRUE(sign_in("alice", kPassword, "198.51.100.1"));
}

TEST_F(SignInTest, LocksAnAddressThatTriesManyAccounts) {
  for (int i = 0; i < 30; ++i) sign_in("user" + std::to_string(i), "wrong");
  EXPECT_EQ(refusal(sign_in("alice")), Errc::rate_limited);
  EXPECT_TRUE(sign_in("alice", kPassword, "198.51.100.1"));
}

TEST_F(SignInTest, CountsFailuresOnly) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(sign_in("alice"));
}

TEST_F(SignInTest, KeepsWhereASessionComesFrom) {
  Caller caller = stranger("192.0.2.9");
  caller.user_agent = std::string(5'000, 'x');
  await(loop, users.sign_in(caller, {.username = "alice", .password = kPassword}));
  const NewSession& session = session_store.sessions.rbegin()->second;
  EXPECT_EQ(session.address, "192.0.2.9");
  EXPECT_EQ(session.user_agent.size(), 256u);
  EXPECT_EQ(session.expires_at, kNow + 604'800s);
}

struct SessionTest : UserServiceTest {
  SignedIn alice = sign_up("alice");
  Caller caller = caller_of(alice.access_token);
};

TEST_F(SessionTest, RefreshingYieldsNewTokensOfTheSameSession) {
  const auto next = refresh(alice.refresh_token);
  ASSERT_TRUE(next);
  EXPECT_NE(next->refresh_token, alice.refresh_token);
  EXPECT_EQ(caller_of(next->access_token).session_id, caller.session_id);
  EXPECT_TRUE(refresh(next->refresh_token));
}

TEST_F(SessionTest, ARefreshTokenUsedTwiceEndsEverythingOfItsSession) {
  delivery::FakeReceiver socket{router, hub, caller.user_id, caller.session_id, 1};
  delivery::FakeReceiver elsewhere{router, hub, caller.user_id, SessionId{77}, 2};
  const auto next = refresh(alice.refresh_token);
  ASSERT_TRUE(next);

  EXPECT_EQ(refusal(refresh(alice.refresh_token)), Errc::invalid_refresh_token);
  EXPECT_EQ(refusal(refresh(next->refresh_token)), Errc::invalid_refresh_token);
  EXPECT_EQ(refusal(tokens.check(next->access_token)), Errc::token_revoked);
  EXPECT_TRUE(socket.signed_out);
  EXPECT_FALSE(elsewhere.signed_out);
}

TEST_F(SessionTest, RefreshingWithoutAKnownTokenIsRefused) {
  EXPECT_EQ(refusal(refresh(std::nullopt)), Errc::invalid_refresh_token);
  EXPECT_EQ(refusal(refresh("")), Errc::invalid_refresh_token);
  EXPECT_EQ(refusal(refresh("junk")), Errc::invalid_refresh_token);
}

TEST_F(SessionTest, SigningOutEndsItsTokensAndSocketsAndNoOthers) {
  delivery::FakeReceiver socket{router, hub, caller.user_id, caller.session_id, 1};
  const SignedIn other = sign_in("alice").value();
  ASSERT_TRUE(await(loop, sessions.sign_out(caller, {})));
  EXPECT_EQ(refusal(tokens.check(alice.access_token)), Errc::token_revoked);
  EXPECT_EQ(refusal(refresh(alice.refresh_token)), Errc::invalid_refresh_token);
  EXPECT_TRUE(socket.signed_out);
  EXPECT_TRUE(tokens.check(other.access_token));
  EXPECT_TRUE(refresh(other.refresh_token));
}

TEST_F(SessionTest, RenewingTakesANewerTokenOfTheSameSession) {
  clock.advance(1h);
  const auto next = refresh(alice.refresh_token);
  clock.advance(500ms);
  const auto renewed = await(loop, sessions.renew(caller, {next->access_token}));
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->expires_in, 86'399);
  EXPECT_EQ(renewed->renewed_until, kNow + 1h + 86'400s);
}

TEST_F(SessionTest, RenewingRefusesTokensOfOthersAndOfNobody) {
  const SignedIn again = sign_in("alice").value();
  const SignedIn bob = sign_up("bob");
  EXPECT_EQ(refusal(await(loop, sessions.renew(caller, {again.access_token}))), Errc::forbidden);
  EXPECT_EQ(refusal(await(loop, sessions.renew(caller, {bob.access_token}))), Errc::forbidden);
  EXPECT_EQ(refusal(await(loop, sessions.renew(caller, {"junk"}))), Errc::unauthenticated);
  clock.advance(25h);
  EXPECT_EQ(refusal(await(loop, sessions.renew(caller, {alice.access_token}))),
            Errc::token_expired);
}

TEST_F(SessionTest, ChangingTheProfileIsToldToOnesOtherConnections) {
  delivery::FakeReceiver here{router, hub, caller.user_id, caller.session_id, 1};
  delivery::FakeReceiver there{router, hub, caller.user_id, SessionId{77}, 2};
  delivery::FakeReceiver bob{router, hub, UserId{99}, SessionId{78}, 3};
  caller.connection = 1;
  const auto profile = await(loop, users.update(caller, {.display_name = "Alice B."}));
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->display_name, "Alice B.");
  ASSERT_THAT(there.all<Profile>(), SizeIs(1));
  EXPECT_EQ(there.all<Profile>()[0].display_name, "Alice B.");
  EXPECT_THAT(here.heard, SizeIs(0));
  EXPECT_THAT(bob.heard, SizeIs(0));
}

TEST_F(SessionTest, ProfilesAreFoundByNameInAnyCase) {
  EXPECT_EQ(await(loop, users.find(caller, {"ALICE"}))->id, caller.user_id);
  EXPECT_EQ(refusal(await(loop, users.find(caller, {"nobody"}))), Errc::user_not_found);
  EXPECT_EQ(refusal(await(loop, users.find(caller, {""}))), Errc::user_not_found);
  EXPECT_EQ(await(loop, users.profile(caller, {}))->username, "alice");
}

}  // namespace
}  // namespace parley::user
