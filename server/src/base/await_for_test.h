#pragma once

#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>

#include "base/task.h"

namespace parley {

// Runs a coroutine to its end on `loop`, and yields what it returns or throws what it throws.
template <class T>
T await(Loop& loop, Task<T> task) {
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
  std::exception_ptr failure;
  bool done = false;
  const auto guard = boost::asio::make_work_guard(loop);  // others may have to wake it
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr caught) {
      failure = std::move(caught);
      done = true;
    });
  } else {
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr caught, T result) {
      failure = std::move(caught);
      if (!failure) value.emplace(std::move(result));
      done = true;
    });
  }
  loop.restart();
  while (!done) loop.run_one();
  if (failure) std::rethrow_exception(failure);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

// A loop for a while. They are kept for the next borrower and live as long as the process: when a
// coroutine has ended, the thread that woke it may still be busy with its loop.
class BorrowedLoop {
 public:
  BorrowedLoop() {
    const std::lock_guard lock{idle().mutex};
    if (idle().loops.empty()) {
      loop_ = std::make_unique<Loop>(1);
    } else {
      loop_ = std::move(idle().loops.back());
      idle().loops.pop_back();
    }
    loop_->restart();
  }
  ~BorrowedLoop() {
    const std::lock_guard lock{idle().mutex};
    idle().loops.push_back(std::move(loop_));
  }
  BorrowedLoop(const BorrowedLoop&) = delete;
  BorrowedLoop& operator=(const BorrowedLoop&) = delete;

  Loop& operator*() const { return *loop_; }
  Loop* operator->() const { return loop_.get(); }

 private:
  struct Idle {
    std::mutex mutex;
    std::vector<std::unique_ptr<Loop>> loops;
  };
  static Idle& idle() {
    static Idle loops;
    return loops;
  }

  std::unique_ptr<Loop> loop_;
};

// The same on a borrowed loop.
template <class T>
T await(Task<T> task) {
  const BorrowedLoop loop;
  return await(*loop, std::move(task));
}

}  // namespace parley
