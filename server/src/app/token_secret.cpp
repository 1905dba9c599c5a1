#include "app/token_secret.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <unistd.h>

#include "base/base64url.h"

namespace parley::app {
namespace {

// Written beside its place and moved there, so that a crash leaves no half a key.
void keep(const std::filesystem::path& file, const std::string& secret) {
  const auto fresh = file.string() + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, secret.data(), secret.size()) == std::ssize(secret) &&
                       ::fsync(fd) == 0;
  const int why = errno;
  if (fd >= 0) ::close(fd);
  if (!written || ::rename(fresh.c_str(), file.c_str()) != 0) {
    throw std::runtime_error(fmt::format("The token key cannot be kept in {}: {}", file.string(),
                                         std::strerror(written ? errno : why)));
  }
}

}  // namespace

std::string kept_token_secret(const std::filesystem::path& directory) {
  const auto file = directory / "token.key";
  if (std::filesystem::exists(file)) {
    std::ifstream in{file, std::ios::binary};
    std::string secret{std::istreambuf_iterator<char>{in}, {}};
    if (!in.good() && secret.empty())
      throw std::runtime_error(fmt::format("The token key {} cannot be read", file.string()));
    return secret;
  }
  std::array<unsigned char, 48> bits;
  if (RAND_bytes(bits.data(), static_cast<int>(bits.size())) != 1)
    throw std::runtime_error("The system has no randomness to give");
  std::string secret = base64url(bits);
  keep(file, secret);
  return secret;
}

}  // namespace parley::app
