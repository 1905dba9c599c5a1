#include "base/private_directory.h"

#include <stdexcept>

#include <fmt/format.h>

namespace parley {

void make_private(const std::filesystem::path& directory) {
  std::error_code failure;
  if (std::filesystem::create_directories(directory, failure))
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failure);
  if (!std::filesystem::is_directory(directory))
    throw std::runtime_error(fmt::format("cannot use the data directory {}: {}", directory.string(),
                                         failure ? failure.message() : "it is not a directory"));
}

}  // namespace parley
