#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/waiter.h"

namespace parley {

// WorkerPool runs blocking calls (password hashes, reads from disk) for coroutines, off the event
// loops. Its queue is bounded: a caller who finds it full learns so at once and can say "busy".
// The loops of its callers are to outlive it: a thread may still be waking a loop when the
// coroutine it woke has ended.
class WorkerPool {
 public:
  // What has low priority gets the time that the event loops leave.
  enum class Priority : std::uint8_t { normal, low };

  // `name` names the threads. `longest_queue` counts calls that wait for a thread.
  WorkerPool(std::string name, unsigned threads, std::size_t longest_queue,
             Priority priority = Priority::normal);
  // Finishes what is queued.
  ~WorkerPool();

  // Calls `work` on a thread of the pool and yields what it returns, or throws what it throws.
  // Yields nothing, without calling it, when the queue is full.
  template <class Work>
  Task<std::optional<std::invoke_result_t<Work&>>> run(Work work) {
    Call<Work> call{std::move(work)};
    co_await call.wait([&] {
      if (!push(&call)) refuse(&call);
    });
    co_return std::move(call.result);
  }

  // Finishes what is queued and ends the threads; later calls are refused. A loop must not be
  // destroyed before the pools whose calls it waits for have stopped.
  void stop();

  std::size_t queued() const;

 private:
  struct Job : Waiter {
    virtual void work() = 0;

   protected:
    ~Job() = default;
  };

  template <class Work>
  struct Call final : Job {
    explicit Call(Work w) : body(std::move(w)) {}
    void work() override { result.emplace(body()); }
    Work body;
    std::optional<std::invoke_result_t<Work&>> result;
  };

  bool push(Job* job);
  static void refuse(Job* job);
  void serve(Priority priority);

  const std::size_t longest_queue_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job*> queue_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace parley
