#include "app/start_wait.h"

#include <thread>

#include <gmock/gmock.h>

#include "model/error.h"

namespace parley::app {
namespace {

using testing::ElementsAre;
using testing::Pair;
using namespace std::chrono_literals;

constexpr StartWait::Pace kQuick{.first = 1ms, .longest = 2ms, .say_again = 1'000ms};

TEST(StartWait, TriesUntilItIsThereAndSaysWhatIsMissing) {
  StartWait wait{{}, kQuick};
  EXPECT_FALSE(wait.has("store"));
  int tries = 0;
  wait.until("store", [&] {
    switch (++tries) {
      case 1:
        EXPECT_THAT(wait.parts(), ElementsAre(Pair("store", "not reached yet")));
        throw StorageUnavailable{"nobody is there"};
      case 2:
        EXPECT_THAT(wait.parts(), ElementsAre(Pair("store", "nobody is there")));
        throw NotYet{"it is waking up"};
      default:
        EXPECT_THAT(wait.parts(), ElementsAre(Pair("store", "it is waking up")));
        EXPECT_FALSE(wait.has("store"));
    }
  });
  EXPECT_EQ(tries, 3);
  EXPECT_TRUE(wait.has("store"));
  wait.until("nodes", [] {});
  EXPECT_THAT(wait.parts(), ElementsAre(Pair("store", "ok"), Pair("nodes", "ok")));
}

TEST(StartWait, WhatWillNeverBeIsNotWaitedFor) {
  StartWait wait{{}, kQuick};
  EXPECT_THROW(wait.until("store", [] { throw std::runtime_error{"too old"}; }),
               std::runtime_error);
  EXPECT_FALSE(wait.has("store"));
}

TEST(StartWait, EndsAtOnceWhenTheServerIsToStop) {
  std::stop_source source;
  StartWait wait{source.get_token(), {.first = 60s, .longest = 60s}};
  const auto since = std::chrono::steady_clock::now();
  std::jthread signal;
  EXPECT_THROW(wait.until("store",
                          [&] {
                            signal = std::jthread{[&] { source.request_stop(); }};
                            throw NotYet{"nobody is there"};
                          }),
               StartWait::Stopped);
  EXPECT_LT(std::chrono::steady_clock::now() - since, 30s);
}

}  // namespace
}  // namespace parley::app
