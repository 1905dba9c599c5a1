#include "base/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;

TEST(PercentDecodedTest, DecodesEscapes) {
  EXPECT_EQ(percent_decoded(""), "");
  EXPECT_EQ(percent_decoded("plain"), "plain");
  EXPECT_EQ(percent_decoded("%41%62c"), "Abc");
  EXPECT_EQ(percent_decoded("%e2%82%AC"), "€");
  EXPECT_EQ(percent_decoded("a%00b"), std::string("a\0b", 3));
  EXPECT_EQ(percent_decoded("%2525"), "%25") << "once, not twice";
}

TEST(PercentDecodedTest, TakesPlusForASpaceOnlyInQueries) {
  EXPECT_EQ(percent_decoded("a+b"), "a+b");
  EXPECT_EQ(percent_decoded("a+b", true), "a b");
  EXPECT_EQ(percent_decoded("a%2Bb", true), "a+b");
}

TEST(PercentDecodedTest, RefusesBrokenEscapes) {
  for (const auto* const broken :
       {"%", "%4", "a%", "a%4", "%zz", "%4z", "%z4", "%%41", "%+1", "%-1", "% 1", "%0x", "%1 "})
    EXPECT_EQ(percent_decoded(broken), std::nullopt) << broken;
}

TEST(QueryPairsTest, YieldsPairsInTheirOrder) {
  EXPECT_THAT(query_pairs("b=2&a=1&b=3"),
              Optional(ElementsAre(Pair("b", "2"), Pair("a", "1"), Pair("b", "3"))));
}

TEST(QueryPairsTest, DecodesNamesAndValues) {
  EXPECT_THAT(query_pairs("a%3Db=c%26d+e"), Optional(ElementsAre(Pair("a=b", "c&d e"))));
}

TEST(QueryPairsTest, TakesWhatHasNoValue) {
  EXPECT_THAT(query_pairs("a&b=&=c"),
              Optional(ElementsAre(Pair("a", ""), Pair("b", ""), Pair("", "c"))));
  EXPECT_THAT(query_pairs("a=b=c"), Optional(ElementsAre(Pair("a", "b=c"))));
}

TEST(QueryPairsTest, PassesOverEmptyPairs) {
  EXPECT_THAT(query_pairs(""), Optional(IsEmpty()));
  EXPECT_THAT(query_pairs("&&a=1&&"), Optional(ElementsAre(Pair("a", "1"))));
}

TEST(QueryPairsTest, RefusesBrokenEscapesAnywhere) {
  EXPECT_EQ(query_pairs("a=1&b=%"), std::nullopt);
  EXPECT_EQ(query_pairs("%=1"), std::nullopt);
  EXPECT_EQ(query_pairs("a=%4&b"), std::nullopt);
}

TEST(PercentEncoded, IsFoundAgain) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const std::string query = percent_encoded(bytes) + '=' + percent_encoded("a&b=c d+e%");
  const auto pairs = query_pairs(query);
  ASSERT_TRUE(pairs);
  ASSERT_EQ(pairs->size(), 1u);
  EXPECT_EQ(pairs->front().first, bytes);
  EXPECT_EQ(pairs->front().second, "a&b=c d+e%");
}

}  // namespace
}  // namespace parley
