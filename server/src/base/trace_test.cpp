#include "base/trace.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

constexpr std::string_view kGiven = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Trace, ReadsAndWritesTheExampleOfTheStandard) {
  const auto trace = read_traceparent(kGiven);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->high, 0x4bf92f3577b34da6u);
  EXPECT_EQ(trace->low, 0xa3ce929d0e0e4736u);
  EXPECT_EQ(trace->parent, 0x00f067aa0ba902b7u);
  EXPECT_EQ(trace->flags, 1);
  EXPECT_EQ(traceparent(*trace), kGiven);
}

TEST(Trace, RefusesWhatTheStandardForbids) {
  std::string text{kGiven};
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string broken = text;
    broken[i] = 'G';
    EXPECT_FALSE(read_traceparent(broken)) << broken;
  }
  EXPECT_FALSE(read_traceparent(""));
  EXPECT_FALSE(read_traceparent(text.substr(1)));
  EXPECT_FALSE(read_traceparent(text + "-00"));  // version 00 ends there
  EXPECT_FALSE(read_traceparent("ff" + text.substr(2)));
  EXPECT_FALSE(read_traceparent("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"));
  EXPECT_FALSE(read_traceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  EXPECT_FALSE(read_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
}

TEST(Trace, TakesWhatALaterVersionAdds) {
  EXPECT_TRUE(read_traceparent("01" + std::string{kGiven.substr(2)}));
  EXPECT_TRUE(read_traceparent("01" + std::string{kGiven.substr(2)} + "-more"));
  EXPECT_FALSE(read_traceparent("01" + std::string{kGiven.substr(2)} + "more"));
}

TEST(Trace, AStepKeepsTheTraceAndIsItsOwn) {
  const Trace given = *read_traceparent(kGiven);
  const Trace next = next_step(given);
  EXPECT_EQ(next.high, given.high);
  EXPECT_EQ(next.low, given.low);
  EXPECT_NE(next.parent, given.parent);
  EXPECT_TRUE(read_traceparent(traceparent(next)));

  const Trace made = next_step({});
  EXPECT_TRUE(made);
  EXPECT_NE(made, next_step({}));
  EXPECT_EQ(read_traceparent(traceparent(made)), made);
}

}  // namespace
}  // namespace parley
