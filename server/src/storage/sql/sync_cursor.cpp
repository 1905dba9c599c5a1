#include "storage/sql/sync_cursor.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace parley::storage {
namespace {

constexpr std::size_t kEpoch = 16;

// The numbers of ".1.2.3"; nothing when it is something else.
std::optional<std::vector<std::uint64_t>> read_numbers(std::string_view rest) {
  std::vector<std::uint64_t> numbers;
  while (!rest.empty()) {
    if (rest.front() != '.') return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), number);
    // What does not fit a column was never written either.
    if (failure != std::errc{} || number >> 63 != 0) return std::nullopt;
    numbers.push_back(number);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  return numbers;
}

}  // namespace

std::string write_sync_cursor(std::string_view epoch,
                              std::initializer_list<std::uint64_t> numbers) {
  std::string cursor{epoch};
  for (const std::uint64_t number : numbers)
    fmt::format_to(std::back_inserter(cursor), ".{}", number);
  return cursor;
}

Result<std::optional<std::vector<std::uint64_t>>> read_sync_cursor(std::string_view epoch,
                                                                   std::string_view cursor,
                                                                   std::size_t count) {
  const std::string_view theirs = cursor.substr(0, std::min(kEpoch, cursor.size()));
  auto numbers = read_numbers(cursor.substr(theirs.size()));
  if (theirs.size() != kEpoch ||
      theirs.find_first_not_of("0123456789abcdef") != std::string_view::npos || !numbers ||
      numbers->empty() || (theirs == epoch && numbers->size() != count))
    return fail(Errc::malformed_request, "the cursor is not one of this server's");
  if (theirs != epoch) return std::nullopt;
  return numbers;
}

}  // namespace parley::storage
