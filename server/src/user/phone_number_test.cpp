#include "user/phone_number.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::user {
namespace {

using namespace std::string_literals;

TEST(PhoneNumber, IsAPlusSignAnd7To15Digits) {
  for (const std::string_view number : {"+1234567", "+4915112345678", "+123456789012345"})
    EXPECT_TRUE(is_phone_number(number)) << number;
}

TEST(PhoneNumber, IsNothingElse) {
  for (const std::string& number :
       {""s, "+"s, "+123456"s, "+1234567890123456"s, "4915112345678"s, "004915112345678"s,
        "+04915112345"s, "+49 151 12345678"s, "+49-15112345678"s, "++4915112345"s, "+4915112345x"s,
        "+4915112345\n"s, "+4915112345\0"s, "+٤٩١٥١١٢٣٤٥"s, "+４９１５１１２"s, "*06#1234567"s})
    EXPECT_FALSE(is_phone_number(number)) << number;
}

}  // namespace
}  // namespace parley::user
