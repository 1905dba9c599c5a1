#pragma once

#include <cstdint>
#include <filesystem>

#include "app/settings.h"

namespace parley::app {

struct SeedOptions {
  std::int64_t users = 0;
  std::int64_t group = 0;  // how many of them share a group
  std::filesystem::path out;
};

// Makes accounts for tests and load, all with the password "Parley-1234", without waiting for
// bcrypt. Writes a line per user: username userId accessToken directChatId groupId, where users
// 2i and 2i+1 share a direct chat, the first `group` share a group, and `-` stands where none is.
// Names that are taken already are an error: seed an empty data directory.
void seed(const NodeSettings& settings, const SeedOptions& options);

}  // namespace parley::app
