#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace parley::storage {

// How much of the disk a store takes. Cheap, and safe to ask while a server runs on it.
struct FileSizes {
  std::uint64_t database = 0;  // parley.db, what is free in it included
  std::uint64_t log = 0;       // the log beside it
};
FileSizes file_sizes(const std::filesystem::path& directory);

// How much of parley.db has no content, and is used again before it grows. As cheap and as safe.
std::uint64_t free_bytes(const std::filesystem::path& directory);

// What tables and indexes take, the largest first; reads every page.
struct TableSize {
  std::string name;
  std::int64_t bytes = 0;
};
std::vector<TableSize> table_sizes(const std::filesystem::path& directory);

// Gives pages without content back to the disk, by writing the store anew; no server may run on it,
// and the directory needs room for a second one meanwhile. A failure changes nothing. Throws
// DirectoryInUse, StorageUnavailable.
void compact(const std::filesystem::path& directory);

}  // namespace parley::storage
