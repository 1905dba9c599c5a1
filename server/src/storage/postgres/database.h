#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/id_source.h"
#include "base/worker.h"
#include "storage/postgres/chat_writers.h"
#include "storage/postgres/monitor.h"
#include "storage/postgres/pool.h"
#include "storage/postgres/read_server.h"
#include "storage/sql/database.h"

namespace parley::storage {

struct PostgresOptions {
  std::string url;
  // For what only reads: pgbouncer in transaction mode, or a streaming replica. Empty: `url`.
  std::string reads_url{};
  unsigned chat_writers = 2;  // connections for messages and marks, on one thread
  unsigned writers = 4;       // connections for other changes, each with a thread
  unsigned readers = 4;
  std::size_t longest_queue = 16'384;  // calls that wait; of reads some seconds' worth
  std::size_t max_group = 1024;        // participants
  std::optional<std::uint32_t> node{};
  std::chrono::milliseconds claim_within{15'000};  // the number of a dead node
  std::function<void(std::chrono::milliseconds)> clock_measured{};
  std::chrono::milliseconds answer_within{15'000};
  std::chrono::milliseconds reads_connect_within{2'000};  // or the primary reads
  std::chrono::milliseconds reads_look_within{1'000};     // the same, for how far it is
  delivery::PublishedKinds publishes{};
};

// PostgresDatabase is a database that several nodes share: opened, brought to the schema of this
// program, served by a few connections each way. Changes are serializable and are tried again when
// they meet others, so the stores need not know that there are others; changes of chats wait for
// each other instead, chat by chat.
//
// What is read is never older than what was reported, wherever it is read (read_server.h).
class PostgresDatabase final : public Database {
 public:
  // Throws StorageUnavailable when the server cannot be reached, NodeIdInUse, std::runtime_error
  // with a sentence for the operator when the schema is not ours, and when only a part of a store
  // has been copied into it (copy_marker.h).
  PostgresDatabase(PostgresOptions options, IdSource& ids, const Clock& clock);
  ~PostgresDatabase() override;

  void stop() override;
  void stop_reading() override;
  std::optional<std::string> trouble() const override;
  std::uint64_t commits() const override;
  std::uint64_t conflicts() const override { return conflicts_.load(std::memory_order_relaxed); }
  std::size_t reads_waiting() const override { return readers_.queued(); }
  std::optional<ReadServerState> read_server() const override;
  const Clock& clock() const override { return clock_; }
  const Heads& heads() const override { return heads_; }

  // Calls `work(PostgresConnection&)`, which begins and ends transactions itself, and yields what
  // it returns: for changes of the schema.
  template <class Work>
  Task<std::invoke_result_t<Work&, PostgresConnection&>> maintain(Work work) {
    auto done = co_await writers_.run([this, &work] {
      const ConnectionPool::Loan db{writing_};
      return work(*db);
    });
    if (!done) throw StorageUnavailable{"too many changes are waiting"};
    co_return std::move(*done);
  }

  const PostgresOptions& options() const { return options_; }
  IdSource& ids() { return ids_; }
  // Statements that readers and writers have run, for tests that watch what a call costs.
  std::uint64_t statements_read() const { return reading_.statements(); }
  std::uint64_t statements_written() const { return writing_.statements(); }
  PostgresMonitor& monitor() { return monitor_; }
  PostgresChatWriters& chat_writers() { return *chat_writers_; }

 private:
  using Begin = void (PostgresConnection::*)();

  Task<void> transact(std::function<void(Transaction&)> work) override;
  Task<void> change_chats(std::function<void(ChatLog&)> work) override;
  Task<bool> look(std::function<void(Connection&)> work) override;

  template <class Work>
  Task<void> run_on_writer(Begin begin, Work& work);
  void run_transaction(Begin begin, const std::function<void(PostgresConnection&)>& work);
  bool try_transaction(Begin begin, const std::function<void(PostgresConnection&)>& work,
                       bool may_be_stale);
  void look_at_primary(const std::function<void(Connection&)>& work);

  const PostgresOptions options_;
  IdSource& ids_;
  const Clock& clock_;
  const Heads heads_;  // rows are written at once
  PostgresMonitor monitor_;
  ConnectionPool writing_;
  ConnectionPool reading_;                   // from the primary
  std::unique_ptr<ReadServer> read_server_;  // by reads_url, when there is one
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> conflicts_{0};
  std::unique_ptr<PostgresChatWriters> chat_writers_;  // once there is a schema
  WorkerPool writers_;                                 // last: their threads use the rest
  WorkerPool readers_;
};

}  // namespace parley::storage
