#include "base/worker.h"

#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "base/await_for_test.h"

namespace parley {
namespace {

TEST(WorkerPool, YieldsWhatTheWorkReturns) {
  Loop loop;
  WorkerPool pool{"test", 2, 8};
  EXPECT_EQ(await(loop, pool.run([] { return 42; })), 42);
  // What cannot be copied is moved through.
  EXPECT_EQ(**await(loop, pool.run([] { return std::make_unique<int>(7); })), 7);
}

TEST(WorkerPool, ThrowsWhatTheWorkThrows) {
  Loop loop;
  WorkerPool pool{"test", 1, 8};
  const auto fails = []() -> int { throw std::runtime_error("no"); };
  EXPECT_THROW(await(loop, pool.run(fails)), std::runtime_error);
  EXPECT_EQ(await(loop, pool.run([] { return 1; })), 1);  // and its thread lives on
}

TEST(WorkerPool, WorksElsewhereAndResumesOnTheCallersLoop) {
  Loop loop;
  WorkerPool pool{"test", 1, 8};
  std::thread::id worked, resumed;
  await(loop, [](WorkerPool& p, std::thread::id& w, std::thread::id& r) -> Task<void> {
    co_await p.run([&w] {
      w = std::this_thread::get_id();
      return 0;
    });
    r = std::this_thread::get_id();
  }(pool, worked, resumed));
  EXPECT_NE(worked, std::this_thread::get_id());
  EXPECT_EQ(resumed, std::this_thread::get_id());
}

TEST(WorkerPool, SaysSoAtOnceWhenItsQueueIsFull) {
  std::latch started{1}, release{1};
  Loop busy, loop;
  WorkerPool pool{"test", 1, 1};
  int finished = 0;
  const auto count = [&](std::exception_ptr failure, std::optional<int> result) {
    finished += !failure && result;
  };
  boost::asio::co_spawn(busy, pool.run([&] {
    started.count_down();
    release.wait();
    return 1;
  }),
                        count);
  busy.poll();  // hands the work over
  started.wait();
  boost::asio::co_spawn(busy, pool.run([] { return 2; }), count);
  busy.poll();
  EXPECT_EQ(pool.queued(), 1u);

  bool called = false;
  EXPECT_EQ(await(loop, pool.run([&] {
              called = true;
              return 3;
            })),
            std::nullopt);
  EXPECT_FALSE(called);

  release.count_down();
  busy.restart();
  busy.run();  // until both have resumed
  EXPECT_EQ(finished, 2);
}

TEST(WorkerPool, FinishesWhatIsQueuedBeforeItGoes) {
  Loop loop;
  int done = 0;
  {
    WorkerPool pool{"a name that is longer than the kernel keeps", 1, 100};
    for (int i = 0; i < 50; ++i) {
      boost::asio::co_spawn(
          loop, pool.run([] { return 1; }),
          [&](std::exception_ptr, std::optional<int> one) { done += one.value_or(0); });
    }
    loop.poll();
  }
  loop.restart();
  loop.run();
  EXPECT_EQ(done, 50);
}

}  // namespace
}  // namespace parley
