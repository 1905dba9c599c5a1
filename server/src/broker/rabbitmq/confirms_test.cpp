#include "broker/rabbitmq/confirms.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace parley::broker {
namespace {

using Outcomes = Confirms::Outcomes;

class ConfirmsTest : public testing::Test {
 protected:
  void send(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      confirms.sent({.batch = 7, .index = i}, "m" + std::to_string(i), 10);
  }
  static std::pair<Confirms::Place, Published> is(std::size_t index, Published outcome) {
    return {{.batch = 7, .index = index}, outcome};
  }

  Confirms confirms;
};

TEST_F(ConfirmsTest, OneOrAllUpToOneAreConfirmed) {
  send(4);
  EXPECT_EQ(confirms.bytes(), 40U);
  EXPECT_EQ(confirms.settled(2, false, false), (Outcomes{is(1, Published::confirmed)}));
  EXPECT_EQ(confirms.settled(3, true, false),
            (Outcomes{is(0, Published::confirmed), is(2, Published::confirmed)}));
  EXPECT_EQ(confirms.open(), 1U);
  EXPECT_EQ(confirms.bytes(), 10U);
  EXPECT_EQ(confirms.settled(4, false, true), (Outcomes{is(3, Published::refused)}));
  EXPECT_EQ(confirms.open(), 0U);
}

TEST_F(ConfirmsTest, WhatIsReturnedIsUnroutableThoughItIsConfirmed) {
  send(2);
  confirms.sent({.batch = 8, .index = 0}, "m1", 10);  // the same id, behind it
  confirms.returned("m1");
  EXPECT_EQ(confirms.settled(0, true, false),
            (Outcomes{is(0, Published::confirmed),
                      is(1, Published::unroutable),
                      {{.batch = 8, .index = 0}, Published::confirmed}}));
}

TEST_F(ConfirmsTest, TagsOfNobodyDecideNothing) {
  EXPECT_TRUE(confirms.settled(1, false, false).empty());
  EXPECT_TRUE(confirms.settled(0, true, false).empty());
  confirms.returned("m0");
  send(2);
  EXPECT_EQ(confirms.settled(1, true, false).size(), 1U);
  EXPECT_TRUE(confirms.settled(1, true, false).empty());
  EXPECT_TRUE(confirms.settled(0, false, false).empty());
  EXPECT_TRUE(confirms.settled(3, true, false).empty());
  EXPECT_EQ(confirms.open(), 1U);
}

TEST_F(ConfirmsTest, OfAChannelThatIsGoneNothingIsKnown) {
  send(3);
  EXPECT_EQ(confirms.settled(2, false, false).size(), 1U);
  EXPECT_EQ(confirms.abandon(), (Outcomes{is(0, Published::unknown), is(2, Published::unknown)}));
  EXPECT_EQ(confirms.open(), 0U);
  EXPECT_EQ(confirms.bytes(), 0U);
  send(1);  // number 1 again
  EXPECT_EQ(confirms.settled(1, false, false), (Outcomes{is(0, Published::confirmed)}));
}

TEST_F(ConfirmsTest, EveryPublishIsDecidedOnceWhateverTheOrder) {
  EXPECT_TRUE(rc::check([](const std::vector<std::pair<std::uint8_t, bool>>& tags) {
    Confirms all;
    constexpr std::size_t kCount = 40;
    for (std::size_t i = 0; i < kCount; ++i) all.sent({.batch = 1, .index = i}, "", 1);
    std::vector<int> decided(kCount);
    const auto count = [&decided](const Outcomes& outcomes) {
      for (const auto& [place, outcome] : outcomes) ++decided[place.index];
    };
    for (const auto& [tag, multiple] : tags) count(all.settled(tag % 48U, multiple, false));
    RC_ASSERT(all.open() == all.bytes());
    count(all.abandon());
    for (const int times : decided) RC_ASSERT(times == 1);
  }));
}

}  // namespace
}  // namespace parley::broker
