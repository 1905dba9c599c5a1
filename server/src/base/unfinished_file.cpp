#include "base/unfinished_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace parley {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view what, int why) {
  throw std::runtime_error(
      fmt::format("{} cannot be {}: {}", file.string(), what, std::strerror(why)));
}

// 0, or why it could not be.
int rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system that does not know the flag.
  if (std::filesystem::exists(to)) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

UnfinishedFile::UnfinishedFile(std::filesystem::path file)
    : file_(std::move(file)),
      unfinished_(fmt::format("{}.{}.new", file_.string(), ::getpid())),
      descriptor_(-1) {
  if (std::filesystem::exists(file_)) refuse(file_, "made", EEXIST);
  ::unlink(unfinished_.c_str());  // of a process that had this number and crashed
  descriptor_ =
      ::open(unfinished_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) refuse(file_, "made", errno);
}

UnfinishedFile::~UnfinishedFile() {
  ::close(descriptor_);
  if (finished_) return;
  for (const char* beside : {"", "-journal", "-wal", "-shm"})
    ::unlink((unfinished_.string() + beside).c_str());
}

void UnfinishedFile::sync() {
  if (::fdatasync(descriptor_) != 0) refuse(file_, "written", errno);
}

void UnfinishedFile::finish() {
  if (::fsync(descriptor_) != 0) refuse(file_, "written", errno);
  if (const int why = rename_to_new(unfinished_, file_); why != 0) refuse(file_, "made", why);
  finished_ = true;
  // A name is on disk when its directory is.
  const auto directory = file_.has_parent_path() ? file_.parent_path() : ".";
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace parley
