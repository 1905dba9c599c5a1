#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/copy/rows.h"
#include "storage/copy/tables.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/directory_lock.h"

namespace parley::storage {

// CopySource is a store on SQLite that is copied: no server can use its directory as long as this
// lives, and all that is read is of one moment. What the logs held beyond the rows has been folded
// into them; nothing else of it is changed.
class CopySource {
 public:
  // Throws std::runtime_error with a sentence for the operator when a server runs on the store,
  // when there is none, and when its schema is not the one of this program.
  explicit CopySource(const std::filesystem::path& file);
  ~CopySource();
  CopySource(const CopySource&) = delete;
  CopySource& operator=(const CopySource&) = delete;

  // Which store it is, and up to where: another text when a server has written to it meanwhile.
  const std::string& identity() const { return identity_; }

  struct Batch {
    std::int64_t rows = 0;
    std::string last_key;  // as a row (rows.h)
    bool is_last = false;
  };
  struct BatchSize {
    std::int64_t rows = 10'000;
    std::size_t bytes = std::size_t{16} << 20;  // a batch ends with the row that reaches it
  };
  // Hands out rows of batch_sql() after `after`, from the beginning when there is none.
  Batch read(const CopiedTable& table, const std::optional<std::string>& after,
             std::int64_t transaction, const BatchSize& size,
             const std::function<void(std::string_view)>& put);

  TableSum sum(const CopiedTable& table);

  // The first id of the log from `id` on.
  std::optional<std::uint64_t> first_entry_from(std::uint64_t id);

 private:
  class Rows;

  std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<SqliteConnection> db_;
  std::string identity_;
};

}  // namespace parley::storage
