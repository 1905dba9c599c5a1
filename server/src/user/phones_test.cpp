#include "user/phones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "user/world_for_test.h"

namespace parley::user {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

struct PhonesTest : UserServiceTest {
  std::string request(const std::string& phone_number) {
    EXPECT_TRUE(await(loop, phones.request(stranger(), {phone_number})));
    return last_sent("code");
  }
  Result<SignedIn> verify(std::string code, std::optional<std::string> username = {},
                          std::optional<std::string> second = {}) {
    return await(loop, phones.verify(stranger(), {.phone_number = number,
                                                  .code = std::move(code),
                                                  .username = std::move(username),
                                                  .second_factor_code = std::move(second)}));
  }

  const std::string number = "+4915112345678";
};

TEST_F(PhonesTest, ACodeMakesAnAccountAndLaterSignsInToIt) {
  const auto made = verify(request(number), "anna");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->user.username, "anna");
  EXPECT_EQ(made->user.phone_number, number);
  EXPECT_TRUE(made->user.phone_verified);
  EXPECT_FALSE(made->user.has_password);

  const auto again = verify(request(number));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->user.id, made->user.id);
  EXPECT_EQ(refusal(sign_in("anna", "")), Errc::invalid_credentials);
}

TEST_F(PhonesTest, OnlyAHashOfTheCodeIsKept) {
  const std::string code = request(number);
  EXPECT_EQ(code.size(), 6U);
  EXPECT_EQ(secrets.codes.at(number).hash.size(), 32U);
  EXPECT_THAT(secrets.codes.at(number).hash, Not(HasSubstr(code)));
  EXPECT_EQ(mailbox.letters.back().kind, "sms");
  EXPECT_EQ(mailbox.letters.back().key, number);  // an unsent older code is not sent any more
}

TEST_F(PhonesTest, AWrongUsedOrOldCodeIsRefusedAlike) {
  const std::string code = request(number);
  const std::string wrong = code == "000000" ? "000001" : "000000";
  EXPECT_EQ(refusal(verify(wrong, "anna")), Errc::invalid_code);
  EXPECT_EQ(refusal(verify("", "anna")), Errc::invalid_code);
  ASSERT_TRUE(verify(code, "anna"));
  EXPECT_EQ(refusal(verify(code)), Errc::invalid_code);
  const std::string late = request(number);
  clock.advance(10min);
  EXPECT_EQ(refusal(verify(late)), Errc::invalid_code);
}

TEST_F(PhonesTest, ACodeOfOneNumberIsNotGoodForAnother) {
  const std::string code = request("+4915112345679");
  request(number);
  if (secrets.codes.at(number).hash != codes.hash_of_code(code, "phone " + number))
    EXPECT_EQ(refusal(verify(code, "anna")), Errc::invalid_code);
}

TEST_F(PhonesTest, WhoHasNoAccountLearnsItOnlyWithTheRightCodeWhichStaysGood) {
  const std::string code = request(number);
  EXPECT_EQ(refusal(verify(code)), Errc::user_not_found);
  EXPECT_EQ(refusal(verify(code, "admin")), Errc::validation_failed);
  EXPECT_TRUE(verify(code, "anna"));
}

TEST_F(PhonesTest, AnUnverifiedClaimOnANumberSignsNobodyIn) {
  ASSERT_TRUE(sign_up(reachable({}, number)));  // alice, who only says that it is hers
  EXPECT_EQ(refusal(verify(request(number))), Errc::user_not_found);
}

TEST_F(PhonesTest, ANumberMustBeOne) {
  for (const std::string wrong : {"", "12345", "+0123456789", "+49 151", "+49151\r\n12345678"})
    EXPECT_EQ(refused_field(await(loop, phones.request(stranger(), {wrong}))), "phoneNumber");
  EXPECT_TRUE(mailbox.letters.empty());
}

TEST_F(PhonesTest, AChangeOfNumberNeedsItsCodeAndIsTold) {
  const SignedIn alice = sign_up("alice");
  const Caller caller = caller_of(alice.access_token);
  EXPECT_EQ(refusal(await(loop, phones.set(caller, {number, "123456"}))), Errc::invalid_code);
  const auto changed = await(loop, phones.set(caller, {number, request(number)}));
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->phone_number, number);
  EXPECT_TRUE(changed->phone_verified);
  EXPECT_THAT(mailbox.told_to(alice.user.id),
              testing::ElementsAre(SecurityEventKind::phone_changed));
}

}  // namespace
}  // namespace parley::user
