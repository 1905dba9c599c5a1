#include "user/one_time_code.h"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

namespace parley::user {
namespace {

using namespace std::string_literals;

const std::string kKey(32, 'k');
constexpr std::string_view kAlice = "sign-in +4915112345678";

TEST(OneTimeCode, IsSixDigits) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string code = new_one_time_code();
    EXPECT_EQ(code.size(), 6u);
    EXPECT_TRUE(std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; })) << code;
  }
}

TEST(OneTimeCode, HasEveryFirstDigitEquallyOften) {
  std::array<int, 10> count{};
  for (int i = 0; i < 20'000; ++i) ++count[static_cast<std::size_t>(new_one_time_code()[0] - '0')];
  // 2000 each are expected, with a deviation of 42: ten deviations are never seen by chance.
  for (const int times : count) {
    EXPECT_GT(times, 1'575);
    EXPECT_LT(times, 2'425);
  }
}

TEST(RecoveryCodes, AreEightSymbolsWithoutLookAlikes) {
  const auto codes = new_recovery_codes(1'000);
  ASSERT_EQ(codes.size(), 1'000u);
  for (const std::string& code : codes) {
    EXPECT_EQ(code.size(), 9u);
    EXPECT_EQ(code.at(4), '-');
    EXPECT_EQ(code.find_first_of("ilouILOU"), std::string::npos) << code;
    EXPECT_EQ(normal_recovery_code(code), code.substr(0, 4) + code.substr(5));
  }
  EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), codes.size());
}

TEST(RecoveryCodes, AreReadHoweverTheyAreTyped) {
  for (const std::string_view typed : {"k7m2-9q0x", "K7M2 9QOX", "  k7m29q0x ", "k-7-m-2-9-q-o-x"})
    EXPECT_EQ(normal_recovery_code(typed), "k7m29q0x") << typed;
  EXPECT_EQ(normal_recovery_code("ILil-1111"), "11111111");
}

TEST(RecoveryCodes, AreNothingElse) {
  for (const std::string& typed :
       {""s, "-"s, "k7m2-9q0"s, "k7m2-9q0xx"s, "k7m2-9q0u"s, "k7m2_9q0x"s, "k7m2-9q0\0"s,
        "k7m2-9qö"s, "123456"s, "k7m29q0x" + std::string(1'000, ' ')})
    EXPECT_EQ(normal_recovery_code(typed), std::nullopt) << typed;
}

TEST(OneTimeCodes, MatchTheCodeAndNoOther) {
  const OneTimeCodes codes{kKey};
  const std::string hash = codes.hash_of_code("123456", kAlice);
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_TRUE(codes.matches("123456", kAlice, hash));
  EXPECT_FALSE(codes.matches("123457", kAlice, hash));
  EXPECT_FALSE(codes.matches("", kAlice, hash));
  EXPECT_FALSE(codes.matches("123456", kAlice, ""));
  EXPECT_FALSE(codes.matches("123456", kAlice, hash.substr(1)));
}

TEST(OneTimeCodes, HoldForNothingElse) {
  const OneTimeCodes codes{kKey};
  const std::string hash = codes.hash_of_code("123456", kAlice);
  EXPECT_FALSE(codes.matches("123456", "sign-in +4915112345679", hash));
  EXPECT_FALSE(codes.matches("123456", "set-phone +4915112345678", hash));
  EXPECT_NE(codes.hash_of_code("3", "12"), codes.hash_of_code("23", "1"));
  EXPECT_NE(codes.hash_of_code("k7m29q0x", "7"), codes.hash_of_recovery_code("k7m29q0x", "7"));
}

TEST(OneTimeCodes, TellNothingWithoutTheKey) {
  EXPECT_NE(OneTimeCodes{kKey}.hash_of_code("123456", kAlice),
            OneTimeCodes{std::string(32, 'l')}.hash_of_code("123456", kAlice));
  EXPECT_THROW(OneTimeCodes{std::string(31, 'k')}, std::invalid_argument);
}

TEST(OneTimeCodes, HashRecoveryCodesHoweverTheyAreTyped) {
  const OneTimeCodes codes{kKey};
  const std::string hash = codes.hash_of_recovery_code("k7m2-9q0x", "7");
  EXPECT_EQ(codes.hash_of_recovery_code("K7M2 9QOX", "7"), hash);
  EXPECT_NE(codes.hash_of_recovery_code("k7m2-9q0y", "7"), hash);
  EXPECT_NE(codes.hash_of_recovery_code("k7m2-9q0x", "8"), hash);
  EXPECT_NE(codes.hash_of_recovery_code("not a code", "7"), hash);
}

}  // namespace
}  // namespace parley::user
