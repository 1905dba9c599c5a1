#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace parley {

// Puts `content` into `file`, for this user alone. After a crash the file holds what it held
// before or all of this. Throws std::runtime_error with a sentence for the operator.
void write_private_file(const std::filesystem::path& file, std::string_view content);

// Nothing when there is no such file. Throws std::runtime_error when it cannot be read.
std::optional<std::string> read_file(const std::filesystem::path& file);

}  // namespace parley
