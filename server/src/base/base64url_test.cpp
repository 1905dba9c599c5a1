#include "base/base64url.h"

#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace parley {
namespace {

std::string encoded(std::string_view text) {
  return base64url({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

TEST(Base64Url, MatchesTheVectorsOfRfc4648WithoutPadding) {
  for (const auto& [text, expected] : {std::pair{"", ""},
                                       {"f", "Zg"},
                                       {"fo", "Zm8"},
                                       {"foo", "Zm9v"},
                                       {"foob", "Zm9vYg"},
                                       {"fooba", "Zm9vYmE"},
                                       {"foobar", "Zm9vYmFy"}})
    EXPECT_EQ(encoded(text), expected);
}

TEST(Base64Url, UsesTheAlphabetOfUrls) {
  EXPECT_EQ(encoded("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(encoded(std::string_view{"\0\0\0", 3}), "AAAA");
}

TEST(Base64Url, HandlesLongInput) {
  const std::vector<unsigned char> bytes(3'000, 0xff);
  EXPECT_EQ(base64url(bytes), std::string(4'000, '_'));
}

TEST(Base64Url, IsReadAsItWasWritten) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(from_base64url(encoded(bytes)), bytes);
    bytes += static_cast<char>(i * 77);
  }
}

TEST(Base64Url, IsReadInOneWayOnly) {
  for (const std::string_view text :
       {"Z", "Zm9vY", "Zg==", "Zg=", "Zm 9", "Zm9v\n", "Zm+v", "Zm/v", "Zh", "Zm9", "Z\xff"})
    EXPECT_EQ(from_base64url(text), std::nullopt) << text;
  EXPECT_EQ(from_base64url(std::string_view{"Zg\0\0", 4}), std::nullopt);
}

}  // namespace
}  // namespace parley
