#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "model/ids.h"
#include "storage/sqlite/bloom_filter.h"
#include "storage/sqlite/client_id_window.h"
#include "storage/sqlite/connection.h"

namespace parley::storage {

// SeenDrafts knows which drafts were accepted before, so that a repeat yields its first message.
// It belongs to the writer's thread.
//
// The newest client ids, at most `window` of them, are exact in memory. When that is half full the
// older half moves to the table client_ids, piece by piece in the order of the hashes, so that
// accepting a message writes to no random page of an index. A Bloom filter stands before the table;
// it is built in the background, and until it is ready the table itself is asked. After a restart
// the memory is filled from the end of message_log.
class SeenDrafts {
 public:
  // Reads what a store just opened remembers.
  SeenDrafts(SqliteConnection& db, std::filesystem::path file, std::size_t window);

  struct Found {
    std::uint64_t entry;
    Seq seq;
  };

  std::uint64_t hash(ChatId chat, UserId sender, std::string_view client_id) const;

  // The entry that was accepted for this draft.
  std::optional<Found> find(SqliteConnection& db, std::uint64_t hash, ChatId chat, UserId sender,
                            std::string_view client_id) const;

  // Remembers a draft that the current batch accepts.
  void add(SeenId seen);

  // Moves up to `most` client ids to the table, within the current transaction. `urgent`: under
  // load, where only what keeps the memory bounded is moved. False when there was nothing to do.
  bool index_some(SqliteConnection& db, std::size_t most, bool urgent);
  bool wants_indexing() const { return !leaving_.empty(); }

  void committed();
  void rolled_back();

 private:
  void rotate();
  void finish_filter();
  void build_filter(std::size_t keys);

  const std::filesystem::path file_;
  const std::size_t half_window_;
  std::uint64_t seed_ = 0;

  ClientIdWindow newest_;
  ClientIdWindow leaving_;          // on its way to the table
  std::uint64_t leaving_last_ = 0;  // the newest entry in it
  std::uint64_t newest_last_ = 0;
  std::size_t moved_ = 0, moved_committed_ = 0;  // slots of it
  std::vector<SeenId> added_;                    // by the current batch

  std::int64_t indexed_ = 0, indexed_committed_ = 0;  // rows of the table, about
  std::unique_ptr<BloomFilter> filter_;
  std::unique_ptr<BloomFilter> next_filter_;  // being built; nobody else touches it until ready
  std::vector<std::uint64_t> indexed_meanwhile_;
  enum class Build : std::uint8_t { running, done, failed };
  std::atomic<Build> build_{Build::done};
  std::jthread builder_;
};

}  // namespace parley::storage
