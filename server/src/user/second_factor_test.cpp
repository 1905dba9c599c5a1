#include "user/second_factor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "user/totp.h"
#include "user/world_for_test.h"

namespace parley::user {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;
using testing::StartsWith;

struct SecondFactorTest : UserServiceTest {
  SignedIn alice = sign_up("alice");
  Caller caller = caller_of(alice.access_token);

  std::string code_now() {
    return totp_code(factors.totps.at(alice.user.id).secret, totp_step(clock.now()));
  }
  std::vector<std::string> turn_on() {
    EXPECT_TRUE(await(loop, second_factor.begin(caller, {kPassword})));
    auto confirmed = await(loop, second_factor.confirm(caller, {code_now()}));
    clock.advance(30s);
    return confirmed.value().recovery_codes;
  }
  Result<SignedIn> sign_in_with(std::optional<std::string> code) {
    return await(loop, users.sign_in(stranger(), {.username = "alice",
                                                  .password = kPassword,
                                                  .second_factor_code = std::move(code)}));
  }
};

TEST_F(SecondFactorTest, CountsOnlyWhenConfirmed) {
  const auto begun = await(loop, second_factor.begin(caller, {kPassword}));
  ASSERT_TRUE(begun);
  EXPECT_THAT(begun->secret, SizeIs(32));
  EXPECT_THAT(begun->uri, StartsWith("otpauth://totp/Parley:alice?"));
  EXPECT_TRUE(sign_in_with({}));
  EXPECT_EQ(refusal(await(loop, second_factor.confirm(caller, {"000000x"}))), Errc::invalid_code);
  EXPECT_TRUE(sign_in_with({}));
}

TEST_F(SecondFactorTest, AsksForACodeThatIsGoodOnce) {
  EXPECT_THAT(turn_on(), SizeIs(10));
  EXPECT_EQ(refusal(sign_in_with({})), Errc::second_factor_required);
  const std::string code = code_now();
  EXPECT_TRUE(sign_in_with(code));
  EXPECT_EQ(refusal(sign_in_with(code)), Errc::invalid_code);
  EXPECT_THAT(mailbox.told_to(alice.user.id), ElementsAre(SecurityEventKind::second_factor_on));
}

TEST_F(SecondFactorTest, DoesNotTellThatThePasswordIsWrong) {
  turn_on();
  EXPECT_EQ(refusal(sign_in("alice", "Wrong-horse-7")), Errc::invalid_credentials);
}

TEST_F(SecondFactorTest, TakesARecoveryCodeOnceHoweverItIsTyped) {
  auto recovery = turn_on();
  std::string typed = recovery[3];
  for (char& c : typed) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_TRUE(sign_in_with(" " + typed));
  EXPECT_EQ(refusal(sign_in_with(recovery[3])), Errc::invalid_code);
  EXPECT_TRUE(sign_in_with(recovery[4]));
}

TEST_F(SecondFactorTest, CannotBeGuessed) {
  turn_on();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(refusal(sign_in_with("999999x")), Errc::invalid_code);
  EXPECT_EQ(refusal(sign_in_with(code_now())), Errc::rate_limited);
}

TEST_F(SecondFactorTest, NeedsThePasswordToBegin) {
  EXPECT_EQ(refused_field(await(loop, second_factor.begin(caller, {}))), "password");
  EXPECT_EQ(refusal(await(loop, second_factor.begin(caller, {"Wrong-horse-7"}))),
            Errc::invalid_credentials);
  turn_on();
  EXPECT_EQ(refusal(await(loop, second_factor.begin(caller, {kPassword}))), Errc::forbidden);
}

TEST_F(SecondFactorTest, IsTurnedOffWithACode) {
  turn_on();
  EXPECT_EQ(refusal(await(loop, second_factor.remove(caller, {"123"}))), Errc::invalid_code);
  ASSERT_TRUE(await(loop, second_factor.remove(caller, {code_now()})));
  EXPECT_TRUE(sign_in_with({}));
  EXPECT_EQ(refusal(await(loop, second_factor.remove(caller, {"123456"}))), Errc::invalid_code);
}

}  // namespace
}  // namespace parley::user
