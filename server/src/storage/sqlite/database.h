#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/id_source.h"
#include "storage/sql/database.h"
#include "storage/sqlite/chat_log.h"
#include "storage/sqlite/checkpointer.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/directory_lock.h"
#include "storage/sqlite/overlay.h"
#include "storage/sqlite/readers.h"
#include "storage/sqlite/writer.h"

namespace parley::storage {

struct Options {
  std::filesystem::path directory;       // made when it is not there, for us alone
  std::size_t max_group = 1024;          // participants
  std::size_t dedup_window = 1'000'000;  // client message ids kept in memory
  std::size_t cached_participants = 200'000;
  std::chrono::milliseconds fold_after{500};  // how long rows may lag behind the logs
  unsigned readers = 2;
  std::size_t longest_read_queue = 4096;
  Checkpointer::Limits checkpoints{};
  delivery::PublishedKinds publishes{};
};

// SqliteDatabase is the data directory of one server: parley.db, opened, brought to the schema of
// this program, repaired after a crash, and served by one writer and a few readers. The stores
// beside it are views of it and hold nothing themselves.
//
// Ids are drawn from the given source, which continues after those the store has kept.
class SqliteDatabase final : public Database {
 public:
  // Throws DirectoryInUse, std::runtime_error with a sentence for the operator when the schema is
  // not ours, StorageUnavailable when the disk refuses.
  SqliteDatabase(Options options, IdSource& ids, const Clock& clock);
  // Finishes what is queued.
  ~SqliteDatabase() override;

  void stop() override { writer_->stop(); }
  void stop_reading() override { readers_->stop(); }
  std::optional<std::string> trouble() const override { return writer_->trouble(); }
  std::uint64_t commits() const override { return writer_->commits(); }
  std::size_t reads_waiting() const override { return readers_->queued(); }

  // Names this store; another one (a restored backup) has another.
  const std::string& epoch() const { return epoch_; }

  // For the stores.
  const Options& options() const { return options_; }
  const Clock& clock() const override { return clock_; }
  Writer& writer() { return *writer_; }
  Readers& readers() { return *readers_; }
  const Overlay& overlay() const { return overlay_; }
  const Heads& heads() const override { return overlay_; }

  // For tests and metrics.
  std::uint64_t statements_written() const { return db_->statements(); }
  const Checkpointer& checkpointer() const { return *checkpointer_; }

 private:
  Task<void> transact(std::function<void(Transaction&)> work) override;
  Task<void> change_chats(std::function<void(ChatLog&)> work) override;
  Task<bool> look(std::function<void(Connection&)> work) override;

  const Options options_;
  const Clock& clock_;
  const std::filesystem::path file_;
  std::unique_ptr<DirectoryLock> lock_;
  std::string epoch_;
  Overlay overlay_;
  std::unique_ptr<SqliteConnection> db_;  // the writer's
  std::unique_ptr<SqliteChatLog> log_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Readers> readers_;
};

}  // namespace parley::storage
