#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/worker.h"
#include "model/error.h"
#include "storage/sqlite/connection.h"

namespace parley::storage {

// Readers runs what only reads, on threads and connections of its own: it sees what is committed
// and never waits for the writer.
class Readers {
 public:
  Readers(std::filesystem::path file, unsigned threads, std::size_t longest_queue)
      : file_(std::move(file)), pool_("store-reader", threads, longest_queue) {}

  // Calls `work(SqliteConnection&)`, which returns a Result, and yields that. Refuses with busy
  // when too many calls wait already.
  template <class Work>
  Task<std::invoke_result_t<Work&, SqliteConnection&>> read(Work work) {
    auto answer = co_await pool_.run([this, &work] { return with_connection(work); });
    if (!answer) co_return fail(Errc::busy);
    co_return std::move(*answer);
  }

  // The same for what has no way to refuse: throws StorageUnavailable when too many calls wait.
  template <class Work>
  Task<std::invoke_result_t<Work&, SqliteConnection&>> read_or_throw(Work work) {
    auto answer = co_await pool_.run([this, &work] { return with_connection(work); });
    if (!answer) throw StorageUnavailable{"too many reads are waiting"};
    co_return std::move(*answer);
  }

  void stop() { pool_.stop(); }

  std::size_t queued() const { return pool_.queued(); }
  // Statements run so far, for tests that watch what a call costs.
  std::uint64_t statements() const {
    const std::lock_guard lock{mutex_};
    std::uint64_t sum = 0;
    for (const auto& connection : idle_) sum += connection->statements();
    return sum;
  }

 private:
  template <class Work>
  auto with_connection(Work& work) {
    // Given back when the call ends, also by an exception. There are never more than threads.
    struct Borrowed {
      Readers& readers;
      std::unique_ptr<SqliteConnection> connection = readers.take();
      ~Borrowed() { readers.give_back(std::move(connection)); }
    } borrowed{*this};
    return work(*borrowed.connection);
  }

  std::unique_ptr<SqliteConnection> take() {
    {
      const std::lock_guard lock{mutex_};
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    return std::make_unique<SqliteConnection>(file_, SqliteConnection::Mode::read);
  }
  void give_back(std::unique_ptr<SqliteConnection> connection) {
    const std::lock_guard lock{mutex_};
    idle_.push_back(std::move(connection));
  }

  const std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  WorkerPool pool_;  // last: its threads use the rest
};

}  // namespace parley::storage
