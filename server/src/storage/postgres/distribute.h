#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "storage/postgres/connection.h"

namespace parley::storage {

// Where the rows of a table stand when Citus spreads the database over several machines.
struct Placement {
  enum class Where : std::uint8_t {
    by_chat,      // on the machine of their chat, together with everything of it
    everywhere,   // a copy on every machine, for statements about a chat to look at
    coordinator,  // where they are now
  };

  std::string_view table;
  Where where;
  std::string_view chat{};  // by_chat: the column that names it
};

// One for every table there is.
std::span<const Placement> placements();

// The statements that place the tables, for an operator to read or to run by hand.
std::string distribution_sql();

// Brings the schema up and places the tables, in one transaction each, and answers how many tables
// were placed; those that Citus has placed already are left as they are. Without the extension
// `citus` in the database it changes nothing and throws std::runtime_error with a sentence.
int distribute(PostgresConnection& db, Timestamp now);

}  // namespace parley::storage
