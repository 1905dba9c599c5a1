#include "base/waiter.h"

#include <stdexcept>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include "base/await_for_test.h"

namespace parley {
namespace {

struct Numbered : Waiter {
  int number = 0;
};

Task<int> wait_among(std::vector<Numbered*>& queue) {
  Numbered mine;
  co_await mine.wait([&] { queue.push_back(&mine); });
  co_return mine.number;
}

TEST(Waiter, ResumesWithWhatTheOtherSideWrote) {
  Loop loop;
  std::vector<Numbered*> queue;
  std::vector<int> numbers;
  for (int i = 0; i < 3; ++i) {
    boost::asio::co_spawn(loop, wait_among(queue),
                          [&](std::exception_ptr, int number) { numbers.push_back(number); });
  }
  loop.poll();
  ASSERT_EQ(queue.size(), 3u);
  EXPECT_TRUE(numbers.empty());
  for (int i = 0; i < 3; ++i) queue[static_cast<std::size_t>(i)]->number = i + 1;
  resume_all(queue);
  loop.restart();
  loop.run();
  EXPECT_EQ(numbers, (std::vector{1, 2, 3}));
  EXPECT_TRUE(queue.empty());
}

TEST(Waiter, ThrowsWhatItWasFailedWith) {
  Loop loop;
  const auto fails = []() -> Task<int> {
    Waiter mine;
    co_await mine.wait([&] {
      mine.fail(std::make_exception_ptr(std::runtime_error("disk full")));
      boost::asio::post(mine.loop(), [&mine] { mine.resume(); });
    });
    co_return 1;
  };
  EXPECT_THROW(await(loop, fails()), std::runtime_error);
}

TEST(Waiter, ResumesEachOnItsOwnLoop) {
  struct Side {
    Loop loop{1};
    std::thread::id resumed_on{};
  };
  Side sides[2];
  std::vector<Numbered*> queue;
  for (Side& side : sides) {
    for (int i = 0; i < 2; ++i) {
      boost::asio::co_spawn(side.loop, wait_among(queue), [&side](std::exception_ptr, int) {
        side.resumed_on = std::this_thread::get_id();
      });
    }
    side.loop.poll();
    side.loop.restart();
  }
  ASSERT_EQ(queue.size(), 4u);
  std::swap(queue[1], queue[2]);  // of one loop and the other, in turn
  resume_all(queue);

  std::thread::id other;
  {
    std::jthread thread{[&] {
      other = std::this_thread::get_id();
      sides[1].loop.run();
    }};
    sides[0].loop.run();
  }
  EXPECT_EQ(sides[0].resumed_on, std::this_thread::get_id());
  EXPECT_EQ(sides[1].resumed_on, other);
}

TEST(Waiter, CanWaitAgain) {
  Loop loop;
  const auto twice = []() -> Task<int> {
    Waiter mine;
    int resumed = 0;
    for (int i = 0; i < 2; ++i) {
      co_await mine.wait([&] { boost::asio::post(mine.loop(), [&mine] { mine.resume(); }); });
      ++resumed;
    }
    co_return resumed;
  };
  EXPECT_EQ(await(loop, twice()), 2);
}

}  // namespace
}  // namespace parley
