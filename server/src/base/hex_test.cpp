#include "base/hex.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

using namespace std::string_view_literals;

TEST(Hex, WritesEveryByteInTwoDigits) {
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(to_hex("\0\x09\x10\x7f\x80\xff"sv), "0009107f80ff");
}

TEST(Hex, ReadsWhatItWritesInEitherCase) {
  EXPECT_EQ(from_hex(""), "");
  EXPECT_EQ(from_hex("0009107f80ff"), "\0\x09\x10\x7f\x80\xff"sv);
  EXPECT_EQ(from_hex("aBFf"), "\xab\xff");
}

TEST(Hex, ReadsNothingElse) {
  for (const std::string_view text :
       {"a"sv, "abc"sv, "0g"sv, "g0"sv, "0x"sv, " 0"sv, "-1"sv, "00 1"sv, "\xc3\xa4"sv, "0\0"sv})
    EXPECT_EQ(from_hex(text), std::nullopt) << text;
}

}  // namespace
}  // namespace parley
