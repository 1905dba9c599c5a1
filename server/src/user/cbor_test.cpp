#include "user/cbor.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace parley::user {
namespace {

using namespace std::string_literals;
using Kind = Cbor::Kind;

std::optional<Cbor> whole(std::string_view bytes) {
  auto item = read_cbor(bytes);
  return bytes.empty() ? item : std::nullopt;
}

TEST(Cbor, ReadsIntegers) {
  // From appendix A of RFC 8949.
  EXPECT_EQ(whole("\0"s)->integer, 0);
  EXPECT_EQ(whole("\x17")->integer, 23);
  EXPECT_EQ(whole("\x18\x64")->integer, 100);
  EXPECT_EQ(whole("\x19\x03\xe8")->integer, 1'000);
  EXPECT_EQ(whole("\x1a\0\x0f\x42\x40"s)->integer, 1'000'000);
  EXPECT_EQ(whole("\x1b\0\0\0\xe8\xd4\xa5\x10\0"s)->integer, 1'000'000'000'000);
  EXPECT_EQ(whole("\x20")->integer, -1);
  EXPECT_EQ(whole("\x39\x03\xe7")->integer, -1'000);
  EXPECT_EQ(whole("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff")->integer, INT64_MIN);
  EXPECT_FALSE(whole("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_FALSE(whole("\x3b\xff\xff\xff\xff\xff\xff\xff\xff"));
}

TEST(Cbor, ReadsStringsListsAndMaps) {
  const std::string bytes = "\xa3\x63"s + "fmt" + "\x43\1\2\3"s + "\x20\x83\1\xf5\xf6" + "\3\xa0";
  const auto item = whole(bytes);
  ASSERT_TRUE(item);
  ASSERT_TRUE(item->find("fmt"));
  EXPECT_TRUE(item->find("fmt")->is(Kind::bytes));
  EXPECT_EQ(item->find("fmt")->string, "\1\2\3");
  ASSERT_TRUE(item->find(-1));
  EXPECT_EQ(item->find(-1)->items.size(), 3u);
  EXPECT_TRUE(item->find(3)->is(Kind::map));
  EXPECT_FALSE(item->find(4));
  EXPECT_FALSE(item->find("\x01"));
  EXPECT_FALSE(item->find(-1)->find(1)) << "a list has no members";
}

TEST(Cbor, LeavesWhatFollows) {
  std::string_view input = "\x41x\x05";
  ASSERT_TRUE(read_cbor(input));
  EXPECT_EQ(input, "\x05");
}

TEST(Cbor, RefusesWhatIsCut) {
  const std::string bytes = "\xa2\x63"s + "fmt" + "\x43\1\2\3"s + "\x20\x82\1\x19\x03\xe8";
  ASSERT_TRUE(whole(bytes));
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(whole(bytes.substr(0, length))) << length;
}

TEST(Cbor, RefusesOtherForms) {
  for (const std::string& bytes :
       {"\x9f\1\xff"s, "\xbf\xff"s, "\x5f\x41x\xff"s, "\x7f\x61x\xff"s,  // indefinite lengths
        "\xff"s, "\xc0\x61x"s, "\xf9\x3c\0"s, "\xfa\0\0\0\0"s, "\xfb\0\0\0\0\0\0\0\0"s, "\xf7"s,
        "\x1c"s, "\xf8\xff"s})
    EXPECT_FALSE(whole(bytes)) << testing::PrintToString(bytes);
}

TEST(Cbor, RefusesMapsWithOddKeys) {
  EXPECT_FALSE(whole("\xa2\1\2\1\3"));        // 1 twice
  EXPECT_FALSE(whole("\xa2\x61x\2\x61x\3"));  // "x" twice
  EXPECT_TRUE(whole("\xa2\x61x\2\x41x\3"));   // a text and bytes
  EXPECT_FALSE(whole("\xa1\x80\1"));          // a list as key
  EXPECT_FALSE(whole("\xa1\xf6\1"));
}

TEST(Cbor, BoundsWhatItReads) {
  EXPECT_TRUE(whole(std::string(7, '\x81') + '\1'));
  EXPECT_FALSE(whole(std::string(8, '\x81') + '\1'));
  EXPECT_FALSE(whole(std::string(1'000'000, '\x81')));
  EXPECT_TRUE(whole("\x98\xff"s + std::string(255, '\1')));
  EXPECT_FALSE(whole("\x99\x01\x00"s + std::string(256, '\1')));
  // Lengths that promise more than there is cost nothing.
  EXPECT_FALSE(whole("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_FALSE(whole("\xbb\x7f\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_FALSE(whole("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_FALSE(whole("\x7a\xff\xff\xff\xff"));
}

RC_GTEST_PROP(CborOfAnyBytes, IsReadOrRefused, (const std::string& bytes)) {
  std::string_view rest = bytes;
  const auto item = read_cbor(rest);
  RC_ASSERT(!item || rest.size() < bytes.size());
}

}  // namespace
}  // namespace parley::user
