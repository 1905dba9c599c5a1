#include "storage/sqlite/maintenance.h"

#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>

#include "model/error.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/directory_lock.h"

namespace parley::storage {
namespace {

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code none;
  const auto bytes = std::filesystem::file_size(file, none);
  return none ? 0 : bytes;
}

std::filesystem::path store_in(const std::filesystem::path& directory) {
  auto store = directory / "parley.db";
  if (!std::filesystem::exists(store))
    throw std::runtime_error(fmt::format("there is no store in {}", directory.string()));
  return store;
}

}  // namespace

FileSizes file_sizes(const std::filesystem::path& directory) {
  return {.database = size_of(directory / "parley.db"),
          .log = size_of(directory / "parley.db-wal")};
}

// Only SQLite may open it: when a process closes a file, all of its locks on it are gone (POSIX),
// and whoever closes the store next takes itself for the last and removes the log.
std::uint64_t free_bytes(const std::filesystem::path& directory) {
  try {
    SqliteConnection db{directory / "parley.db", SqliteConnection::Mode::read};
    auto row =
        db.query("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size");
    return row.next() ? static_cast<std::uint64_t>(row.integer(0)) : 0;
  } catch (const StorageUnavailable&) {
    return 0;  // nobody knows
  }
}

std::vector<TableSize> table_sizes(const std::filesystem::path& directory) {
  SqliteConnection db{store_in(directory), SqliteConnection::Mode::read};
  std::vector<TableSize> sizes;
  auto row =
      db.query("SELECT name, pgsize FROM dbstat WHERE aggregate = 1 ORDER BY pgsize DESC, name");
  while (row.next()) sizes.push_back({.name = row.string(0), .bytes = row.integer(1)});
  return sizes;
}

void compact(const std::filesystem::path& directory) {
  const auto store = store_in(directory);
  const DirectoryLock lock{directory};
  // Where there has to be room; /var/tmp may be small.
  ::setenv("SQLITE_TMPDIR", directory.c_str(), 1);
  SqliteConnection db{store, SqliteConnection::Mode::write};
  db.execute("PRAGMA temp_store = FILE; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace parley::storage
