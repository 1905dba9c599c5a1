#include "model/receipt.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace parley {

// For rapidcheck, when a property fails.
static void showValue(const Receipt& receipt, std::ostream& out) {
  out << "{delivered " << receipt.delivered << ", read " << receipt.read << "}";
}

namespace {

constexpr Seq kLast = 20;

Receipt any_mark() { return {*rc::gen::inRange<Seq>(-2, 30), *rc::gen::inRange<Seq>(-2, 30)}; }

// A receipt as one can be: reached from nothing.
Receipt any_receipt() { return advance({}, any_mark(), kLast); }

TEST(Receipt, ReadingImpliesDelivery) {
  EXPECT_EQ(advance({}, {.delivered = 0, .read = 7}, kLast), (Receipt{7, 7}));
}

TEST(Receipt, AMarkBeyondTheLastEntryCountsAsTheLast) {
  EXPECT_EQ(advance({}, {.delivered = 1'000, .read = 21}, kLast), (Receipt{20, 20}));
}

TEST(Receipt, ALateMarkChangesNothing) {
  EXPECT_EQ(advance({.delivered = 9, .read = 5}, {.delivered = 3, .read = 2}, kLast),
            (Receipt{9, 5}));
}

TEST(Receipt, AMarkOfADeletedTailTakesNothingBack) {
  EXPECT_EQ(advance({.delivered = 9, .read = 5}, {.delivered = 9, .read = 9}, 3), (Receipt{9, 5}));
}

RC_GTEST_PROP(Receipt, TheOrderOfMarksDoesNotMatter, ()) {
  const Receipt now = any_receipt();
  const Receipt one = any_mark();
  const Receipt other = any_mark();
  RC_ASSERT(advance(advance(now, one, kLast), other, kLast) ==
            advance(advance(now, other, kLast), one, kLast));
}

RC_GTEST_PROP(Receipt, RepeatingAMarkChangesNothing, ()) {
  const Receipt mark = any_mark();
  const Receipt once = advance(any_receipt(), mark, kLast);
  RC_ASSERT(advance(once, mark, kLast) == once);
}

RC_GTEST_PROP(Receipt, WatermarksOnlyGrowAndStayInTheChat, ()) {
  const Receipt now = any_receipt();
  const Receipt then = advance(now, any_mark(), kLast);
  RC_ASSERT(then.delivered >= now.delivered);
  RC_ASSERT(then.read >= now.read);
  RC_ASSERT(then.read <= then.delivered);
  RC_ASSERT(then.delivered <= kLast);
  RC_ASSERT(then.read >= 0);
}

RC_GTEST_PROP(Receipt, ALongerChatReachesAtLeastAsFar, ()) {
  const Receipt now = any_receipt();
  const Receipt mark = any_mark();
  const Receipt shorter = advance(now, mark, kLast);
  const Receipt longer = advance(now, mark, kLast + 5);
  RC_ASSERT(longer.delivered >= shorter.delivered);
  RC_ASSERT(longer.read >= shorter.read);
}

}  // namespace
}  // namespace parley
