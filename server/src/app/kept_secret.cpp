#include "app/kept_secret.h"

#include <stdexcept>

#include <fmt/format.h>

#include "base/private_file.h"
#include "user/secret.h"

namespace parley::app {
namespace {

constexpr std::size_t kBytes = 32;

std::string fresh_secret() {
  const auto bytes = user::random_bytes<kBytes>();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::string kept_secret(const std::filesystem::path& directory, std::string_view name) {
  const std::filesystem::path file = directory / name;
  auto secret = read_file(file);
  if (!secret) write_private_file(file, secret.emplace(fresh_secret()));
  if (secret->size() != kBytes)
    throw std::runtime_error(
        fmt::format("{} is not the secret that was kept there", file.string()));
  return std::move(*secret);
}

}  // namespace parley::app
