#include "gateway/replay_guard.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace parley::gateway {
namespace {

constexpr Timestamp kNow{std::chrono::hours{1}};
constexpr NodeStart kNode{5};

TEST(ReplayGuard, LetsEachNumberPassOnce) {
  ReplayGuard guard;
  EXPECT_TRUE(guard.let_pass(kNode, TicketNumber{1}, kNow));
  EXPECT_FALSE(guard.let_pass(kNode, TicketNumber{1}, kNow));
  EXPECT_TRUE(guard.let_pass(kNode, TicketNumber{3}, kNow));
  EXPECT_TRUE(guard.let_pass(kNode, TicketNumber{2}, kNow));  // they need not come in order
  EXPECT_FALSE(guard.let_pass(kNode, TicketNumber{2}, kNow));
  EXPECT_TRUE(guard.let_pass(NodeStart{6}, TicketNumber{1}, kNow));
}

TEST(ReplayGuard, RefusesWhatIsNobodysOrNoNumber) {
  ReplayGuard guard;
  EXPECT_FALSE(guard.let_pass(NodeStart{}, TicketNumber{1}, kNow));
  EXPECT_FALSE(guard.let_pass(kNode, TicketNumber{}, kNow));
}

TEST(ReplayGuard, RefusesWhatIsOlderThanItRemembers) {
  ReplayGuard guard;
  const auto w = ReplayGuard::kWindow;
  EXPECT_TRUE(guard.let_pass(kNode, TicketNumber{w + 1}, kNow));
  EXPECT_TRUE(guard.let_pass(kNode, TicketNumber{2}, kNow));
  EXPECT_FALSE(guard.let_pass(kNode, TicketNumber{1}, kNow));  // never came, but who knows
  EXPECT_TRUE(guard.let_pass(kNode, TicketNumber{10 * w}, kNow));
  EXPECT_FALSE(guard.let_pass(kNode, TicketNumber{9 * w}, kNow));
  EXPECT_TRUE(guard.let_pass(kNode, TicketNumber{9 * w + 1}, kNow));
}

RC_GTEST_PROP(ReplayGuard, NeverLetsANumberPassTwice, ()) {
  ReplayGuard guard;
  std::set<std::uint64_t> passed;
  const auto jumps = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::oneOf(
      rc::gen::inRange<std::int64_t>(-5, 6), rc::gen::inRange<std::int64_t>(-200'000, 200'001)));
  std::int64_t n = 1;
  for (const std::int64_t jump : jumps) {
    n = std::max<std::int64_t>(1, n + jump);
    const auto number = static_cast<std::uint64_t>(n);
    const bool fresh = !passed.contains(number);
    const bool remembered = passed.empty() || number + ReplayGuard::kWindow > *passed.rbegin();
    RC_ASSERT(guard.let_pass(kNode, TicketNumber{number}, kNow) == (fresh && remembered));
    if (fresh && remembered) passed.insert(number);
  }
}

TEST(ReplayGuard, ForgetsNodesOnlyWhenTheirTicketsAreTooOld) {
  ReplayGuard guard;
  for (std::uint64_t i = 1; i <= ReplayGuard::kMostNodes; ++i)
    ASSERT_TRUE(guard.let_pass(NodeStart{i}, TicketNumber{1}, kNow));
  const Timestamp soon = kNow + 2 * ReplayGuard::kLongestSkew;
  EXPECT_FALSE(guard.let_pass(NodeStart{1'000'000}, TicketNumber{1}, soon));
  EXPECT_FALSE(guard.let_pass(NodeStart{7}, TicketNumber{1}, soon));
  const Timestamp later = kNow + ReplayGuard::kForgotten + std::chrono::milliseconds{1};
  EXPECT_TRUE(guard.let_pass(NodeStart{1'000'000}, TicketNumber{1}, later));
}

}  // namespace
}  // namespace parley::gateway
