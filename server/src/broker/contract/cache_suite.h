#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "delivery/cache.h"

namespace parley::broker {

// What every adapter of delivery::Cache promises. A Subject has `delivery::Cache& cache()`, empty,
// and `void advance(std::chrono::milliseconds)`, after which that time has passed for the cache;
// and `static bool installed()` when what it needs may be missing.
template <class Subject>
class CacheContract : public testing::Test {
 protected:
  using Value = std::optional<std::string>;

  void SetUp() override {
    if constexpr (requires { Subject::installed(); })
      if (!Subject::installed()) GTEST_SKIP() << "what this needs is not installed";
  }

  Value get(std::string_view key) { return await(subject.cache().get(key)); }
  void set(std::string_view key, std::string value, std::chrono::milliseconds keep = kMinute) {
    await(subject.cache().set(key, std::move(value), keep));
  }
  bool erase(std::string_view key) { return await(subject.cache().erase(key)); }

  static constexpr std::chrono::milliseconds kMinute{60'000};
  Subject subject;
};

TYPED_TEST_SUITE_P(CacheContract);

TYPED_TEST_P(CacheContract, MissesWhatNobodySet) { EXPECT_EQ(this->get("k"), std::nullopt); }

TYPED_TEST_P(CacheContract, KeepsValuesByKey) {
  this->set("a", "1");
  this->set("b", "2");
  EXPECT_EQ(this->get("a"), "1");
  EXPECT_EQ(this->get("b"), "2");
  this->set("a", "3");
  EXPECT_EQ(this->get("a"), "3");
  EXPECT_EQ(this->get("b"), "2");
}

TYPED_TEST_P(CacheContract, TakesAnyBytes) {
  using namespace std::string_literals;
  this->set("", "");
  EXPECT_EQ(this->get(""), "");  // which is no miss
  this->set("a\0\xff{b}\r\n"s, "\0\xff\r\n"s);
  EXPECT_EQ(this->get("a\0\xff{b}\r\n"s), "\0\xff\r\n"s);
  EXPECT_EQ(this->get("a"), std::nullopt);
}

TYPED_TEST_P(CacheContract, ForgetsAValueWhenItsTimeIsOver) {
  this->set("a", "1", std::chrono::milliseconds{10'000});
  this->set("b", "2", std::chrono::milliseconds{30'000});
  this->subject.advance(std::chrono::milliseconds{20'000});
  EXPECT_EQ(this->get("a"), std::nullopt);
  EXPECT_EQ(this->get("b"), "2");
  this->set("b", "3", std::chrono::milliseconds{30'000});
  this->subject.advance(std::chrono::milliseconds{20'000});
  EXPECT_EQ(this->get("b"), "3");
}

TYPED_TEST_P(CacheContract, ErasesAValue) {
  this->set("a", "1");
  this->set("b", "2");
  EXPECT_TRUE(this->erase("a"));
  EXPECT_TRUE(this->erase("nobody"));
  EXPECT_EQ(this->get("a"), std::nullopt);
  EXPECT_EQ(this->get("b"), "2");
}

TYPED_TEST_P(CacheContract, DoesNotKeepWhatIsTooLargeOrForNoTime) {
  const std::string large(delivery::Cache::kLargestValue, 'x');
  this->set("a", large);
  EXPECT_EQ(this->get("a"), large);
  this->set("a", large + "x");
  EXPECT_EQ(this->get("a"), std::nullopt);
  this->set("b", "1");
  this->set("b", "2", std::chrono::milliseconds{0});
  EXPECT_EQ(this->get("b"), std::nullopt);
  this->set("b", "2", std::chrono::milliseconds{-1});
  EXPECT_EQ(this->get("b"), std::nullopt);
}

REGISTER_TYPED_TEST_SUITE_P(CacheContract, MissesWhatNobodySet, KeepsValuesByKey, TakesAnyBytes,
                            ForgetsAValueWhenItsTimeIsOver, ErasesAValue,
                            DoesNotKeepWhatIsTooLargeOrForNoTime);

}  // namespace parley::broker
