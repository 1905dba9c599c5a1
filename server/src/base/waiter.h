#pragma once

#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/task.h"

namespace parley {

// A coroutine that waits for another thread. It lives in the coroutine's own frame, so waiting
// allocates nothing:
//
//   struct Append : Waiter { Draft draft; Result<Accepted> result; };
//   Append append{...};
//   co_await append.wait([&] { queue.push(&append); });   // resumes when somebody calls resume()
//
// The other thread hands finished waiters to resume_all(), which posts one batch per loop and not
// one post per waiter. Between wait() and resumption the waiter belongs to the other thread.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Suspends the calling coroutine, then calls `start` once. Rethrows what fail() was given.
  template <class Start>
  Task<void> wait(Start start) {
    const auto executor = co_await boost::asio::this_coro::executor;
    loop_ = &executor.context();
    co_await boost::asio::async_initiate<const UseTask, void()>(
        [this, &start](auto handler) {
          handler_.emplace(std::move(handler));
          start();
        },
        use_task);
    if (failure_) std::rethrow_exception(failure_);
  }

  // Makes wait() throw `failure` when the coroutine resumes.
  void fail(std::exception_ptr failure) { failure_ = std::move(failure); }

  Loop& loop() const { return *loop_; }

  // Continues the coroutine, here and now. Only on the thread of loop().
  void resume() {
    auto handler = std::move(*handler_);
    handler_.reset();
    handler();  // may destroy *this
  }

 private:
  using Handler = boost::asio::async_result<UseTask, void()>::handler_type;

  std::optional<Handler> handler_;
  std::exception_ptr failure_;
  Loop* loop_ = nullptr;
};

// Continues each of `waiters` on its own loop, with one post per loop. From any thread.
template <class W>
void resume_all(std::vector<W*>& waiters) {
  while (!waiters.empty()) {
    Loop& loop = waiters.front()->loop();
    std::vector<W*> here, elsewhere;
    for (W* waiter : waiters) (&waiter->loop() == &loop ? here : elsewhere).push_back(waiter);
    boost::asio::post(loop, [here = std::move(here)] {
      for (W* waiter : here) waiter->resume();
    });
    waiters = std::move(elsewhere);
  }
}

}  // namespace parley
