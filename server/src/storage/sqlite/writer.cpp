#include "storage/sqlite/writer.h"

#include <algorithm>
#include <chrono>

#include <pthread.h>

#include "model/error.h"

namespace parley::storage {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kLargestBatch = 512;
constexpr std::size_t kFoldPiece = 512;  // chats; some 3 ms
constexpr auto kLullAfter = 20ms;        // without an op
constexpr auto kLinger = 200us;
constexpr std::size_t kIndexPiece = 2048;
constexpr auto kRetryAfter = 1s;  // after a failure nobody waits for

}  // namespace

Writer::Writer(SqliteConnection& db, SqliteChatLog& log, std::chrono::milliseconds fold_after)
    : db_(db), log_(log), fold_after_(fold_after), thread_([this] { serve(); }) {
  pthread_setname_np(thread_.native_handle(), "store-writer");
}

Writer::~Writer() { stop(); }

void Writer::push(Op* op) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    if (!stopping_) {
      op->next_ = nullptr;
      (last_ ? last_->next_ : first_) = op;
      last_ = op;
      ++queued_;
      wake = std::exchange(waiting_, false);
      op = nullptr;
    }
  }
  if (wake) ready_.notify_one();
  if (op) {
    op->fail(std::make_exception_ptr(StorageUnavailable{"the store is closed"}));
    boost::asio::post(op->loop(), [op] { op->resume(); });
  }
}

void Writer::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  ready_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::optional<std::string> Writer::trouble() const {
  const std::lock_guard lock{trouble_mutex_};
  return trouble_;
}

void Writer::serve() {
  for (;;) {
    Op* op = take();
    if (!op) break;
    while (op) {
      batch_.clear();
      for (; op && batch_.size() < kLargestBatch; op = op->next_) batch_.push_back(op);
      lull_.store(batch_.size() < 16, std::memory_order_relaxed);
      run_batch(batch_);
    }
  }
  finish_house();
}

// The ops that wait, as a list; waits for the first, and does what is due meanwhile. Null when it
// is time to stop.
Writer::Op* Writer::take() {
  auto retry = SteadyClock::time_point::min();
  auto idle_since = SteadyClock::now();
  for (;;) {
    std::optional<SteadyClock::time_point> due;
    if (log_.seen_drafts().wants_indexing()) due = idle_since + kLullAfter;
    if (const auto oldest = log_.oldest_unfolded())
      due = std::min(due.value_or(SteadyClock::time_point::max()), *oldest + fold_after_);
    if (in_trouble_.load(std::memory_order_relaxed)) due = SteadyClock::now();
    if (due) due = std::max(*due, retry);
    {
      std::unique_lock lock{mutex_};
      const auto something = [this] { return first_ || stopping_; };
      if (!something()) {
        waiting_ = true;
        if (due) {
          ready_.wait_until(lock, *due, something);
        } else {
          lull_.store(true, std::memory_order_relaxed);
          ready_.wait(lock, something);
        }
        waiting_ = false;
      }
      if (first_) {
        // Callers come back in a rush after a commit: the first of them waits for the others. One
        // who is alone always was, and does not wait.
        if (queued_ < last_taken_ / 2 && !stopping_) {
          lock.unlock();
          std::this_thread::sleep_for(kLinger);
          lock.lock();
        }
        last_taken_ = std::exchange(queued_, 0);
        last_ = nullptr;
        return std::exchange(first_, nullptr);
      }
      if (stopping_) return nullptr;
    }
    lull_.store(true, std::memory_order_relaxed);
    if (!keep_house_in_a_lull()) retry = SteadyClock::now() + kRetryAfter;
  }
}

// Runs `work` in a transaction and tells the memory how it went. Answers what went wrong.
template <class Work>
std::exception_ptr Writer::transact(Work work) {
  try {
    db_.begin_immediate();
    work();
    db_.commit();
  } catch (const std::exception& failure) {
    const std::exception_ptr caught = std::current_exception();
    db_.rollback();
    log_.rolled_back();
    const std::lock_guard lock{trouble_mutex_};
    trouble_ = failure.what();
    in_trouble_.store(true, std::memory_order_relaxed);
    return caught;
  }
  commits_.fetch_add(1, std::memory_order_relaxed);
  log_.committed();
  if (in_trouble_.load(std::memory_order_relaxed)) {
    const std::lock_guard lock{trouble_mutex_};
    trouble_.reset();
    in_trouble_.store(false, std::memory_order_relaxed);
  }
  return nullptr;
}

void Writer::run_batch(std::span<Op* const> ops) {
  if (!try_batch(ops)) {
    // One of them is at fault, not the disk: each gets a transaction of its own.
    for (std::size_t i = 0; i < ops.size(); ++i) try_batch(ops.subspan(i, 1));
  }
  resume_all(batch_);
}

// False when nothing was changed or answered, and the ops are to be tried one by one.
bool Writer::try_batch(std::span<Op* const> ops) {
  const std::exception_ptr failure = transact([&] {
    for (Op* op : ops) op->apply(log_);
    keep_house_under_load(ops.size());
  });
  if (!failure) return true;
  try {
    std::rethrow_exception(failure);
  } catch (const StorageUnavailable&) {
  } catch (...) {
    if (ops.size() > 1) return false;
  }
  for (Op* op : ops) op->fail(failure);
  return true;
}

void Writer::keep_house_under_load(std::size_t ops) {
  const auto oldest = log_.oldest_unfolded();
  if (oldest && SteadyClock::now() - *oldest > fold_after_) log_.fold(kFoldPiece);
  log_.seen_drafts().index_some(db_, ops * 4, true);
}

// False when it failed.
bool Writer::keep_house_in_a_lull() {
  return transact([&] {
           // Another value each time: SQLite writes nothing when nothing changes.
           if (in_trouble_.load(std::memory_order_relaxed)) {
             db_.run(
                 "INSERT INTO store_meta (name, value) VALUES ('tried_again', 1)"
                 " ON CONFLICT (name) DO UPDATE SET value = value + 1");
           }
           const auto oldest = log_.oldest_unfolded();
           if (oldest && SteadyClock::now() - *oldest >= fold_after_) log_.fold(kFoldPiece);
           log_.seen_drafts().index_some(db_, kIndexPiece, false);
         }) == nullptr;
}

void Writer::finish_house() {
  while (!log_.folded()) {
    if (transact([&] { log_.fold(kFoldPiece); })) return;  // the next start does it
  }
}

}  // namespace parley::storage
