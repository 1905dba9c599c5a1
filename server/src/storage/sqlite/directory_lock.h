#pragma once

#include <filesystem>
#include <stdexcept>

namespace parley::storage {

// Another server uses the directory. Says so in a sentence for the operator.
struct DirectoryInUse : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A data directory that is ours alone: held as long as this lives, and gone with the process
// whatever happens to it.
class DirectoryLock {
 public:
  // Throws DirectoryInUse, or StorageUnavailable when the directory cannot be written.
  explicit DirectoryLock(const std::filesystem::path& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace parley::storage
