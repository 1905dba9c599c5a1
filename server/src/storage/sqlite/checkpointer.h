#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "storage/sqlite/connection.h"

namespace parley::storage {

// Checkpointer copies the write-ahead log into the database in the background, so that no commit
// has to. A log that has grown large begins anew in a lull; its file stays as it is, because
// writing over it is cheaper than making it grow again. While a backup reads the log grows: to
// begin it anew would hold writers up until the backup has ended.
class Checkpointer {
 public:
  struct Limits {
    std::int64_t every_pages = 8'000;
    std::int64_t reset_pages = 65'536;   // 256 MB: begin it anew in the next lull
    std::int64_t force_pages = 262'144;  // 1 GB: now, and cut the file
  };

  Checkpointer(std::filesystem::path file, std::function<bool()> in_lull, Limits limits);
  ~Checkpointer();

  // Follows the commits of this connection, whose thread then only notes the size of the log.
  void watch(SqliteConnection& writer);

  std::uint64_t runs() const { return runs_.load(std::memory_order_relaxed); }
  std::uint64_t resets() const { return resets_.load(std::memory_order_relaxed); }

 private:
  void note(std::int64_t pages);
  void serve(const std::stop_token& stop);
  std::int64_t copy();
  bool reset(bool cut);

  const std::filesystem::path file_;
  const std::function<bool()> in_lull_;
  const Limits limits_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::int64_t pages_ = 0;   // in the log
  std::int64_t copied_ = 0;  // pages_ at the last run
  bool is_read_ = false;     // somebody keeps the log from beginning anew; the thread's own
  std::atomic<std::uint64_t> runs_{0}, resets_{0};
  std::jthread thread_;
};

}  // namespace parley::storage
