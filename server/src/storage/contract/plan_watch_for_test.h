#pragma once

#include <algorithm>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

// Sees to it that every statement goes by an index. The tests of an engine note each statement that
// was prepared; when all tests have run, the engine is asked for its plan, and what goes through a
// whole table or index is a failure. So the contract suites are what is covered: a statement that
// no test runs is not looked at.

namespace parley::storage::contract {

// Something a plan goes through from end to end.
struct FullScan {
  std::string statement;
  std::string scanned;  // as the engine names it
};

// Why a statement may do so. `statement` is a part of its text.
struct MayScan {
  std::string_view statement;
  std::string_view why;
};

// What a test looks at by itself.
inline constexpr std::string_view kOfATest = "of a test";

// Distinct texts, in the order in which they were first prepared. Safe to call from any thread.
template <class Noted>
class NotedStatements {
 public:
  void note(Noted noted) {
    const std::lock_guard lock{mutex_};
    if (std::ranges::find(noted_, noted.text, &Noted::text) == noted_.end())
      noted_.push_back(std::move(noted));
  }
  std::vector<Noted> all() const {
    const std::lock_guard lock{mutex_};
    return noted_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Noted> noted_;
};

// Everything was run, so that what was not seen is not there.
inline bool all_tests_ran() {
  return testing::GTEST_FLAG(filter) == "*" && testing::UnitTest::GetInstance()->Passed();
}

// Fails for each scan that nothing allows, and for each permission that no statement of those noted
// needs any more.
template <class Noted>
void expect_allowed(const std::vector<FullScan>& scans, const std::vector<Noted>& statements,
                    std::span<const MayScan> allowed) {
  for (const FullScan& scan : scans) {
    const bool may = std::ranges::any_of(
        allowed, [&](const MayScan& one) { return scan.statement.contains(one.statement); });
    EXPECT_TRUE(may) << "no index for " << scan.scanned << " in\n  " << scan.statement;
  }
  for (const MayScan& one : allowed) {
    if (one.why == kOfATest) continue;
    const bool seen = std::ranges::any_of(
        statements, [&](const Noted& noted) { return noted.text.contains(one.statement); });
    const bool needed = std::ranges::any_of(
        scans, [&](const FullScan& scan) { return scan.statement.contains(one.statement); });
    EXPECT_TRUE(needed || !seen) << "goes by an index by now: " << one.statement;
  }
}

}  // namespace parley::storage::contract
