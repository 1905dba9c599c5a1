#include "base/private_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace parley {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, std::string_view what, int why) {
  throw std::runtime_error(
      fmt::format("{} cannot be {}: {}", file.string(), what, std::strerror(why)));
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A name is on disk when its directory is.
void sync_directory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

void write_private_file(const std::filesystem::path& file, std::string_view content) {
  const std::string unfinished = fmt::format("{}.{}.new", file.string(), ::getpid());
  ::unlink(unfinished.c_str());  // of a process that had this number and crashed
  const int descriptor =
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) fail(file, "made", errno);
  const bool written = write_all(descriptor, content) && ::fsync(descriptor) == 0;
  const int why = errno;
  ::close(descriptor);
  if (!written || ::rename(unfinished.c_str(), file.c_str()) != 0) {
    const int reason = written ? errno : why;
    ::unlink(unfinished.c_str());
    fail(file, "written", reason);
  }
  sync_directory(file.has_parent_path() ? file.parent_path() : ".");
}

std::optional<std::string> read_file(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  std::ifstream in{file, std::ios::binary};
  std::string content{std::istreambuf_iterator<char>{in}, {}};
  if (!in.is_open() || in.bad()) fail(file, "read", errno);
  return content;
}

}  // namespace parley
