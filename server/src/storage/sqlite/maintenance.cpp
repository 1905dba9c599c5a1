#include "storage/sqlite/maintenance.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/directory_lock.h"

namespace parley::storage {
namespace {

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code none;
  const auto bytes = std::filesystem::file_size(file, none);
  return none ? 0 : bytes;
}

std::uint64_t big_endian(const char* bytes, std::size_t count) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < count; ++i)
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

std::filesystem::path store_in(const std::filesystem::path& directory) {
  auto store = directory / "parley.db";
  if (!std::filesystem::exists(store))
    throw std::runtime_error(fmt::format("there is no store in {}", directory.string()));
  return store;
}

}  // namespace

FileSizes file_sizes(const std::filesystem::path& directory) {
  const auto store = directory / "parley.db";
  FileSizes sizes{.database = size_of(store), .log = size_of(directory / "parley.db-wal")};
  // The header of the format: https://www.sqlite.org/fileformat.html#the_database_header
  std::array<char, 100> header{};
  std::ifstream in{store, std::ios::binary};
  if (!in.read(header.data(), header.size())) return sizes;
  const std::uint64_t page = big_endian(header.data() + 16, 2);
  sizes.free = big_endian(header.data() + 36, 4) * (page == 1 ? 65'536 : page);
  return sizes;
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
