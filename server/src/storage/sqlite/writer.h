#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/waiter.h"
#include "storage/sqlite/chat_log.h"
#include "storage/sqlite/connection.h"

namespace parley::storage {

// Writer makes every change of the store, on one thread, in the order it was asked to: whatever
// waits goes into one transaction and shares one write to the disk (group commit).
//
// A caller resumes when their change is on disk. When it cannot be kept, all callers of that
// transaction get StorageUnavailable, the store is as it was before it, and the next one is tried
// afresh.
class Writer {
 public:
  // A change, and the coroutine that waits for it.
  class Op : public Waiter {
   public:
    // Makes the change. May be called more than once, each time on a store that has not seen it:
    // it leaves what it was given as it is, and sets its results anew.
    virtual void apply(SqliteChatLog& log) = 0;

   protected:
    ~Op() = default;

   private:
    friend class Writer;
    Op* next_ = nullptr;
  };

  // Rows lag behind the logs by about `fold_after`.
  Writer(SqliteConnection& db, SqliteChatLog& log, std::chrono::milliseconds fold_after);
  // Stops it.
  ~Writer();

  // For an Op in a coroutine's frame: co_await op.wait([&] { writer.push(&op); }).
  void push(Op* op);

  // Calls `work(SqliteChatLog&)` inside a transaction and yields what it returns. `work` may be
  // called more than once, as Op::apply.
  template <std::invocable<SqliteChatLog&> Work>
    requires(!std::is_void_v<std::invoke_result_t<Work&, SqliteChatLog&>>)
  Task<std::invoke_result_t<Work&, SqliteChatLog&>> run(Work work) {
    Call<Work> call{std::move(work)};
    co_await call.wait([&] { push(&call); });
    co_return std::move(*call.result);
  }

  // Finishes what is queued, folds everything and ends the thread. Later changes are refused with
  // StorageUnavailable.
  void stop();

  // Why the last transaction failed; nothing when it did not.
  std::optional<std::string> trouble() const;

  std::uint64_t commits() const { return commits_.load(std::memory_order_relaxed); }
  // Whether it has little to do at the moment: a good time for what would hold it up.
  bool in_lull() const { return lull_.load(std::memory_order_relaxed); }

 private:
  template <class Work>
  struct Call final : Op {
    explicit Call(Work w) : work(std::move(w)) {}
    void apply(SqliteChatLog& log) override { result.emplace(work(log)); }
    Work work;
    std::optional<std::invoke_result_t<Work&, SqliteChatLog&>> result;
  };

  void serve();
  Op* take();
  void run_batch(std::span<Op* const> ops);
  bool try_batch(std::span<Op* const> ops);
  void keep_house_under_load(std::size_t ops);
  bool keep_house_in_a_lull();
  void finish_house();
  template <class Work>
  std::exception_ptr transact(Work work);

  SqliteConnection& db_;
  SqliteChatLog& log_;
  const std::chrono::milliseconds fold_after_;

  std::mutex mutex_;
  std::condition_variable ready_;
  Op* first_ = nullptr;
  Op* last_ = nullptr;
  std::size_t queued_ = 0;
  std::size_t last_taken_ = 0;  // ops, the last time; the writer's own
  bool waiting_ = false;
  bool stopping_ = false;

  std::vector<Op*> batch_;
  mutable std::mutex trouble_mutex_;
  std::optional<std::string> trouble_;
  std::atomic<bool> in_trouble_{false};
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<bool> lull_{true};
  std::thread thread_;
};

}  // namespace parley::storage
