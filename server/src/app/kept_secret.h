#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace parley::app {

// 32 random bytes that are kept in `directory`/`name`, made there, for this user alone, at the
// first start. Throws std::runtime_error when they cannot be read or kept.
std::string kept_secret(const std::filesystem::path& directory, std::string_view name);

}  // namespace parley::app
