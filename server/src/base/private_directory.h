#pragma once

#include <filesystem>

namespace parley {

// Makes the data directory, for us alone, when it is not there. Throws std::runtime_error with a
// sentence for the operator when it cannot be used.
void make_private(const std::filesystem::path& directory);

}  // namespace parley
