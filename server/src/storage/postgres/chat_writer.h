#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>

#include "base/clock.h"
#include "base/id_source.h"
#include "base/task.h"
#include "storage/postgres/backoff.h"
#include "storage/postgres/chat_op.h"
#include "storage/postgres/known_groups.h"
#include "storage/postgres/pipeline.h"

namespace parley::storage {

// ChatWriter keeps messages and marks over one connection, in the order it was asked to: whatever
// waits goes into one transaction and shares one commit (group commit).
//
// A caller resumes when their change is committed. When it cannot be kept, all callers of that
// transaction get StorageUnavailable and nothing of it was kept. When the connection breaks while a
// commit is under way nobody knows: the same operations are then tried again on the next
// connection, where they recognise themselves; only if that cannot be had in time they get
// StorageUnavailable though they may have been kept, and the caller's own repeat will tell.
//
// It lives on the loop of its thread, but for push(), trouble() and commits().
class ChatWriter {
 public:
  struct Options {
    Pipeline::Options connection;
    std::size_t longest_queue = 8'192;                  // operations,
    std::size_t largest_queue = std::size_t{64} << 20;  // and bytes of them
    std::size_t known_groups = 200'000;                 // participants that are remembered
    std::chrono::milliseconds outcome_within{20'000};   // of a commit nobody knows of
    bool tells_all = false;                             // leaves an event of everything
    // Why nothing may be written at the moment, as when our ids could be another node's.
    std::function<std::optional<std::string>()> refused{};
  };

  ChatWriter(Loop& loop, Options options, IdSource& ids, const Clock& clock);

  // Serves until stop(); spawn it once on the loop.
  Task<void> serve();

  // For an operation in a coroutine's frame: co_await op.wait([&] { writer.push(&op); }). Answers
  // busy at once when too much waits already.
  void push(ChatOp* op);

  // What waits is still done, what comes is refused, and serve() ends. From any thread.
  void stop();

  // Why nothing can be kept at the moment; nothing when all is well.
  std::optional<std::string> trouble() const;
  std::uint64_t commits() const { return commits_.load(std::memory_order_relaxed); }

 private:
  using Ops = std::vector<ChatOp*>;
  using SteadyClock = std::chrono::steady_clock;

  // A batch, and what has become of it so far.
  struct Work {
    Ops ops;
    int conflicts = 0;
    int losses = 0;
    // Since when nobody knows whether it was committed.
    std::optional<SteadyClock::time_point> unknown_since{};
  };
  // What is to be done with it next.
  enum class Next : std::uint8_t { nothing, again, halves };

  Task<bool> connect();
  Task<void> idle();
  Task<void> pause(std::chrono::milliseconds time);
  Task<Next> transact(Work& work);
  Task<Next> refused(Work& work, const Pipeline::Failure& failure);
  Next lost(Work& work, const Pipeline::Failure& failure, bool committing);
  Next give_up(Work& work, const std::string& why);
  Task<void> try_writing();
  Task<void> plan_anew();

  std::optional<Work> take();
  void put_back(Work work, Next next);
  void fail_what_waits(const std::string& why);
  void set_down(bool down);
  void in_trouble(const std::string& why);
  void out_of_trouble();
  bool stopping() const;

  Loop& loop_;
  const Options options_;
  IdSource& ids_;
  const Clock& clock_;
  Pipeline db_;
  KnownGroups known_;
  Backoff backoff_;
  boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>,
                                    Loop::executor_type>
      wait_;
  std::deque<Work> work_;           // before what is in the queue
  std::uint64_t transactions_ = 0;  // on this connection
  std::uint64_t next_plans_at_ = 0;

  mutable std::mutex mutex_;
  ChatOp* first_ = nullptr;
  ChatOp* last_ = nullptr;
  std::size_t queued_ = 0;
  std::size_t queued_bytes_ = 0;
  bool awake_ = true;  // it will look at the queue by itself
  bool down_ = false;  // there is no server: nobody is kept waiting for it
  bool stopping_ = false;
  std::optional<std::string> trouble_;
  std::atomic<std::uint64_t> commits_{0};
};

}  // namespace parley::storage
