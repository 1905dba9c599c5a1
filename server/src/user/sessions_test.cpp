#include "user/sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/receiver_for_test.h"
#include "user/world_for_test.h"

namespace parley::user {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct SessionsTest : UserServiceTest {
  SignedIn alice = sign_up("alice");
  Caller caller = caller_of(alice.access_token);

  Result<SignedIn> sign_in_from(const std::string& user_agent) {
    Caller from = stranger();
    from.user_agent = user_agent;
    return await(loop, users.sign_in(from, {.username = "alice", .password = kPassword}));
  }
};

TEST_F(SessionsTest, TheListSaysWhichOneAsks) {
  const Caller other = caller_of(sign_in_from("(Windows) Firefox/131")->access_token);
  const auto list = await(loop, sessions.list(other, {}))->sessions;
  ASSERT_THAT(list, SizeIs(2));
  for (const SessionInfo& session : list)
    EXPECT_EQ(session.current, session.id == other.session_id);
  EXPECT_EQ(list[1].device, "Firefox on Windows");
}

TEST_F(SessionsTest, ARevokedSessionLosesItsTokensAndSockets) {
  const SignedIn other = sign_in_from("").value();
  const SessionId revoked = caller_of(other.access_token).session_id;
  delivery::FakeReceiver socket{router, hub, caller.user_id, revoked, 1};
  ASSERT_TRUE(await(loop, sessions.revoke(caller, {revoked})));
  EXPECT_TRUE(socket.signed_out);
  EXPECT_EQ(refusal(tokens.check(other.access_token)), Errc::token_revoked);
  EXPECT_EQ(refusal(refresh(other.refresh_token)), Errc::invalid_refresh_token);
  EXPECT_TRUE(tokens.check(alice.access_token));
  EXPECT_EQ(refusal(await(loop, sessions.revoke(caller, {revoked}))), Errc::session_not_found);
}

TEST_F(SessionsTest, NobodyRevokesASessionOfSomebodyElse) {
  const Caller bob = caller_of(sign_up("bob").access_token);
  EXPECT_EQ(refusal(await(loop, sessions.revoke(bob, {caller.session_id}))),
            Errc::session_not_found);
  EXPECT_TRUE(tokens.check(alice.access_token));
}

TEST_F(SessionsTest, SigningOutEverywhereMayKeepTheOneThatAsks) {
  const SignedIn other = sign_in("alice").value();
  EXPECT_EQ(await(loop, sessions.sign_out_everywhere(caller, {true}))->ended, 1);
  EXPECT_TRUE(tokens.check(alice.access_token));
  EXPECT_EQ(refusal(tokens.check(other.access_token)), Errc::token_revoked);
  EXPECT_EQ(await(loop, sessions.sign_out_everywhere(caller, {}))->ended, 1);
  EXPECT_EQ(refusal(tokens.check(alice.access_token)), Errc::token_revoked);
}

TEST_F(SessionsTest, ANewDeviceIsToldToTheOthers) {
  delivery::FakeReceiver phone{router, hub, caller.user_id, caller.session_id, 1};
  ASSERT_TRUE(sign_in_from(""));  // the kind of device she registered with
  EXPECT_THAT(mailbox.told_to(caller.user_id), IsEmpty());
  ASSERT_TRUE(sign_in_from("(Windows) Firefox/131"));
  EXPECT_THAT(mailbox.told_to(caller.user_id), ElementsAre(SecurityEventKind::new_device));
  ASSERT_THAT(phone.all<SecurityEvent>(), SizeIs(1));
  EXPECT_EQ(phone.all<SecurityEvent>()[0].user_agent, "(Windows) Firefox/131");
  ASSERT_TRUE(sign_in_from("(Windows) Firefox/132"));
  EXPECT_THAT(mailbox.told_to(caller.user_id), SizeIs(1));
}

TEST_F(SessionsTest, AVerifiedAddressIsMailedToo) {
  ASSERT_TRUE(sign_up([] {
    Register bob;
    bob.username = "bob";
    bob.password = kPassword;
    bob.email = "bob@example.org";
    return bob;
  }()));
  const auto before = mailbox.letters.size();
  Caller from = stranger();
  from.user_agent = "(Windows) Firefox/131";
  const SignIn command{.username = "bob", .password = kPassword};
  ASSERT_TRUE(await(loop, users.sign_in(from, command)));
  EXPECT_THAT(mailbox.letters, SizeIs(before));  // the address is not verified
  store.users.rbegin()->second.profile.email_verified = true;
  from.user_agent = "(Linux) Firefox/131";
  ASSERT_TRUE(await(loop, users.sign_in(from, command)));
  ASSERT_THAT(mailbox.letters, SizeIs(before + 1));
  EXPECT_EQ(last_sent("device"), "Firefox on Linux");
}

TEST_F(SessionsTest, ManyNewDevicesFromNewNetworksAreSuspicious) {
  const auto from = [&](int i) {
    Caller caller_there = stranger("198.51." + std::to_string(i) + ".1");
    caller_there.user_agent = "(Linux) " + std::string(i % 2 == 0 ? "Firefox" : "curl");
    session_store.known_devices.at(caller.user_id) = {"another"};
    return await(loop, users.sign_in(caller_there, {.username = "alice", .password = kPassword}));
  };
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(from(i));
  const auto sixth = from(5);
  EXPECT_EQ(refusal(sixth), Errc::rate_limited);
  EXPECT_THAT(mailbox.told_to(caller.user_id), SizeIs(6));
  EXPECT_THAT(await(loop, sessions.list(caller, {}))->sessions, SizeIs(6));  // with her own
}

TEST_F(SessionsTest, ATokenUsedTwiceIsTold) {
  ASSERT_TRUE(refresh(alice.refresh_token));
  EXPECT_FALSE(refresh(alice.refresh_token));
  EXPECT_THAT(mailbox.told_to(caller.user_id), ElementsAre(SecurityEventKind::token_reuse));
}

TEST_F(SessionsTest, ASuspendedUserIsToldSoOnlyWithTheRightPassword) {
  session_store.suspended.insert(caller.user_id);
  EXPECT_EQ(refusal(sign_in("alice", "Wrong-horse-7")), Errc::invalid_credentials);
  EXPECT_EQ(refusal(sign_in("alice")), Errc::account_suspended);
}

TEST_F(SessionsTest, AnotherPasswordEndsTheOtherSessions) {
  const SignedIn other = sign_in("alice").value();
  const auto set = [&](std::optional<std::string> current, std::string next) {
    return await(loop, users.set_password(caller, {std::move(current), std::move(next)}));
  };
  EXPECT_EQ(refused_field(set({}, "Another-horse-8")), "currentPassword");
  EXPECT_EQ(refusal(set("Wrong-horse-7", "Another-horse-8")), Errc::invalid_credentials);
  EXPECT_EQ(refused_field(set(kPassword, "weak")), "newPassword");
  ASSERT_TRUE(set(kPassword, "Another-horse-8"));
  EXPECT_TRUE(tokens.check(alice.access_token));
  EXPECT_EQ(refusal(tokens.check(other.access_token)), Errc::token_revoked);
  EXPECT_TRUE(sign_in("alice", "Another-horse-8"));
}

TEST_F(SessionsTest, AnAccountIsLockedByWhicheverOfItsNamesItIsTried) {
  store.users.at(caller.user_id).profile.email = "alice@example.org";
  for (int i = 0; i < 5; ++i)
    sign_in(i % 2 == 0 ? "alice" : "Alice@example.org", "Wrong-horse-7",
            "198.51.100." + std::to_string(i));
  EXPECT_EQ(refusal(sign_in("alice@example.org", kPassword, "203.0.113.1")), Errc::rate_limited);
}

TEST_F(SessionsTest, AStolenSessionGuessesThePasswordNowhere) {
  const auto with_factor = [&] {
    return refusal(await(loop, second_factor.begin(caller, {"Wrong-horse-7"})));
  };
  const auto with_email = [&] {
    return refusal(await(loop, emails.set(caller, {"new@example.org", "Wrong-horse-7"})));
  };
  EXPECT_EQ(with_factor(), Errc::invalid_credentials);
  EXPECT_EQ(with_email(), Errc::invalid_credentials);
  EXPECT_EQ(with_factor(), Errc::invalid_credentials);
  EXPECT_EQ(with_email(), Errc::rate_limited);
  EXPECT_EQ(with_factor(), Errc::rate_limited);
}

TEST_F(SessionsTest, FiveFailuresLockAnAccountForAQuarterOfAnHour) {
  for (int i = 0; i < 5; ++i) {
    const std::string address = "198.51.100." + std::to_string(i);
    EXPECT_EQ(refusal(sign_in("alice", "Wrong-horse-7", address)), Errc::invalid_credentials);
    EXPECT_EQ(refusal(sign_in("nobody", "Wrong-horse-7", address)), Errc::invalid_credentials);
  }
  const auto locked = sign_in("alice", kPassword, "203.0.113.1");
  const auto nobody = sign_in("nobody", kPassword, "203.0.113.1");
  EXPECT_EQ(refusal(locked), Errc::rate_limited);
  EXPECT_EQ(refusal(nobody), Errc::rate_limited);
  EXPECT_EQ(locked.error().retry_after, nobody.error().retry_after);
  EXPECT_THAT(mailbox.told_to(caller.user_id), ElementsAre(SecurityEventKind::many_failures));
}

}  // namespace
}  // namespace parley::user
