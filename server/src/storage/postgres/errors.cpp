#include "storage/postgres/errors.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include "model/error.h"
#include "storage/postgres/connection.h"

namespace parley::storage {
namespace {

// Another transaction was in the way. A unique key counts among them: whoever tries again finds
// the row that was there first, and answers accordingly.
constexpr std::array<std::string_view, 3> kConflicts{"40001", "40P01", "23505"};

// Connections, resources (a full disk), an operator at work, the system, and a server that only
// reads or is told to stop.
constexpr std::array<std::string_view, 8> kUnavailable{"08", "53",    "57",    "58",
                                                       "XX", "25006", "55P03", "28"};

}  // namespace

std::string first_line(std::string_view message) {
  std::string line{message.substr(0, message.find('\n'))};
  if (line.starts_with("ERROR:  ")) line.erase(0, 8);
  return line;
}

void raise_postgres(std::string_view sqlstate, std::string message, std::string_view sql) {
  const std::string why = fmt::format("{} (PostgreSQL {})", first_line(message),
                                      sqlstate.empty() ? "connection" : sqlstate);
  if (std::ranges::find(kConflicts, sqlstate) != kConflicts.end()) throw TransactionConflict{why};
  if (sqlstate.empty() || std::ranges::any_of(kUnavailable, [&](std::string_view code) {
        return sqlstate.starts_with(code);
      }))
    throw StorageUnavailable{why};
  throw std::runtime_error{fmt::format("the database refused a statement: {}: {}", why, sql)};
}

}  // namespace parley::storage
