#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "model/error.h"

namespace parley::storage {

// The cursors of lists: a letter for the list, and where to go on.
inline std::string write_list_cursor(char list, std::uint64_t at) {
  return list + std::to_string(at);
}

// Where to go on; nothing without a cursor. Refuses with malformed_request what is not of `list`.
inline Result<std::optional<std::uint64_t>> read_list_cursor(
    const std::optional<std::string>& cursor, char list) {
  if (!cursor) return std::nullopt;
  std::uint64_t at = 0;
  const char* const end = cursor->data() + cursor->size();
  if (cursor->size() > 1 && cursor->front() == list) {
    const auto [rest, failure] = std::from_chars(cursor->data() + 1, end, at);
    // What does not fit SQLite's integers was never written either.
    if (failure == std::errc{} && rest == end && at >> 63 == 0) return at;
  }
  return fail(Errc::malformed_request, "the cursor is not one of this list's");
}

}  // namespace parley::storage
