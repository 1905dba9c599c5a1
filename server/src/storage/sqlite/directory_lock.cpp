#include "storage/sqlite/directory_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "model/error.h"

namespace parley::storage {

DirectoryLock::DirectoryLock(const std::filesystem::path& directory)
    : descriptor_(::open((directory / "parley.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0)
    throw StorageUnavailable{
        fmt::format("cannot open {}: {}", (directory / "parley.lock").string(), strerror(errno))};
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor_);
    throw DirectoryInUse(
        fmt::format("another parley is using {}: stop it first, or give --data another directory",
                    directory.string()));
  }
}

DirectoryLock::~DirectoryLock() { ::close(descriptor_); }

}  // namespace parley::storage
