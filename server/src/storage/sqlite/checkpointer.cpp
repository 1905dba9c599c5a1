#include "storage/sqlite/checkpointer.h"

#include <chrono>

#include <pthread.h>
#include <sqlite3.h>

namespace parley::storage {
namespace {

using namespace std::chrono_literals;

}  // namespace

Checkpointer::Checkpointer(std::filesystem::path file, std::function<bool()> in_lull, Limits limits)
    : file_(std::move(file)),
      in_lull_(std::move(in_lull)),
      limits_(limits),
      thread_([this](const std::stop_token& stop) { serve(stop); }) {
  pthread_setname_np(thread_.native_handle(), "checkpointer");
}

Checkpointer::~Checkpointer() = default;  // the thread is asked to stop, and joined

void Checkpointer::watch(SqliteConnection& writer) {
  sqlite3_wal_hook(
      writer.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Checkpointer*>(self)->note(pages);
        return SQLITE_OK;
      },
      this);
}

void Checkpointer::note(std::int64_t pages) {
  bool due = false;
  {
    const std::lock_guard lock{mutex_};
    if (pages < pages_) copied_ = 0;  // the log began anew
    const bool was_large = pages_ >= limits_.reset_pages;
    pages_ = pages;
    due = pages_ - copied_ >= limits_.every_pages || (pages_ >= limits_.reset_pages && !was_large);
  }
  if (due) changed_.notify_one();
}

void Checkpointer::serve(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  while (!stop.stop_requested()) {
    const auto due = [this] { return pages_ - copied_ >= limits_.every_pages; };
    if (pages_ >= limits_.reset_pages) {
      // And look for a lull again, or whether who reads of the log has ended.
      changed_.wait_for(lock, stop, is_read_ ? 500ms : 50ms, due);
    } else {
      changed_.wait(lock, stop, [&] { return due() || pages_ >= limits_.reset_pages; });
    }
    if (stop.stop_requested()) return;
    const bool cuts = pages_ >= limits_.force_pages;
    const bool resets = cuts || (pages_ >= limits_.reset_pages && in_lull_());
    // Before a reset as well: the less is left to it, the shorter it holds the writer up.
    const bool copies = due() || (resets && (pages_ > copied_ || is_read_));
    if (copies) copied_ = pages_;
    const std::int64_t pages = pages_;
    lock.unlock();
    bool begun_anew = false;
    try {
      if (copies) is_read_ = copy() < pages;
      if (resets && !is_read_) begun_anew = reset(cuts);
    } catch (const std::exception&) {
      // The log keeps growing, which is harmless, and the next run tries again.
    }
    lock.lock();
    if (begun_anew) pages_ = copied_ = 0;
  }
}

// Answers how many pages of the log are in the database now: fewer than there were when somebody,
// a backup most likely, reads what was before them.
std::int64_t Checkpointer::copy() {
  // SQLite before 3.51.3 can lose pages when a writer begins the log anew at the very moment a
  // passive checkpoint starts. A reader whose mark lies in the log keeps writers from that; there
  // always is something to mark, because we only come here after thousands of new pages.
  SqliteConnection pin{file_, SqliteConnection::Mode::read};
  const Snapshot pinned{pin};
  {
    auto any = pin.query("SELECT count(*) FROM store_meta");
    any.next();
  }
  SqliteConnection db{file_, SqliteConnection::Mode::write};
  int copied = 0;
  sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, &copied);
  runs_.fetch_add(1, std::memory_order_relaxed);
  return copied;
}

bool Checkpointer::reset(bool cut) {
  SqliteConnection db{file_, SqliteConnection::Mode::write};
  sqlite3_busy_timeout(db.handle(), 100);  // a reader in the way: try later
  const int mode = cut ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART;
  if (sqlite3_wal_checkpoint_v2(db.handle(), nullptr, mode, nullptr, nullptr) != SQLITE_OK)
    return false;
  resets_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace parley::storage
