#pragma once

#include <cstdint>
#include <string_view>

namespace parley {

// Between what bounds a member of a command must be. A command lists its own as `kLimits`; the
// gateway refuses what is outside with validation_failed, and the documentation shows them.
struct Limit {
  enum class Of : std::uint8_t { characters, bytes, value, items };

  std::string_view field;  // as it is called on the wire
  Of of;
  std::int64_t least;
  std::int64_t most;
};

}  // namespace parley
