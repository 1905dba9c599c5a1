#pragma once

#include <gtest/gtest.h>

#include "delivery/leases.h"
#include "storage/contract/people.h"

// What every Leases promises, as tests.

namespace parley::storage::contract {

template <class E>
class LeasesContract : public Suite<E> {
 public:
  bool hold(std::uint64_t holder, std::chrono::seconds how_long = std::chrono::seconds{10},
            const std::string& name = "relay") {
    return await(this->engine.leases().hold(name, holder, how_long));
  }
};
TYPED_TEST_SUITE_P(LeasesContract);

TYPED_TEST_P(LeasesContract, OneHoldsALeaseUntilItEnds) {
  EXPECT_TRUE(this->hold(1));
  EXPECT_FALSE(this->hold(2));
  this->engine.clock().advance(std::chrono::seconds{9});
  this->engine.reopen();
  EXPECT_FALSE(this->hold(2));
  this->engine.clock().advance(std::chrono::seconds{1});
  EXPECT_TRUE(this->hold(2));
  EXPECT_FALSE(this->hold(1));
}

TYPED_TEST_P(LeasesContract, WhoHoldsALeaseMakesItLonger) {
  ASSERT_TRUE(this->hold(1));
  this->engine.clock().advance(std::chrono::seconds{8});
  EXPECT_TRUE(this->hold(1));
  this->engine.clock().advance(std::chrono::seconds{8});
  EXPECT_FALSE(this->hold(2));
}

TYPED_TEST_P(LeasesContract, WhoWasRefusedHasChangedNothing) {
  ASSERT_TRUE(this->hold(1));
  EXPECT_FALSE(this->hold(2, std::chrono::seconds{1'000}));
  this->engine.clock().advance(std::chrono::seconds{10});
  EXPECT_TRUE(this->hold(3));
}

TYPED_TEST_P(LeasesContract, WhoLeavesGivesTheLeaseBack) {
  ASSERT_TRUE(this->hold(1));
  EXPECT_TRUE(this->hold(1, std::chrono::seconds{0}));
  EXPECT_TRUE(this->hold(2));
}

TYPED_TEST_P(LeasesContract, OthersSeeWhetherItIsHeld) {
  const auto is_held = [&](const std::string& name) {
    return await(this->engine.leases().is_held(name));
  };
  EXPECT_FALSE(is_held("relay"));
  ASSERT_TRUE(this->hold(1));
  EXPECT_TRUE(is_held("relay"));
  EXPECT_FALSE(is_held("cleaner"));
  this->engine.clock().advance(std::chrono::seconds{10});
  EXPECT_FALSE(is_held("relay"));
}

TYPED_TEST_P(LeasesContract, LeasesOfOtherNamesAreOtherLeases) {
  EXPECT_TRUE(this->hold(1));
  EXPECT_TRUE(this->hold(2, std::chrono::seconds{10}, "cleaner"));
  EXPECT_FALSE(this->hold(1, std::chrono::seconds{10}, "cleaner"));
}

REGISTER_TYPED_TEST_SUITE_P(LeasesContract, OthersSeeWhetherItIsHeld, OneHoldsALeaseUntilItEnds,
                            WhoHoldsALeaseMakesItLonger, WhoWasRefusedHasChangedNothing,
                            WhoLeavesGivesTheLeaseBack, LeasesOfOtherNamesAreOtherLeases);

}  // namespace parley::storage::contract
