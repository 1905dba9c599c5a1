#include "app/kept_secret.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "user/secret.h"

namespace parley::app {
namespace {

constexpr std::size_t kBytes = 32;

std::runtime_error failure(std::string_view what, const std::filesystem::path& file) {
  return std::runtime_error(
      fmt::format("{} cannot be {}: {}", file.string(), what, std::strerror(errno)));
}

// Whole and on disk before it has its name, so that a crash leaves none or all of it.
void write_anew(const std::filesystem::path& file) {
  const auto bytes = user::random_bytes<kBytes>();
  const std::filesystem::path unfinished = file.string() + ".new";
  std::filesystem::remove(unfinished);
  const int descriptor = open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) throw failure("made", file);
  const bool written =
      write(descriptor, bytes.data(), kBytes) == ssize_t{kBytes} && fsync(descriptor) == 0;
  close(descriptor);
  if (!written) throw failure("written", file);
  std::filesystem::rename(unfinished, file);
}

}  // namespace

std::string kept_secret(const std::filesystem::path& directory, std::string_view name) {
  const std::filesystem::path file = directory / name;
  if (!std::filesystem::exists(file)) write_anew(file);
  std::ifstream in{file, std::ios::binary};
  std::string secret{std::istreambuf_iterator<char>{in}, {}};
  if (secret.size() != kBytes)
    throw std::runtime_error(
        fmt::format("{} is not the secret that was kept there", file.string()));
  return secret;
}

}  // namespace parley::app
