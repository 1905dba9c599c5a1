#pragma once

#include <filesystem>
#include <string>

namespace parley::app {

// The key that signs access tokens: read from `directory`/token.key, or made there, for this user
// alone, at the first start. Throws std::runtime_error when it cannot be read or kept.
std::string kept_token_secret(const std::filesystem::path& directory);

}  // namespace parley::app
