#include "storage/postgres/chat_writer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/log.h"
#include "model/error.h"
#include "storage/postgres/append_sql.h"
#include "storage/postgres/chat_batch.h"
#include "storage/postgres/chat_rows.h"

namespace parley::storage {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLargestBatch = 512;
constexpr std::size_t kMostBytes = std::size_t{4} << 20;  // of a batch
constexpr int kMostConflicts = 5, kMostLosses = 3;
constexpr auto kTryAgainAfter = 1s;             // when nobody asks
constexpr std::uint64_t kFirstPlans = 64;       // transactions a connection's first plans do for,
constexpr std::uint64_t kMostOfPlans = 65'536;  // and any others

enum class Refusal : std::uint8_t {
  conflict,     // another transaction was in the way: try again
  data,         // one of the operations is at fault
  stale,        // the connection's statements are not what they were
  read_only,    // this is, or has become, a standby
  unavailable,  // the server cannot keep anything now
};

Refusal meaning_of(std::string_view sqlstate) {
  if (sqlstate == "40001" || sqlstate == "40P01") return Refusal::conflict;
  if (sqlstate == "26000" || sqlstate == "0A000") return Refusal::stale;
  if (sqlstate == "25006") return Refusal::read_only;
  if (sqlstate.starts_with("22") || sqlstate.starts_with("23")) return Refusal::data;
  return Refusal::unavailable;
}

std::string sentence(const Pipeline::Failure& failure) {
  return "PostgreSQL: " + failure.why +
         (failure.sqlstate.empty() ? "" : " (" + failure.sqlstate + ")");
}

// Each gets an exception of its own, which goes where it is caught.
template <class Exception = StorageUnavailable>
void fail_all(std::vector<ChatOp*>& ops, const std::string& why) {
  for (ChatOp* op : ops) op->fail(std::make_exception_ptr(Exception{why}));
  resume_all(ops);
}

void refuse_busy(ChatOp* op) {
  if (op->kind() == ChatOp::Kind::append) {
    static_cast<AppendOp*>(op)->result = fail(Errc::busy);
  } else {
    static_cast<MarkOp*>(op)->result = fail(Errc::busy);
  }
}

}  // namespace

ChatWriter::ChatWriter(Loop& loop, Options options, IdSource& ids, const Clock& clock)
    : loop_(loop),
      options_(std::move(options)),
      ids_(ids),
      clock_(clock),
      db_(loop, options_.connection, kChatStatements),
      known_(options_.known_groups),
      backoff_(50ms, 5s),
      wait_(loop) {
  db_.on_loss([this] { wait_.cancel(); });
}

void ChatWriter::push(ChatOp* op) {
  bool wake = false;
  std::optional<std::string> refused;
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) {
      refused = "the store is closed";
    } else if (down_) {
      refused = trouble_.value_or("PostgreSQL cannot be reached");
    } else if (queued_ < options_.longest_queue &&
               queued_bytes_ + op->bytes() <= options_.largest_queue) {
      op->next = nullptr;
      (last_ ? last_->next : first_) = op;
      last_ = op;
      ++queued_;
      queued_bytes_ += op->bytes();
      wake = !std::exchange(awake_, true);
      op = nullptr;
    }
  }
  if (wake) boost::asio::post(loop_, [this] { wait_.cancel(); });
  if (!op) return;
  if (refused) {
    op->fail(std::make_exception_ptr(StorageUnavailable{*refused}));
  } else {
    refuse_busy(op);
  }
  boost::asio::post(op->loop(), [op] { op->resume(); });
}

void ChatWriter::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  boost::asio::post(loop_, [this] { wait_.cancel(); });
}

bool ChatWriter::stopping() const {
  const std::lock_guard lock{mutex_};
  return stopping_;
}

std::optional<std::string> ChatWriter::trouble() const {
  const std::lock_guard lock{mutex_};
  return trouble_;
}

void ChatWriter::in_trouble(const std::string& why) {
  const std::lock_guard lock{mutex_};
  if (trouble_ != why) log::warning("nothing can be stored", {{"why", why}});
  trouble_ = why;
}

void ChatWriter::out_of_trouble() {
  const std::lock_guard lock{mutex_};
  if (!trouble_) return;
  log::info("storing again");
  trouble_.reset();
}

void ChatWriter::set_down(bool down) {
  const std::lock_guard lock{mutex_};
  down_ = down;
}

Task<void> ChatWriter::serve() {
  for (;;) {
    if (options_.refused && options_.refused()) db_.close();
    if (!db_.is_open() && !co_await connect()) {
      if (stopping()) break;
      co_await pause(backoff_.next());
      continue;
    }
    std::optional<Work> work = take();
    if (work) {
      if (++transactions_ >= next_plans_at_) co_await plan_anew();
      const Next next = co_await transact(*work);
      if (next != Next::nothing) put_back(std::move(*work), next);
    } else if (stopping()) {
      break;
    } else {
      co_await idle();
    }
  }
  fail_what_waits("the store is closed");
  db_.close();
}

// False when there is no server now; then nobody waits for it.
Task<bool> ChatWriter::connect() {
  const std::optional<std::string> refused = options_.refused ? options_.refused() : std::nullopt;
  std::optional<Pipeline::Failure> failure;
  if (!refused) failure = co_await db_.open();
  if (!refused && !failure) {
    backoff_.reset();
    set_down(false);
    transactions_ = 0;
    next_plans_at_ = kFirstPlans;
    co_return true;
  }
  const std::string why = refused ? *refused : sentence(*failure);
  in_trouble(why);
  set_down(true);
  fail_what_waits(why);
  co_return false;
}

// But for what may have been kept: that is worth some patience.
void ChatWriter::fail_what_waits(const std::string& why) {
  Ops ops;
  const auto now = SteadyClock::now();
  const bool last_chance = stopping();
  std::erase_if(work_, [&](Work& work) {
    if (work.unknown_since && !last_chance && now - *work.unknown_since < options_.outcome_within)
      return false;
    ops.insert(ops.end(), work.ops.begin(), work.ops.end());
    return true;
  });
  {
    const std::lock_guard lock{mutex_};
    for (ChatOp* op = std::exchange(first_, nullptr); op; op = op->next) ops.push_back(op);
    last_ = nullptr;
    queued_ = queued_bytes_ = 0;
  }
  fail_all(ops, why);
}

Task<void> ChatWriter::pause(std::chrono::milliseconds time) {
  const auto until = SteadyClock::now() + time;
  while (SteadyClock::now() < until && !stopping()) {
    wait_.expires_at(until);
    boost::system::error_code ignored;
    co_await wait_.async_wait(boost::asio::redirect_error(use_task, ignored));
  }
}

// Until there is something to do.
Task<void> ChatWriter::idle() {
  bool ailing = false;
  {
    const std::lock_guard lock{mutex_};
    if (first_ || stopping_) co_return;
    awake_ = false;
    ailing = trouble_.has_value();
  }
  if (ailing) {
    wait_.expires_after(kTryAgainAfter);
  } else {
    wait_.expires_at(SteadyClock::time_point::max());
  }
  boost::system::error_code cancelled;
  co_await wait_.async_wait(boost::asio::redirect_error(use_task, cancelled));
  {
    const std::lock_guard lock{mutex_};
    awake_ = true;
  }
  if (ailing && !cancelled && db_.is_open()) co_await try_writing();
}

// Tables grow most while they are young.
Task<void> ChatWriter::plan_anew() {
  next_plans_at_ = transactions_ + std::min(transactions_, kMostOfPlans);
  db_.send(static_cast<std::size_t>(ChatStatement::plan_anew));
  co_await db_.exchange();  // a connection that is lost shows in the transaction that follows
}

// Finds out whether the trouble is over when nobody asks for anything.
Task<void> ChatWriter::try_writing() {
  db_.send(static_cast<std::size_t>(ChatStatement::try_writing));
  const auto answer = co_await db_.exchange();
  if (answer) {
    out_of_trouble();
  } else {
    in_trouble(sentence(answer.error()));
    if (meaning_of(answer.error().sqlstate) == Refusal::read_only) db_.close();
  }
}

std::optional<ChatWriter::Work> ChatWriter::take() {
  if (!work_.empty()) {
    Work work = std::move(work_.front());
    work_.pop_front();
    return work;
  }
  const std::lock_guard lock{mutex_};
  if (!first_) return std::nullopt;
  Work work;
  work.ops.reserve(std::min(queued_, kLargestBatch));
  std::size_t bytes = 0;
  while (first_ && work.ops.size() < kLargestBatch &&
         (work.ops.empty() || bytes + first_->bytes() <= kMostBytes)) {
    bytes += first_->bytes();
    work.ops.push_back(first_);
    first_ = first_->next;
  }
  if (!first_) last_ = nullptr;
  queued_ -= work.ops.size();
  queued_bytes_ -= bytes;
  return work;
}

void ChatWriter::put_back(Work work, Next next) {
  if (next == Next::halves) {
    const auto middle = work.ops.begin() + std::ssize(work.ops) / 2;
    work_.push_front({.ops = Ops(middle, work.ops.end())});
    work_.push_front({.ops = Ops(work.ops.begin(), middle)});
  } else {
    work_.push_front(std::move(work));
  }
}

Task<ChatWriter::Next> ChatWriter::transact(Work& work) {
  std::optional<std::string> fault;
  try {
    ChatBatch batch{work.ops, known_, ids_, clock_, options_.tells_all};
    send_locking(db_, batch, clock_.now());
    const auto locked = co_await db_.exchange();
    if (!locked) {
      const Pipeline::Failure& failure = locked.error();
      if (failure.kind == Pipeline::Failure::Kind::lost) co_return lost(work, failure, false);
      co_return co_await refused(work, failure);
    }
    read_locked(*locked, batch);
    batch.decide();

    send_writing(db_, batch);
    batch.remember_outcome();
    const auto written = co_await db_.exchange();
    if (!written) {
      const Pipeline::Failure& failure = written.error();
      if (failure.kind == Pipeline::Failure::Kind::lost) co_return lost(work, failure, true);
      co_return co_await refused(work, failure);
    }
    read_written(*written, batch);
    batch.answer();
  } catch (const std::exception& ours) {  // PostgreSQL's refusals are no exceptions
    fault = ours.what();
  }
  if (fault) {
    db_.close();
    fail_all<std::runtime_error>(work.ops, *fault);
    co_return Next::nothing;
  }
  commits_.fetch_add(1, std::memory_order_relaxed);
  out_of_trouble();
  resume_all(work.ops);
  co_return Next::nothing;
}

ChatWriter::Next ChatWriter::lost(Work& work, const Pipeline::Failure& failure, bool committing) {
  if (committing && !work.unknown_since) work.unknown_since = SteadyClock::now();
  if (++work.losses > kMostLosses || stopping()) return give_up(work, sentence(failure));
  return Next::again;  // on the next connection
}

ChatWriter::Next ChatWriter::give_up(Work& work, const std::string& why) {
  in_trouble(why);
  fail_all(work.ops, why);
  return Next::nothing;
}

Task<ChatWriter::Next> ChatWriter::refused(Work& work, const Pipeline::Failure& failure) {
  db_.send(static_cast<std::size_t>(ChatStatement::rollback));
  if (!co_await db_.exchange()) db_.close();

  switch (meaning_of(failure.sqlstate)) {
    case Refusal::conflict:
      if (++work.conflicts > kMostConflicts || stopping()) {
        fail_all(work.ops, sentence(failure));
        co_return Next::nothing;
      }
      co_await pause(Backoff{std::chrono::milliseconds{2 << work.conflicts}, 1s}.next());
      co_return Next::again;
    case Refusal::data:
      if (work.ops.size() > 1) co_return Next::halves;
      fail_all<std::runtime_error>(work.ops,
                                   "the database refused a message: " + sentence(failure));
      co_return Next::nothing;
    case Refusal::stale:
      db_.close();
      co_return lost(work, failure, false);
    case Refusal::read_only:
      db_.close();
      co_return give_up(work, sentence(failure));
    case Refusal::unavailable:
      break;
  }
  if (work.unknown_since && !stopping() &&
      SteadyClock::now() - *work.unknown_since < options_.outcome_within) {
    in_trouble(sentence(failure));
    co_await pause(backoff_.next());
    co_return Next::again;
  }
  co_return give_up(work, sentence(failure));
}

}  // namespace parley::storage
